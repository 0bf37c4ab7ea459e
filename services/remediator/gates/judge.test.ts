import { describe, expect, it } from 'vitest'
import type { RemediationRecord } from '#model'
import type { LadderRung } from '#remedies'
import { turnOf } from '../desk/ladder.ts'
import { fold } from '../state/fold.ts'
import { EMPTY_STATE, type SafetyState } from '../state/types.ts'
import { LIMITS, NOW_MS, OPENING, question, RUNG, SIGHT } from '../testing/questions.ts'
import { approvalId } from './approval-id.ts'
import { dryRunReason, judge } from './judge.ts'
import type { Question } from './types.ts'

/** The first refusal: "gate: text (in so many seconds)". */
function refusal(other: Partial<Question>): string | undefined {
  const asked = question(other)
  const first = judge(asked).refusal
  if (first === undefined) return undefined
  const untilMs = first.said.word === 'refuses' ? first.said.untilMs : undefined
  return `${first.gate}: ${first.said.text}${untilMs === undefined ? '' : ` (${(untilMs - asked.nowMs) / 1000} s)`}`
}

const truth = question().truth
const seen = truth.problem
if (seen === undefined) throw new Error('the question has a problem')

function told(...whats: readonly (readonly [number, RemediationRecord['what']])[]): SafetyState {
  return whats.reduce(
    (state, [atMs, what]) => fold(state, { time: new Date(0), bootId: 'b1', monoMs: NOW_MS + atMs, what }),
    EMPTY_STATE,
  )
}

const started = (attempt: string, act = RUNG.act): RemediationRecord['what'] => ({
  kind: 'started',
  attempt,
  problem: SIGHT,
  act,
  mode: 'act',
  number: 1,
  of: 3,
  cooldownMs: 300_000,
  verifyWithinMs: 600_000,
})
const ended = (attempt: string, outcome: 'succeeded' | 'failed' | 'declined' | 'lost'): RemediationRecord['what'] => ({
  kind: 'ended',
  attempt,
  outcome,
  message: '',
  output: '',
  isOutputCut: false,
  durationMs: 1,
  figures: [],
})
const verified = (attempt: string, verdict: 'proven' | 'not-proven' | 'not-observed'): RemediationRecord['what'] => ({
  kind: 'verified',
  attempt,
  verdict,
  message: '',
})
function later(state: SafetyState, ms: number, other: Partial<Question> = {}): Partial<Question> {
  const nowMs = NOW_MS + ms
  const problem = { ...seen, lookedAtMs: nowMs } as typeof seen
  return { state, ledger: state.ledgers.act, nowMs, truth: { ...truth, problem }, ...other }
}

const LADDER = { by: 'host', isDisruptive: false, timeoutMs: 1, given: {}, refusal: '' } as const

