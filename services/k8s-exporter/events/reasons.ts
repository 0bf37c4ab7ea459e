/** Every reason that this exporter makes itself, as docs/events.md lists them (scripts/catalog/events-page.ts). */
export interface ReasonWords {
  readonly reason: string
  readonly type: 'Normal' | 'Warning'
  /** When it is sent. */
  readonly when: string
  readonly budget: string
}

/** What stands behind a condition type when its problem is over. */
export const RESOLVED_SUFFIX = 'Resolved'
export const HELD_BACK = 'EventsHeldBack'
export const MISSED = 'EventsMissed'

/** What is told of repairs. */
export const REPAIR = {
  started: 'RemediationStarted',
  would: 'RemediationDryRun',
  succeeded: 'RemediationSucceeded',
  failed: 'RemediationFailed',
  declined: 'RemediationDeclined',
  notObserved: 'RemediationNotObserved',
  refused: 'RemediationRefused',
  exhausted: 'RemediationExhausted',
  breakerOpen: 'RemediationBreakerOpened',
  breakerHalfOpen: 'RemediationBreakerHalfOpened',
  breakerClosed: 'RemediationBreakerClosed',
  paused: 'RemediationPaused',
  resumed: 'RemediationResumed',
  approved: 'RemediationApproved',
  reset: 'RemediationReset',
} as const

export const BUDGET_OF_EVENTS = 'its source and its reason'
export const BUDGET_OF_PROBLEMS = 'problems of its source'

export const OWN_REASONS: readonly ReasonWords[] = [
  {
    reason: HELD_BACK,
    type: 'Warning',
    when: 'events were above a budget and were not sent: how many of which source and reasons, five minutes after the first of them',
    budget: 'one for each source in five minutes',
  },
  {
    reason: MISSED,
    type: 'Warning',
    when: 'facts left the bus before this exporter took them, since the API server was away for longer than the bus holds',
    budget: BUDGET_OF_EVENTS,
  },
]

type Repair = keyof typeof REPAIR

/** When each is sent. */
const REPAIR_WORDS: { readonly [R in Repair]: Pick<ReasonWords, 'type' | 'when'> } = {
  started: { type: 'Normal', when: 'a repair begins: what is done, which attempt it is, for which problem' },
  would: { type: 'Normal', when: 'a dry run tells what would be done' },
  succeeded: { type: 'Normal', when: 'after a repair its problem was proven gone by its own rule' },
  failed: {
    type: 'Warning',
    when: 'a repair failed, nobody knows how it ended, or looks after it find the problem still',
  },
  declined: {
    type: 'Normal',
    when: 'a repair found that there was nothing to do, or that it must not; nothing was changed',
  },
  notObserved: { type: 'Warning', when: 'a repair was done, and nobody has looked since: no failure' },
  refused: {
    type: 'Normal',
    when: 'a gate does not let a repair through, told when the gate or its reason is another one: at once where somebody has to do something, else after 30 s; and of a problem, after five, once in ten minutes',
  },
  exhausted: { type: 'Warning', when: 'every strategy for a problem is used up; it is left to people' },
  breakerOpen: {
    type: 'Warning',
    when: 'too many repairs failed in a row: of one problem and strategy, or of the node',
  },
  breakerHalfOpen: { type: 'Normal', when: 'after its time an open breaker lets one attempt through' },
  breakerClosed: { type: 'Normal', when: 'a repair succeeded, and the breaker is closed again' },
  paused: { type: 'Normal', when: 'a person paused all repairs of the node' },
  resumed: { type: 'Normal', when: 'a person resumed them' },
  approved: { type: 'Normal', when: 'a person gave leave for a repair that waits for it' },
  reset: { type: 'Normal', when: 'a person had forgotten what was tried for a problem' },
}

/** Of repairs, from the remediator. */
export const REPAIR_REASONS: readonly ReasonWords[] = (Object.keys(REPAIR) as Repair[]).map((name) => ({
  reason: REPAIR[name],
  ...REPAIR_WORDS[name],
  budget: BUDGET_OF_EVENTS,
}))
