import { describe, expect, test } from 'vitest'
import type { Finding } from '#monitor-kit'
import { unobserved } from '#monitor-kit/evaluate'
import { createIll, healthOf, stillOpen } from './health.ts'

const problem: Finding = {
  type: 'GPUHung',
  health: 'problem',
  severity: 'critical',
  reason: 'NoAnswer',
  message: 'm',
  summary: 'nvidia-smi hangs',
  action: 'reboot-node',
}
const row: Finding = {
  ...problem,
  type: 'GPURowRemap',
  severity: 'error',
  summary: 'a row waits',
  subject: 'GPU 3, H200',
}
const wellMessage = '8 GPUs are well'

test('an error that is acted on is told, the worst first, with what is to be done about it', () => {
  expect(healthOf([row, problem], { wellMessage })).toEqual({
    type: 'GPUHealthy',
    health: 'problem',
    severity: 'critical',
    reason: 'GPUHung',
    message: 'nvidia-smi hangs; GPU 3, H200: a row waits',
    summary: 'nvidia-smi hangs, and 1 more',
    action: 'reboot-node',
  })
  expect(healthOf([row, row, row, row, row], { wellMessage }).message).toMatch(/ and 2 more$/)
})

test('warnings, what is only told, and what is pending leave it healthy', () => {
  const mild: Finding[] = [
    { ...problem, severity: 'warning' },
    { ...problem, observeOnly: true },
    { ...problem, health: 'healthy', pending: true },
    { ...problem, health: 'unknown' },
  ]
  expect(healthOf(mild, { wellMessage })).toMatchObject({ health: 'healthy', message: wellMessage })
})

test('it is unknown where nothing can be seen, unless something is known to be ill', () => {
  const unseen = unobserved('NoAnswer', 'why')
  expect(healthOf([], { unseen, wellMessage })).toMatchObject({ health: 'unknown', reason: 'NoAnswer', message: 'why' })
  expect(healthOf([problem], { unseen, wellMessage })).toMatchObject({ health: 'problem' })
})

describe('what is open, and is not seen in this look', () => {
  const lost: Finding = {
    type: 'GPUMissing',
    entity: 'gpu:GPU-1',
    subject: 'GPU 1, H200',
    health: 'unknown',
    reason: 'NoAnswer',
    message: 'm',
  }
  const told = {
    severity: 'critical',
    summary: 'GPU 1, H200: the driver has lost it',
    action: 'replace-hardware',
  } as const
  const open = (word: Finding) => stillOpen([word, problem], ({ type }) => (type === 'GPUMissing' ? told : undefined))

  test('is named, the gravest first, and is no word on how GPUs are now', () => {
    expect(healthOf([problem, lost], { wellMessage, open: open(lost) })).toMatchObject({
      message: 'nvidia-smi hangs; GPU 1, H200: the driver has lost it',
      summary: 'nvidia-smi hangs, and 1 more',
      action: 'reboot-node',
    })
    expect(healthOf([{ ...problem, severity: 'error' }, lost], { wellMessage, open: open(lost) })).toMatchObject({
      severity: 'critical',
      reason: 'GPUMissing',
      message: 'GPU 1, H200: the driver has lost it; nvidia-smi hangs',
      summary: 'GPU 1, H200: the driver has lost it, and 1 more',
      action: 'replace-hardware',
    })
    expect(healthOf([lost], { wellMessage, open: open(lost) })).toMatchObject({ health: 'healthy' })
  })

  test('is what is unknown or pending, and no problem that is told', () => {
    const pending: Finding = { ...lost, health: 'healthy', pending: true }
    expect([open(lost), open(pending)].flat()).toMatchObject([
      { type: 'GPUMissing', health: 'problem', severity: 'critical' },
      { type: 'GPUMissing', health: 'problem', severity: 'critical' },
    ])
  })
})

test('what other checks found is named once, and makes nothing ill by itself', () => {
  const ill = createIll()
  const lost: Finding = {
    ...problem,
    type: 'GPUMissing',
    entity: 'gpu:GPU-1',
    subject: 'GPU 1, H200',
    summary: 'off the bus',
  }
  ill.note('gpu-kernel-log', [lost, { ...lost, entity: 'gpu:GPU-2', severity: 'warning' }])
  ill.note('gpu-health-check', [problem])
  const others = ill.others('gpu-health-check')
  expect(healthOf([row], { wellMessage, others })).toMatchObject({
    severity: 'error',
    reason: 'GPURowRemap',
    message: 'GPU 1, H200: off the bus; GPU 3, H200: a row waits',
  })
  expect(healthOf([{ ...lost, summary: 'lost' }, problem], { wellMessage, others }).message).toBe(
    'GPU 1, H200: lost; nvidia-smi hangs',
  )
  expect(healthOf([], { wellMessage, others })).toMatchObject({ health: 'healthy' })
  ill.note('gpu-kernel-log', [])
  expect(ill.others('gpu-health-check')).toEqual([])
})
