import { describe, expect, it } from 'vitest'
import type { Remediation } from '#model'
import { SAFETY_SHAPE } from '../safety/shape.ts'
import { RUNG, SIGHT } from '../testing/questions.ts'
import { fold } from './fold.ts'
import { journalTime } from './time.ts'
import { EMPTY_STATE, MAX_PROBLEMS, MAX_STARTS, MAX_TARGETS, type SafetyState } from './types.ts'

const HOUR_MS = 3_600_000

function told(state: SafetyState, bootId: string, monoMs: number, what: Remediation): SafetyState {
  return fold(state, { time: new Date(0), bootId, monoMs, what })
}

function started(fingerprint: string, other: Partial<Extract<Remediation, { kind: 'started' }>> = {}): Remediation {
  const problem = { ...SIGHT, opening: { ...SIGHT.opening, fingerprint } }
  return {
    kind: 'started',
    attempt: `of ${fingerprint}`,
    problem,
    act: RUNG.act,
    mode: 'act',
    number: 1,
    of: 3,
    cooldownMs: 1,
    verifyWithinMs: 1,
    ...other,
  }
}

describe('journal time', () => {
  it('goes on where the last record of a boot left it, and adds what has passed since the next one began', () => {
    const first = told(EMPTY_STATE, 'b1', 5 * HOUR_MS, { kind: 'tick' })
    expect(first.nowMs).toBe(5 * HOUR_MS)
    expect(journalTime(first, { bootId: 'b1', monoMs: 6 * HOUR_MS })).toBe(6 * HOUR_MS)
    expect(journalTime(first, { bootId: 'b2', monoMs: 60_000 })).toBe(5 * HOUR_MS + 60_000)
    const second = told(first, 'b2', 60_000, { kind: 'tick' })
    expect(second).toMatchObject({ baseMs: 5 * HOUR_MS, nowMs: 5 * HOUR_MS + 60_000 })
    expect(told(second, 'b2', 120_000, { kind: 'tick' }).nowMs).toBe(5 * HOUR_MS + 120_000)
  })

  it('never goes back, whatever a record says', () => {
    const first = told(EMPTY_STATE, 'b1', HOUR_MS, { kind: 'tick' })
    expect(told(first, 'b1', 5, { kind: 'tick' }).nowMs).toBe(HOUR_MS)
    expect(told(first, 'b2', -5, { kind: 'tick' }).nowMs).toBe(HOUR_MS)
  })
})

