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
