import { describe, expect, it } from 'vitest'
import { someProblem } from '../../../libs/view/testing.ts'
import { openingOf } from '../know/truth.ts'
import { fold } from '../state/fold.ts'
import { breakerKey, EMPTY_STATE, type OpenAttempt, type SafetyState } from '../state/types.ts'
import { LIMITS } from '../testing/questions.ts'
import { breakersOf, breakersToTell } from './breakers.ts'
import { inTurn } from './desk.ts'
import { isFor } from './ladder.ts'
import { openingsSeen } from './seen.ts'
import { settledByMs, verdictOf } from './verdict.ts'

const PROBLEM = someProblem({ phase: 'opened', generation: 1 })
const OVER = { ...PROBLEM, phase: 'resolved' as const, resolved: new Date() }
const ATTEMPT: OpenAttempt = {
  attempt: '3f2a91c0-1',
  opening: openingOf(PROBLEM),
  strategy: 'flush-dns',
  target: 'dns',
  startedAtMs: 1_000,
  bootId: 'b1',
  endedAtMs: 2_000,
  verifyWithinMs: 10_000,
  steps: [],
}
const said = (problem: typeof PROBLEM | undefined, lookedAtMs: number | undefined, nowMs: number) =>
  verdictOf(ATTEMPT, { problem, lookedAtMs, nowMs })?.verdict

describe('what became of a problem', () => {
  it('is open while there is time, and while the act runs', () => {
    expect(said(PROBLEM, 3_000, 5_000)).toBeUndefined()
    expect(
      verdictOf({ ...ATTEMPT, endedAtMs: undefined }, { problem: PROBLEM, lookedAtMs: 1, nowMs: 1 }),
    ).toBeUndefined()
    const seen = { problem: PROBLEM, lookedAtMs: 3_000, nowMs: 5_000 }
    expect(settledByMs(ATTEMPT, seen)).toBe(12_000)
    expect(settledByMs({ ...ATTEMPT, endedAtMs: undefined }, seen)).toBeUndefined()
  })

  it('is proven by the proofs of health alone', () => {
    expect(said({ ...OVER, proof: 'healthy-checks', proofText: '' }, 3_000, 3_000)).toBe('proven')
    expect(said({ ...OVER, proof: 'reboot', proofText: 'x' }, undefined, 3_000)).toBe('proven')
    expect(said({ ...OVER, proof: 'operator', proofText: 'cleared by ada' }, 3_000, 3_000)).toBe('not-observed')
    expect(said({ ...OVER, proof: 'source-removed', proofText: '' }, 3_000, 3_000)).toBe('not-observed')
    expect(said({ ...OVER, proof: 'source-removed', proofText: 'x' }, 3_000, 3_000)).toBe('not-observed')
    expect(said({ ...OVER, proof: undefined }, 3_000, 3_000)).toBe('not-observed')
  })

  it('is not proven where looks after the act find it still, and else not observed', () => {
    expect(said(PROBLEM, 3_000, 12_000)).toBe('not-proven')
    expect(said(PROBLEM, 1_500, 12_000)).toBe('not-observed')
    expect(said(PROBLEM, undefined, 12_000)).toBe('not-observed')
    expect([said(undefined, 3_000, 3_000), said(undefined, 3_000, 12_000)]).toEqual([undefined, 'not-observed'])
    expect(said({ ...PROBLEM, generation: 2 }, 3_000, 3_000)).toBe('not-observed')
  })

  it('is not observed by looks that cannot see, however many there were', () => {
    const at = (nowMs: number) =>
      verdictOf(ATTEMPT, { problem: PROBLEM, lookedAtMs: 3_000, unseen: 'CheckFailed', nowMs })
    expect(at(11_999)).toBeUndefined()
    expect(at(12_000)).toEqual({ verdict: 'not-observed', message: 'its check cannot see it since: CheckFailed' })
  })
})