describe('the state', () => {
  it('counts what ran when another began as failed', () => {
    const one = told(EMPTY_STATE, 'b1', 1, started('f1'))
    const two = told(one, 'b1', 2, started('f2'))
    expect(two.ledgers.act.open.map(({ attempt }) => attempt)).toEqual(['of f2'])
    expect(two.ledgers.act.failures).toEqual({ count: 1, lastAtMs: 2 })
    expect(Object.values(two.ledgers.act.problems['f1']?.acts ?? {})).toMatchObject([{ attempts: 1, failures: 1 }])
  })

  it('keeps apart what was done and what would have been', () => {
    const dry = told(EMPTY_STATE, 'b1', 1, started('f1', { mode: 'dry-run' }))
    expect(dry.ledgers.act).toEqual(EMPTY_STATE.ledgers.act)
    expect(dry.ledgers['dry-run'].starts).toEqual([1])
    const over = told(dry, 'b1', 2, {
      kind: 'ended',
      attempt: 'of f1',
      outcome: 'succeeded',
      message: '',
      output: '',
      isOutputCut: false,
      durationMs: 0,
      figures: [],
    })
    expect(over.ledgers['dry-run'].open).toEqual([])
    expect(over.ledgers['dry-run'].failures.count).toBe(0)
  })

  it('remembers the steps of what runs', () => {
    const one = told(EMPTY_STATE, 'b1', 1, started('f1'))
    const two = told(one, 'b1', 2, { kind: 'step', attempt: 'of f1', step: 'cordoned', detail: '' })
    expect(two.ledgers.act.open[0]?.steps).toEqual([{ step: 'cordoned', detail: '', atMs: 2 }])
    expect(told(two, 'b1', 3, { kind: 'step', attempt: 'none', step: 'x', detail: '' })).toEqual({ ...two, nowMs: 3 })
  })

  it('knows its node as it was heard of last, and that a person has put the journal before it aside', () => {
    const heard = told(EMPTY_STATE, 'b1', 1, {
      ...{ kind: 'began', version: '1', nodeUid: 'u1', remediation: 'off', holds: ['it is in maintenance'] },
    })
    const again = told(heard, 'b2', 2, { kind: 'began', version: '1' })
    expect([again.nodeUid, again.remediation, again.isRenewed]).toEqual(['u1', 'off', false])
    expect(again.holds).toEqual(['it is in maintenance'])
    const other = told(again, 'b2', 3, { kind: 'began', version: '1', nodeUid: 'u1' })
    expect([other.remediation, other.holds]).toEqual(['', []])
    expect(told(other, 'b2', 4, { kind: 'reset', fingerprint: '', by: 'ann' }).isRenewed).toBe(true)
  })

  it('says nothing twice of an attempt that is settled', () => {
    const verified: Remediation = { kind: 'verified', attempt: 'of f1', verdict: 'not-proven', message: '' }
    const one = told(EMPTY_STATE, 'b1', 1, started('f1'))
    const two = told(told(one, 'b1', 2, verified), 'b1', 3, verified)
    expect(two.ledgers.act.failures.count).toBe(1)
  })

  it('knows of an act that may run still until it is over, a person lets go of it, or another boot begins', () => {
    const lost = { outcome: 'lost', message: '', output: '', isOutputCut: false, durationMs: 1, figures: [] } as const
    const step: Remediation = { kind: 'step', attempt: 'of f1', step: 'let-go', detail: '' }
    const begun = told(EMPTY_STATE, 'b1', 1, started('f1'))
    // Said by whoever runs it, while it runs, that is one of its steps.
    const said = told(begun, 'b1', 2, step)
    const given = told(said, 'b1', 3, { kind: 'ended', attempt: 'of f1', ...lost, mayRun: true })
    expect(given.unended).toMatchObject([{ attempt: 'of f1', target: RUNG.act.target, sinceMs: 3 }])
    const kept = SAFETY_SHAPE.decodeState(SAFETY_SHAPE.encodeState(given, 1_000_000))
    expect(kept.unended).toEqual(given.unended)
    for (const [boot, what] of [
      ['b1', step],
      ['b1', { kind: 'reset', fingerprint: 'f1', by: 'ann' }],
      ['b2', { kind: 'began', version: '1' }],
    ] as const)
      expect(told(kept, boot, 4, what).unended).toEqual([])
    expect(told(kept, 'b1', 4, { kind: 'reset', fingerprint: 'f2', by: 'ann' }).unended).toHaveLength(1)
    expect(told(begun, 'b1', 3, { kind: 'ended', attempt: 'of f1', ...lost }).unended).toEqual([])
  })

  it('stays small, however much is done', () => {
    let state = EMPTY_STATE
    for (let n = 0; n < MAX_TARGETS + 50; n++) {
      const act = { ...RUNG.act, target: `unit:${n}` }
      state = told(state, 'b1', n, started(`f${n}`, { act, attempt: `${n}` }))
    }
    const { problems, targets, starts, open } = state.ledgers.act
    for (const [kept, max] of [
      [problems, MAX_PROBLEMS],
      [targets, MAX_TARGETS],
    ] as const) {
      expect(Object.keys(kept).length).toBeLessThanOrEqual(max)
      expect(Object.keys(kept).length).toBeGreaterThan(max / 2)
    }
    expect(starts).toHaveLength(MAX_STARTS)
    expect(open).toHaveLength(1)
    // What goes first is what was acted on longest ago.
    expect(problems['f0']).toBe(undefined)
    expect(problems[`f${MAX_TARGETS + 49}`]).toBeDefined()
  })
})