describe('the gates', () => {
  it('allow what is switched on, true, wanted, and within every limit', () => {
    expect(judge(question()).gates.map(({ gate, said }) => `${gate}: ${said.word}, ${said.text}`)).toEqual([
      'enabled: allows, repairs are switched on',
      'truth: allows, seen 5 s ago',
      'mute: allows, nobody asks to be left alone',
      'severity: allows, it is critical',
      'fit: allows, it can be done',
      'cooldown: allows, never done before',
      'attempts: allows, 0 of 3 attempts used',
      'breaker: allows, 0 failures in a row',
      'node-breaker: allows, 0 failures in a row',
      'budget: allows, within its budgets',
      'approval: allows, no approval is asked for',
      'lease: allows, it disturbs no workload',
    ])
  })

  it('refuse what a switch, a pause or the journal forbids', () => {
    const why = 'remediation.enabled is false'
    expect(refusal({ limits: { ...LIMITS, enabled: { isOn: false, why } } })).toBe(`enabled: ${why}`)
    expect(refusal({ rung: { ...RUNG, isEnabled: false } })).toBe('enabled: remediation.enabled of its check is false')
    expect(refusal({ journalTrouble: 'cannot use it' })).toBe('enabled: cannot use it')
    const state = told([0, { kind: 'paused', by: 'ann', why: 'upgrade', forMs: 7_200_000 }])
    expect(refusal(later(state, 0))).toBe('enabled: paused by ann: upgrade (7200 s)')
    expect(refusal(later(state, 7_200_000))).toBe(undefined)
    const resumed = fold(state, {
      time: new Date(0),
      bootId: 'b1',
      monoMs: NOW_MS + 1,
      what: { kind: 'resumed', by: 'ann' },
    })
    expect(refusal(later(resumed, 2))).toBe(undefined)
  })

  it('refuse what is not true any more, or is not known to be', () => {
    const of = (other: Partial<Question['truth']>) => refusal({ truth: { ...truth, ...other } })
    expect(of({ isGoingDown: true })).toBe('truth: the remediator ends: the next one goes on')
    expect(of({ nodeUpMs: 90_000 })).toBe('truth: the node came up 90 s ago (30 s)')
    expect(of({ heartbeatAgeMs: undefined })).toBe('truth: no heartbeat of the detector was heard')
    expect(of({ heartbeatAgeMs: 10_001 })).toBe('truth: the detector was last heard 11 s ago')
    expect(of({ waitingMs: 2_001 })).toBe('truth: a change of the detector has waited for the bus for 3 s')
    expect(of({ problem: undefined })).toBe('truth: this opening of the problem is over')
    const again = { ...SIGHT, opening: { ...OPENING, opened: new Date('2026-05-12T05:00:00Z') } }
    for (const other of [{ isOpen: false }, { sight: again }])
      expect(of({ problem: { ...seen, ...other } })).toBe('truth: this opening of the problem is over')
    expect(of({ problem: { ...seen, isUnproven: true } })).toBe(
      'truth: it was brought over a reboot, and no check has looked since',
    )
    expect(of({ problem: { ...seen, isFlapping: true } })).toBe('truth: it comes and goes')
    expect(of({ problem: { ...seen, held: 'gated' } })).toBe('truth: its condition is held back: gated')
    // Its check runs, and fails.
    expect(of({ problem: { ...seen, unseen: 'CheckFailed' } })).toBe('truth: its check cannot see it now: CheckFailed')
    expect(of({ problem: { ...seen, lookedAtMs: undefined } })).toBe('truth: its check has not looked in this boot')
    expect(of({ problem: { ...seen, lookedAtMs: NOW_MS - 60_001 } })).toBe('truth: its check has not looked for 61 s')
  })

  it('refuse where people or other tools want to be left alone', () => {
    const mute = { annotation: 'on', holds: [], disruptiveHolds: [{ text: 'cordoned by others' }] } as const
    expect(refusal({ mute: { ...mute, annotation: 'off' } })).toBe(
      'mute: the node is annotated node-doctor.io/remediation=off',
    )
    expect(refusal({ mute: { ...mute, holds: [{ text: 'quiet hours', untilMs: NOW_MS + 5_000 }] } })).toBe(
      'mute: quiet hours (5 s)',
    )
    expect(refusal({ mute })).toBe(undefined)
    expect(refusal({ mute, isDisruptive: true })).toBe('mute: cordoned by others')
  })

  it('refuse what is not bad enough, or is not made for it', () => {
    expect(refusal({ truth: { ...truth, problem: { ...seen, sight: { ...SIGHT, severity: 'info' } } } })).toBe(
      'severity: it is info, and minSeverity is warning',
    )
    expect(refusal({ rung: { ...RUNG, types: ['FilesystemReadOnly'] } })).toBe('fit: it is not for DiskFull')
    expect(refusal({ truth: { ...truth, problem: { ...seen, isObserveOnly: true } } })).toBe(
      'fit: its check says that nobody is to act on it',
    )
    expect(refusal({ fit: { refusal: 'NoSystemBus' } })).toBe('fit: NoSystemBus')
  })

  it('name who did not answer whether it could be done', () => {
    const silent = (strategy: string, target: string) =>
      refusal({ fit: undefined, rung: { ...RUNG, act: { ...RUNG.act, strategy, target } } })
    expect(silent('disk-cleanup', 'disk:/var')).toBe('fit: host-actions did not answer')
    expect(silent('cordon', 'node')).toBe('fit: the API server did not answer')
    expect(silent('node-reboot', 'node')).toBe('fit: host-actions or the API server did not answer')
    expect(silent('external-action', 'external:bmc/power-cycle')).toBe('fit: bmc did not answer')
  })

  it('wait until an attempt is settled, and for the cooldown from its end on', () => {
    const running = told([0, started('a')])
    expect(refusal(later(running, 400_000))).toBe('cooldown: attempt a is not settled yet')
    const over = told([0, started('a')], [60_000, ended('a', 'succeeded')], [90_000, verified('a', 'proven')])
    expect(refusal(later(over, 100_000))).toBe('cooldown: it was done, and its cooldown is 5 min (260 s)')
    expect(refusal(later(over, 360_000))).toBe(undefined)
    const other = { ...OPENING, fingerprint: 'f2' }
    const problem = { ...seen, sight: { ...SIGHT, opening: other } }
    const two = { ...truth, problem: { ...problem, lookedAtMs: NOW_MS + 100_000 } }
    expect(refusal(later(over, 100_000, { opening: other, truth: two }))).toBe(
      'cooldown: it was done, and its cooldown is 5 min (260 s)',
    )
  })

  it('wait, for what cannot be written down, for the cooldown from the boot on, and are all asked as ever', () => {
    const unrecorded = { isUnrecorded: true }
    expect(refusal(unrecorded)).toBe(undefined)
    expect(refusal({ ...unrecorded, truth: { ...truth, nodeUpMs: 200_000 } })).toBe(
      'cooldown: it cannot be written down now, nor was it before this boot: its cooldown of 5 min counts from there (100 s)',
    )
    const paused = { by: 'ann', why: 'x', untilMs: undefined }
    expect(refusal({ ...unrecorded, state: { ...question().state, paused } })).toBe('enabled: paused by ann: x')
    expect(refusal({ ...unrecorded, journalTrouble: 'it is damaged' })).toBe('enabled: it is damaged')
    expect(refusal({ ...unrecorded, rung: { ...RUNG, isEnabled: false } })).toMatch(/^enabled: /)
    expect(dryRunReason(question({ ...unrecorded, rung: { ...RUNG, mode: 'observe' } }))).toBeDefined()
  })

  it('wait for a look where nobody saw what came of the last attempt', () => {
    const blind = told([0, started('a')], [1_000, ended('a', 'succeeded')], [600_000, verified('a', 'not-observed')])
    const late = later(blind, 1_000_000)
    expect(refusal(late)).toBe(undefined)
    const problem = { ...seen, lookedAtMs: NOW_MS + 1_000, intervalMs: 3_600_000 }
    expect(refusal({ ...late, truth: { ...truth, problem } })).toBe(
      'truth: nobody has seen what came of the last attempt',
    )
    expect(blind.ledgers.act.failures.count).toBe(0)
  })

  it('end with its attempts, until the problem was proven healthy for long enough', () => {
    const tries = (proof: 'healthy-checks' | 'withdrawn') =>
      told(
        [0, started('a')],
        [1, ended('a', 'failed')],
        [400_000, started('b')],
        [400_001, ended('b', 'lost')],
        [800_000, started('c')],
        [800_001, ended('c', 'failed')],
        [900_000, { kind: 'seen', opening: OPENING, resolved: true, proof, forgets: false }],
      )
    const forgets = { kind: 'seen', opening: OPENING, resolved: true, proof: 'healthy-checks', forgets: true } as const
    const forgotten = fold(tries('healthy-checks'), {
      time: new Date(0),
      bootId: 'b1',
      monoMs: NOW_MS + 2_700_000,
      what: forgets,
    })
    expect(refusal(later(tries('healthy-checks'), 2_700_000))).toBe('attempts: 3 of 3 attempts are used up')
    expect(refusal(later(forgotten, 2_700_000))).toBe(undefined)
    expect(refusal(later(tries('withdrawn'), 2_700_000))).toBe('attempts: 3 of 3 attempts are used up')
    const reset = fold(tries('withdrawn'), {
      time: new Date(0),
      bootId: 'b1',
      monoMs: NOW_MS + 900_001,
      what: { kind: 'reset', fingerprint: 'f1', by: 'ann' },
    })
    expect(refusal(later(reset, 901_000))).toBe(undefined)
  })

  it('hand the turn on for what failed, not for what was declined or not observed', () => {
    const rung = { ...RUNG, maxAttempts: 1 }
    const declined = told([0, started('a')], [1, ended('a', 'declined')])
    expect(refusal(later(declined, 400_000, { rung }))).toBe(undefined)
    const blind = told([0, started('a')], [1, ended('a', 'succeeded')], [600_000, verified('a', 'not-observed')])
    expect(refusal(later(blind, 1_000_000, { rung }))).toBe(undefined)
    const failed = told([0, started('a')], [1, ended('a', 'succeeded')], [600_000, verified('a', 'not-proven')])
    expect(refusal(later(failed, 1_000_000, { rung }))).toBe('attempts: 1 of 1 attempts are used up')
    // In the budgets all of them count.
    const limits = { ...LIMITS, perHour: 1 }
    expect(refusal(later(declined, 400_000, { rung, limits }))).toBe('budget: at most 1 attempts an hour (3200 s)')
  })

  const other = { ...OPENING, fingerprint: 'f2' }
  const ofOther = (lookedAtMs: number) => ({
    opening: other,
    truth: { ...truth, problem: { ...seen, sight: { ...SIGHT, opening: other }, lookedAtMs } },
  })

  it('hold off what failed on a target about others, for as long as a breaker stands, and hand it to nothing stronger', () => {
    const rung = { ...RUNG, maxAttempts: 3 }
    const failed = (name: string, atMs: number) =>
      [
        [atMs, started(name)],
        [atMs + 1, ended(name, 'failed')],
      ] as const
    const three = told(...failed('a', 0), ...failed('b', 400_000), ...failed('c', 800_000))
    const at = (state: SafetyState, ms: number) => later(state, ms, { rung, ...ofOther(NOW_MS + ms - 1_000) })
    const why = 'cooldown: it failed 3 times on disk:/var about other problems (1300.001 s)'
    expect(refusal(at(three, 1_300_000))).toBe(why)
    const drain = { ...RUNG, act: { ...RUNG.act, strategy: 'drain', target: 'node' } }
    const turn = (state: SafetyState, ms: number) => {
      const ladder = [rung, drain].map((each) => ({ ...each, ...LADDER, strategy: each.act.strategy }) as LadderRung)
      return turnOf(ladder, SIGHT.type, (each) => question({ ...at(state, ms), rung: each }))
    }
    // Whatever became of the other: that nobody proves it well for 300 days makes nobody drain.
    for (const ms of [1_300_000, 3_000_000, 300 * 86_400_000])
      expect(turn(three, ms)).toMatchObject({ kind: 'turn', judged: { rung: { strategy: 'disk-cleanup' } } })
    // One attempt shows whether it works; where it does not, the others wait for as long again.
    expect(refusal(at(three, 2_600_001))).toBe(undefined)
    const mine = { ...SIGHT, opening: other }
    const again = [
      [2_700_000, { ...started('d'), problem: mine } as RemediationRecord['what']],
      [2_700_001, ended('d', 'failed')],
    ] as const
    const four = told(...failed('a', 0), ...failed('b', 400_000), ...failed('c', 800_000), ...again)
    expect(refusal(at(four, 4_000_000))).toBe(
      'cooldown: it failed 3 times on disk:/var about other problems (500.001 s)',
    )
    // What failed about this one makes nothing of theirs young again.
    expect(refusal(at(four, 4_450_000))).toBe(undefined)
    // Nobody tries any more: what failed about others is forgotten, and what failed about itself is not.
    expect(
      refusal(
        later(three, 4_500_000, { rung, ...ofOther(NOW_MS + 4_499_000), limits: { ...LIMITS, breakerThreshold: 1 } }),
      ),
    ).toBe(undefined)
    expect(refusal(later(three, 4_500_000, { rung }))).toBe('attempts: 3 of 3 attempts are used up')
    const limits = { ...LIMITS, breakerThreshold: 3 }
    const many = { ...RUNG, maxAttempts: 100 }
    expect(refusal(later(three, 1_300_000, { rung: many, limits, ...ofOther(NOW_MS + 1_299_000) }))).toBe(
      'breaker: failed 3 times in a row (1300.001 s)',
    )
    const helped = told(
      ...failed('a', 0),
      [400_000, started('b')],
      [400_001, ended('b', 'succeeded')],
      [400_002, verified('b', 'proven')],
    )
    expect(
      refusal(later(helped, 1_300_000, { rung: { ...RUNG, maxAttempts: 1 }, ...ofOther(NOW_MS + 1_299_000) })),
    ).toBe(undefined)
  })

  it('let one through a half-open breaker, and none for as long again where it was not proven', () => {
    const limits = { ...LIMITS, breakerThreshold: 1, perHour: 100 }
    const act = { ...RUNG.act, strategy: 'custom-script', target: 'x' }
    const rung = { ...RUNG, act, maxAttempts: 100 }
    const probed = (end: 'declined' | 'succeeded') =>
      told(
        [0, started('a')],
        [1, ended('a', 'failed')],
        [1_800_100, started('b')],
        [1_900_000, ended('b', end)],
        ...(end === 'succeeded' ? ([[2_500_000, verified('b', 'not-observed')]] as const) : []),
      )
    for (const end of ['declined', 'succeeded'] as const) {
      const state = probed(end)
      const at = (ms: number) => refusal(later(state, ms, { limits, rung, ...ofOther(NOW_MS + ms - 1_000) }))
      expect(at(3_000_000)).toBe('node-breaker: failed 1 times in a row (700 s)')
      expect(at(3_700_001)).toBe(undefined)
      const same = { ...RUNG, maxAttempts: 100 }
      expect(refusal(later(state, 3_000_000, { limits, rung: same }))).toBe('breaker: failed 1 times in a row (700 s)')
    }
  })

  it('stop after failures in a row, of one act and of the node, and let one through after that', () => {
    const rung = { ...RUNG, maxAttempts: 100 }
    const limits = { ...LIMITS, perHour: 100 }
    const failures = [0, 1, 2, 3, 4].flatMap(
      (n) =>
        [
          [n * 400_000, started(`a${n}`)],
          [n * 400_000 + 1, ended(`a${n}`, 'failed')],
        ] as const,
    )
    const broken = told(...failures)
    const at = (ms: number, other: Partial<Question> = {}) => refusal(later(broken, ms, { rung, limits, ...other }))
    expect(at(2_000_000)).toBe('breaker: failed 5 times in a row (1400.001 s)')
    const act = { ...RUNG.act, strategy: 'custom-script' }
    expect(at(2_000_000, { rung: { ...rung, act } })).toBe('node-breaker: failed 5 times in a row (1400.001 s)')
    expect(at(3_400_001)).toBe(undefined)
    const one = told(...failures, [3_500_000, started('b')])
    const opening = { ...OPENING, fingerprint: 'f2' }
    const problem = { ...seen, sight: { ...SIGHT, opening }, lookedAtMs: NOW_MS + 3_600_000 }
    const two = { opening, rung: { ...rung, act }, limits, truth: { ...truth, problem } }
    expect(refusal(later(one, 3_600_000, two))).toBe('node-breaker: attempt b shows first whether repairs work again')
    const well = told(
      ...failures,
      [3_500_000, started('b')],
      [3_500_001, ended('b', 'succeeded')],
      [3_500_002, verified('b', 'proven')],
    )
    expect(refusal(later(well, 3_900_000, { rung, limits }))).toBe(undefined)
  })

  it('keep to the budgets of the minute, the hour and the day', () => {
    const limits = { ...LIMITS, perHour: 2, perMinute: 1 }
    const rung = { ...RUNG, cooldownMs: 1_000, maxAttempts: 100 }
    const both = told(
      [0, started('a')],
      [1, ended('a', 'declined')],
      [120_000, started('b')],
      [120_001, ended('b', 'declined')],
    )
    expect(refusal(later(both, 150_000, { limits, rung }))).toBe('budget: at most 1 attempts a minute (30 s)')
    expect(refusal(later(both, 200_000, { limits, rung }))).toBe('budget: at most 2 attempts an hour (3400 s)')
    const act = { ...RUNG.act, strategy: 'node-reboot', target: 'node' }
    const reboot = told([0, started('r', act)], [1, ended('r', 'declined')])
    expect(refusal(later(reboot, 4_000_000, { rung: { ...rung, act } }))).toBe(
      'budget: at most 1 reboots a day (82400 s)',
    )
    expect(refusal({ limits: { ...LIMITS, perHour: 0 } })).toBe('budget: at most 0 attempts an hour')
  })

  it('ask for a person’s leave once, for an hour, for this opening and this act alone', () => {
    const limits = { ...LIMITS, approval: ['disk-cleanup'] }
    const id = approvalId(OPENING, RUNG.act)
    expect(id).toMatch(/^[0-9a-f]{8}-17$/)
    expect(refusal({ limits })).toBe(`approval: it waits for the approval ${id}`)
    const given = told([0, { kind: 'approved', id, by: 'ann', opening: OPENING, forMs: 3_600_000 }])
    expect(refusal(later(given, 5_000, { limits }))).toBe(undefined)
    expect(refusal(later(given, 3_600_000, { limits }))).toBe(`approval: the approval ${id} of ann is over`)
    const used = told(
      [0, { kind: 'approved', id, by: 'ann', opening: OPENING, forMs: 3_600_000 }],
      [1, { ...started('a'), approval: id } as RemediationRecord['what']],
      [2, ended('a', 'declined')],
    )
    expect(refusal(later(used, 400_000, { limits }))).toBe(`approval: it waits for the approval ${id}`)
  })

  it('have a person’s leave for no longer by a clock that stands still, in no other boot, and for no other parameters', () => {
    const limits = { ...LIMITS, approval: ['disk-cleanup'] }
    const id = approvalId(OPENING, RUNG.act)
    const given = told([0, { kind: 'approved', id, by: 'ann', opening: OPENING, forMs: 3_600_000 }])
    const suspended = later(given, 5_000, { limits, wallMs: 10 * 3_600_000 })
    expect(refusal(suspended)).toBe(`approval: the approval ${id} of ann is over`)
    expect(refusal(later(given, 5_000, { limits, wallMs: -3_600_000 }))).toBe(undefined)
    const booted = fold(given, { time: new Date(1), bootId: 'b2', monoMs: 1, what: { kind: 'began', version: '1' } })
    expect(refusal(later(booted, 5_000, { limits }))).toBe(`approval: the approval ${id} of ann was for another boot`)
    const act = { ...RUNG.act, parameters: { force: 'true' } }
    expect(refusal(later(given, 5_000, { limits, rung: { ...RUNG, act } }))).toContain('it waits for the approval')
    expect(approvalId(OPENING, { ...act, parameters: { b: '1', a: '2' } })).toBe(
      approvalId(OPENING, { ...act, parameters: { a: '2', b: '1' } }),
    )
  })

  it('ask the fleet last', () => {
    expect(refusal({ lease: { kind: 'held', text: 'w2 has it', untilMs: NOW_MS + 60_000 } })).toBe(
      'lease: w2 has it (60 s)',
    )
    expect(refusal({ lease: { kind: 'not-known', text: 'the API server is silent' } })).toBe(
      'lease: the API server is silent',
    )
    expect(refusal({ lease: { kind: 'free' } })).toBe(undefined)
  })

  it('tell and do not do, whoever says so', () => {
    const { limits, rung, mute } = question()
    expect(dryRunReason({ limits, rung, mute })).toBe(undefined)
    const why = 'remediation.dryRun is true'
    expect(dryRunReason({ limits: { ...limits, dryRun: { isOn: true, why } }, rung, mute })).toBe(why)
    expect(dryRunReason({ limits, rung: { ...rung, mode: 'observe' }, mute })).toContain('observe')
    expect(dryRunReason({ limits, rung, mute: { ...mute, annotation: 'observe' } })).toContain('annotated')
  })
})
