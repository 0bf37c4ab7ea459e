/** What every check of a log says of its reading: condition, events, metrics. */
import type { ConditionSpec, EventSpec, Finding, Happening, MetricSpec } from '#monitor-kit'

/** The log of a check cannot be read. */
export const LOG_SOURCE_UNREADABLE: ConditionSpec = {
  type: 'LogSourceUnreadable',
  shared: true,
  description: 'A log that is watched cannot be read: nothing is known of what stands in it.',
  label: '{entity}: log not readable',
  healthyReason: 'LogSourceRead',
  healthyMessage: 'the log is read',
  recovery: { kind: 'healthy-checks', count: 1 },
  recoveryText: 'its lines are read again',
  source: 'the log itself',
  warning:
    'the log cannot be opened or read, or is not there; unknown where the kernel’s log is closed to whoever runs this',
  critical: 'none',
  sustained: 'at once',
}

/** Lines were gone before they were read. */
export const LOG_LINES_LOST: EventSpec = {
  reason: 'LogLinesLost',
  severity: 'warning',
  description: 'Lines of a log were gone before they were read: what stood in them is not known.',
}

/** A rule matched too often for each text to be told. */
export const LOG_TEXTS_UNTOLD: EventSpec = {
  reason: 'LogTextsUntold',
  severity: 'warning',
  description:
    'A rule matched more than 50 lines of a second, or more than 6,000 of a backlog: the rest is counted, not told line by line.',
}

/** What is counted of reading; the label `check` is the configured name. */
export const READING_METRICS: readonly MetricSpec[] = [
  { name: 'log_lines_read_total', help: 'Lines looked at', kind: 'counter', unit: '' },
  {
    name: 'log_lines_lost_total',
    help: 'Lines gone before they were read; where their number is not known, one',
    kind: 'counter',
    unit: '',
  },
  {
    name: 'log_lines_cut_total',
    help: 'Lines longer than 64 KiB, of which the rest was thrown away',
    kind: 'counter',
    unit: '',
  },
  { name: 'log_lines_unformatted_total', help: 'Lines that say no time or no message', kind: 'counter', unit: '' },
  {
    name: 'log_texts_untold_total',
    help: 'Matches of a rule beyond 50 of a second, or 6,000 of a backlog, not told',
    kind: 'counter',
    unit: '',
  },
]

/** Of a log that nobody lets us read, which is no fault of the node. */
const CLOSED_REASON = 'LogSourceClosed'

/** That the log is read, or why not: a problem, but for one that is closed to us, of which nothing is known. */
export function readFinding(unreadable: string | undefined, isClosed = false): Finding {
  const { type, healthyReason, healthyMessage } = LOG_SOURCE_UNREADABLE
  if (unreadable === undefined) return { type, health: 'healthy', reason: healthyReason, message: healthyMessage }
  if (isClosed) return { type, health: 'unknown', reason: CLOSED_REASON, message: unreadable }
  return { type, health: 'problem', reason: type, message: unreadable, summary: `a log cannot be read: ${unreadable}` }
}

/** @param count undefined: nobody knows how many */
export function lostHappening(count: number | undefined, why: string): Happening {
  const { reason, severity } = LOG_LINES_LOST
  const lines = count === undefined ? 'an unknown number of lines' : count === 1 ? '1 line' : `${count} lines`
  return { reason, severity, message: `${lines} of the log were lost: ${why}` }
}

/** @param rule as its user knows it */
export function untoldHappening(rule: string, count: number): Happening {
  const { reason, severity } = LOG_TEXTS_UNTOLD
  return {
    reason,
    severity,
    message: `rule ${rule} matched ${count} times more than are told of a second; counted, not told`,
  }
}