describe('a problem that looks find well, and whose rule asks for more', () => {
  const rule = (kind: object) => ({ ...PROBLEM, recovery: 'in words', rules: [kind] }) as typeof PROBLEM
  const TWO = rule({ kind: 'healthy-checks', count: 2 })
  const at = (nowMs: number, changes: object = {}) =>
    verdictOf(ATTEMPT, { problem: TWO, lookedAtMs: 3_000, intervalMs: 300_000, held: 'unproven', nowMs, ...changes })

  it('is given the time of its rule, and no attempt has failed by it', () => {
    expect(at(12_000)).toBeUndefined()
    expect(at(12_000 + 899_000)).toBeUndefined()
    expect(at(12_000 + 900_000)).toEqual({
      verdict: 'not-observed',
      message: 'looks after it find it well, and it is not proven: in words',
    })
    expect(at(12_000, { held: 'flapping' })).toBeUndefined()
    expect(at(12_000, { problem: rule({ kind: 'absent', forMs: 60_000 }), nowMs: 372_000 })?.verdict).toBe(
      'not-observed',
    )
    expect(at(12_000, { problem: { ...PROBLEM, rules: undefined } })).toBeUndefined()
  })

  it('is none where they find it again, where none was made since, and where only a reboot or a person proves it', () => {
    expect(at(12_000, { held: '' })?.verdict).toBe('not-proven')
    expect(at(12_000, { lookedAtMs: 1_500 })?.verdict).toBe('not-observed')
    expect(at(12_000, { problem: rule({ kind: 'reboot' }) })?.verdict).toBe('not-observed')
  })
})

const KNOWN = {
  opening: openingOf(PROBLEM),
  healthySinceMs: undefined,
  acts: { [JSON.stringify(['flush-dns', 'dns'])]: { attempts: 1, lastAtMs: 1, failures: 1, failedAtMs: 1 } },
  blindSinceMs: undefined,
  isExhausted: false,
  refused: '',
}

function stateWith(healthySinceMs?: number): SafetyState {
  const problems = { [PROBLEM.fingerprint]: { ...KNOWN, healthySinceMs } }
  return { ...EMPTY_STATE, ledgers: { ...EMPTY_STATE.ledgers, act: { ...EMPTY_STATE.ledgers.act, problems } } }
}

const seen = (problem: typeof PROBLEM | undefined, healthySinceMs?: number) =>
  openingsSeen(stateWith(healthySinceMs), () => problem, {
    nowMs: 100,
    healthyResetMs: 50,
    isWitnessed: true,
    proofOf: (_, { proof } = OVER) => (proof === 'absent' || proof === 'healthy-checks' ? proof : undefined),
  })

describe('openings that were acted on', () => {
  it('are told when they are over, or open again, and not twice', () => {
    expect(seen(undefined)).toEqual([])
    expect(seen(PROBLEM)).toEqual([])
    expect(seen({ ...OVER, proof: 'absent' })).toMatchObject([{ resolved: true, proof: 'absent', forgets: false }])
    expect(seen({ ...OVER, proof: 'absent' }, 80)).toEqual([])
    expect(seen({ ...OVER, proof: 'source-removed' })).toEqual([])
    expect(seen({ ...OVER, proof: 'operator' })).toEqual([])
    expect(seen({ ...OVER, generation: 2, proof: undefined })).toMatchObject([{ resolved: true }])
    expect(seen({ ...PROBLEM, generation: 2 })).toMatchObject([{ resolved: false, forgets: false }])
    expect(seen({ ...PROBLEM, generation: 2 }, 80)).toMatchObject([{ resolved: false, forgets: false }])
    expect(seen({ ...PROBLEM, generation: 2 }, 50)).toMatchObject([{ resolved: false, forgets: false }])
    // The bus had none of it for a moment.
    expect(seen(PROBLEM, 50)).toMatchObject([{ resolved: false, forgets: false }])
  })

  it('are forgotten when they were well for long enough, and that is told once', () => {
    const [told, ...others] = seen({ ...OVER, proof: 'absent' }, 50)
    expect(told).toMatchObject({ resolved: true, proof: 'absent', forgets: true })
    expect(others).toEqual([])
    if (told === undefined) throw new Error('nothing was told')
    const record = { time: new Date(0), bootId: '', monoMs: 100, what: told }
    const after = fold({ ...stateWith(50), nowMs: 100 }, record)
    const known = after.ledgers.act.problems[PROBLEM.fingerprint]
    expect(Object.values(known?.acts ?? {})).toEqual([{ attempts: 0, lastAtMs: 1, failures: 0, failedAtMs: 0 }])
    const at = { nowMs: 200, healthyResetMs: 50, isWitnessed: true, proofOf: () => 'absent' as const }
    expect(openingsSeen(after, () => ({ ...OVER, proof: 'absent' }), at)).toEqual([])
  })

  it('say nothing where the bus has none while nobody would tell of it', () => {
    const at = { nowMs: 70, healthyResetMs: 50, proofOf: () => undefined }
    const none = (isWitnessed: boolean) => openingsSeen(stateWith(50), () => undefined, { ...at, isWitnessed })
    expect(none(false)).toEqual([])
    expect(none(true)).toMatchObject([{ resolved: true, forgets: false }])
  })

  it('are not forgotten in what was done before they are in what would have been', () => {
    const state = stateWith(50)
    const dry = stateWith(80).ledgers.act
    const both = { ...state, ledgers: { ...state.ledgers, 'dry-run': dry } }
    const at = { healthyResetMs: 50, isWitnessed: true, proofOf: () => 'absent' as const }
    expect(openingsSeen(both, () => OVER, { ...at, nowMs: 100 })).toEqual([])
    expect(openingsSeen(both, () => OVER, { ...at, nowMs: 130 })).toMatchObject([{ forgets: true }])
    expect(openingsSeen(both, () => OVER, { ...at, nowMs: 130, isWitnessed: false })).toEqual([])
  })
})

