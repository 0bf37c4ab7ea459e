import { expect, test } from 'vitest'
import type { HealthReading } from '../reading.ts'
import { judgeHung } from './hung.ts'

const STUCK = { pid: 7, parent: 1, name: 'nvidia-smi', state: 'D', isKernelThread: false, started: 1 }

function judged(query: HealthReading['query'], stuck: readonly (typeof STUCK)[] = []) {
  const reading = { query, stuck: { ok: true, value: stuck } } as unknown as HealthReading
  return judgeHung(reading, new Map())
}

test('an nvidia-smi that ends when it is asked to is slow, and no reason to reboot', () => {
  expect(judged({ kind: 'late', isThere: false, pid: undefined })).toEqual({
    ...{ id: 'hung', level: 'bad', severity: 'warning', action: 'restart-service', needed: 3, reason: 'AnswersLate' },
    summary: 'nvidia-smi takes longer than 10 s',
    message:
      'nvidia-smi has not answered within 10 s, and ended when it was asked to; where persistence mode is off, nvidia-persistenced makes it answer at once',
  })
})

test('one that does not even end, or beside which another is stuck in the kernel, is hung', () => {
  const hung = { severity: 'critical', action: 'reboot-node', reason: 'NoAnswer', needed: 3 }
  expect(judged({ kind: 'late', isThere: true, pid: 7 })).toMatchObject(hung)
  expect(judged({ kind: 'held', pid: 7, sinceMs: 0 })).toMatchObject(hung)
  expect(judged({ kind: 'late', isThere: false, pid: undefined }, [STUCK])).toMatchObject(hung)
})

test('a process that is called as one of the driver’s is no hang of the node while nvidia-smi answers', () => {
  const rows = { kind: 'rows', answer: { rows: [], malformed: 0, isCut: false }, tookMs: 20 } as const
  expect(judged(rows, [STUCK])).toMatchObject({
    reason: 'ProcessStuck',
    severity: 'warning',
    action: 'contact-support',
  })
})
