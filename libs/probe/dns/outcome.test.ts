import { describe, expect, it } from 'vitest'
import type { FailureKind } from '../types.ts'
import { dnsOutcome } from './outcome.ts'

const TIMEOUT_MS = 5000
const failed = (kind: FailureKind, ms: number, lateMs: number) =>
  dnsOutcome({ ok: false, sample: { ms, lateMs }, failure: { kind, code: '', message: '' }, strangers: 0 }, TIMEOUT_MS)

describe('what a failure says of a nameserver', () => {
  it.each<[FailureKind, number, number, string]>([
    ['timeout', 5000, 1000, 'failed'],
    ['timeout', 6200, 1001, 'unjudged'],
    ['reset', 10, 1, 'failed'],
    // It had waited for the question, which lay here.
    ['reset', 2400, 2300, 'unjudged'],
    ['refused', 2400, 2300, 'failed'],
    ['malformed', 2400, 2300, 'failed'],
    ['local', 1, 0, 'unjudged'],
    ['denied', 1, 0, 'unjudged'],
    ['name', 0, 0, 'unjudged'],
  ])('%s after %i ms, of which it was late by %i, is %s', (kind, ms, lateMs, outcome) => {
    expect(failed(kind, ms, lateMs)).toBe(outcome)
  })
})