describe('breakers', () => {
  const failed = (count: number, lastAtMs: number): SafetyState => {
    const act = { attempts: count, lastAtMs, failures: count, failedAtMs: lastAtMs }
    const problems = { [PROBLEM.fingerprint]: { ...KNOWN, acts: { [JSON.stringify(['flush-dns', 'dns'])]: act } } }
    const ledger = { ...EMPTY_STATE.ledgers.act, problems, failures: { count, lastAtMs } }
    return { ...EMPTY_STATE, ledgers: { ...EMPTY_STATE.ledgers, act: ledger } }
  }
  it('are open for their time, half open after it, and told when they change', () => {
    const closed = breakersOf(failed(4, 0), LIMITS, 1_000)
    const open = breakersOf(failed(5, 0), LIMITS, 1_000)
    const half = breakersOf(failed(5, 0), LIMITS, LIMITS.breakerTimeoutMs)
    expect(closed.size).toBe(0)
    expect([...open.values()].map(({ state, of }) => [state, of?.strategy])).toEqual([
      ['open', undefined],
      ['open', 'flush-dns'],
    ])
    expect([...half.values()].map(({ state }) => state)).toEqual(['half-open', 'half-open'])
    const told = (of: typeof open) =>
      Object.fromEntries(
        [...of.values()].map((each) => [breakerKey(each.of), each.state === 'open' ? 'open' : 'half-open']),
      ) as SafetyState['breakers']
    expect(breakersToTell({}, open)).toHaveLength(2)
    expect(breakersToTell(told(open), open)).toEqual([])
    expect(breakersToTell(told(open), half)).toHaveLength(2)
    expect(breakersToTell(told(half), closed).map(({ state }) => state)).toEqual(['closed', 'closed'])
  })
})

describe('problems', () => {
  it('have their turn by how bad they are, then by how long they are open', () => {
    const at = (ms: number) => new Date(ms)
    const worst = someProblem({ fingerprint: 'c', severity: 'critical', phase: 'opened', opened: at(3) })
    const old = someProblem({ fingerprint: 'b', severity: 'warning', phase: 'opened', opened: at(1) })
    const young = someProblem({ fingerprint: 'a', severity: 'warning', phase: 'opened', opened: at(2) })
    const twin = { ...young, fingerprint: 'z' }
    const order = inTurn([twin, young, old, worst, OVER]).map(({ fingerprint }) => fingerprint)
    expect(order).toEqual(['c', 'b', 'a', 'z'])
  })
})

describe('a strategy', () => {
  const rung = { isEnabled: true, types: undefined, refusal: '' }
  it('is for a problem where it is on, of its type, and has something to be done to', () => {
    const of = (changes: object) => isFor({ ...rung, ...changes } as Parameters<typeof isFor>[0], 'DiskFull')
    expect([
      of({}),
      of({ types: ['DiskFull'] }),
      of({ types: ['X'] }),
      of({ isEnabled: false }),
      of({ refusal: 'x' }),
    ]).toEqual([true, true, false, false, false])
  })
})
