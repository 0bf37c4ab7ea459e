import { expect, test } from 'vitest'
import type { Finding } from '#monitor-kit'
import { unobserved } from '#monitor-kit/evaluate'
import { healthOf } from './health.ts'

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
    summary: 'nvidia-smi hangs',
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
