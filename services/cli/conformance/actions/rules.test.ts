import { describe, expect, it } from 'vitest'
import { AttemptEnded, AttemptOutcome } from '#proto/nodedoctor/v1/remediation.ts'
import type { Outcome } from '../types.ts'
import { ACTION_RULES } from './rules.ts'
import type { ActionFacts, ActionRuns, HeardRun, LateRuns } from './types.ts'

const answered = <T>(value: T): Outcome<T> => ({ kind: 'answered', value, bytes: 1, ms: 1, at: new Date(0) })
const failed = { kind: 'failed', code: 'INTERNAL', details: 'division by zero', ms: 1 } as const
const endedAs = (outcome: AttemptOutcome, message = 'done', output = '') =>
  AttemptEnded.fromPartial({ attempt: '3f2a91c0-1', outcome, message, output })
const heard = (joined: boolean | undefined, more: Partial<HeardRun> = {}): HeardRun => {
  return { attempt: '3f2a91c0-1', joined, ended: endedAs(AttemptOutcome.SUCCEEDED), bytes: 100, error: '', ...more }
}
const LEFT = heard(undefined, { ended: endedAs(AttemptOutcome.DECLINED) })
const LATE: LateRuns = { calledOff: LEFT, disowned: LEFT, overdue: LEFT, frozen: undefined }
const RUNS: ActionRuns = {
  can: answered({ refusal: '', act: undefined }),
  first: heard(false, { ended: undefined }),
  beside: heard(true),
  later: heard(true),
  joined: heard(true),
  late: LATE,
}
const WELL: ActionFacts = {
  describe: answered({
    name: 'memory',
    version: '1',
    actions: [{ strategy: 'compact-memory', description: '', types: [], unavailable: '' }],
  }),
  stranger: answered({ refusal: 'there is no such action', act: undefined }),
  unknown: heard(undefined, { ended: endedAs(AttemptOutcome.LOST) }),
  cancelled: answered({ ran: false }),
  runs: RUNS,
}
const runs = (more: Partial<ActionRuns>): ActionFacts => ({ ...WELL, runs: { ...RUNS, ...more } })
const late = (more: Partial<LateRuns>) => runs({ late: { ...LATE, ...more } })
const action = (strategy: string) => ({ strategy, description: '', types: [], unavailable: '' })
const described = (...names: string[]): ActionFacts => ({
  ...WELL,
  describe: answered({ name: 'memory', version: '1', actions: names.map(action) }),
})
const brokenBy = (facts: ActionFacts) =>
  ACTION_RULES.filter(({ judge }) => judge(facts).result === 'fail').map(({ id }) => id)

describe('rules of who carries out actions', () => {
  it('hold of one that keeps them, and of what was not asked nothing is said', () => {
    expect(ACTION_RULES.map(({ judge }) => judge(WELL).result)).toEqual(ACTION_RULES.map(() => 'pass'))
    const quiet = ACTION_RULES.filter(({ judge }) => judge({ ...WELL, runs: undefined }).result === 'skip')
    expect(quiet.map(({ id }) => id)).toEqual([
      'action-can-run',
      'action-run',
      'action-once',
      'action-outlives-caller',
      'action-called-off',
      'action-late',
      'action-size',
    ])
  })

  it.each<[string, ActionFacts]>([
    ['actions', described()],
    ['actions', described('a', 'a')],
    ['actions', described('no name')],
    ['actions', { ...WELL, describe: failed }],
    ['action-unknown', { ...WELL, stranger: answered({ refusal: '', act: undefined }) }],
    ['action-unknown', { ...WELL, stranger: failed }],
    ['action-join-unknown', { ...WELL, unknown: heard(false) }],
    ['action-join-unknown', { ...WELL, unknown: heard(undefined, { ended: undefined, error: 'INTERNAL: x' }) }],
    ['action-cancel-unknown', { ...WELL, cancelled: answered({ ran: true }) }],
    ['action-can-run', runs({ can: failed })],
    ['action-run', runs({ beside: heard(true, { ended: endedAs(AttemptOutcome.UNSPECIFIED) }) })],
    ['action-run', runs({ beside: heard(true, { attempt: '3f2a91c0-2' }) })],
    ['action-once', runs({ beside: heard(false) })],
    ['action-once', runs({ first: heard(true) })],
    ['action-once', runs({ later: heard(false) })],
    ['action-once', runs({ joined: heard(true, { ended: endedAs(AttemptOutcome.SUCCEEDED, 'done again') }) })],
    ['action-outlives-caller', runs({ beside: heard(true, { ended: undefined }) })],
    ['action-called-off', late({ calledOff: heard(false) })],
    ['action-called-off', late({ disowned: heard(false, { ended: endedAs(AttemptOutcome.FAILED) }) })],
    ['action-called-off', late({ calledOff: heard(undefined, { ended: undefined, error: 'INTERNAL: x' }) })],
    ['action-late', late({ overdue: heard(true) })],
    ['action-late', late({ frozen: heard(true, { ended: endedAs(AttemptOutcome.FAILED, 'called off') }) })],
    ['action-size', runs({ beside: heard(true, { ended: endedAs(AttemptOutcome.SUCCEEDED, 'a\nb') }) })],
    [
      'action-size',
      runs({ beside: heard(true, { ended: endedAs(AttemptOutcome.SUCCEEDED, '', 'x'.repeat(65_537)) }) }),
    ],
    ['action-size', runs({ beside: heard(true, { bytes: 600_000 }) })],
  ])('%s is broken by who breaks it', (id, facts) => {
    expect(brokenBy(facts)).toContain(id)
  })
})
