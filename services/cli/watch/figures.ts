/** Whether a person reads something else of a thing than before; figures that move are none. Pure. */
import { type MonitorState, type NodeCondition, type Problem, ProblemPhase } from '#proto/nodedoctor/v1/types.ts'

/** What is measured. A number without one of these may be the name of a thing. */
const UNIT = '%|°C|degrees|[nuµμm]?s|min|h|days?|bytes|[kKMGTPE]i?B(?:/s)?|/s|[kM]?W|[kMG]?Hz|rpm|(?:tasks )?per core'
/**
 * "82.1 % used", "-3 °C", "1,024 ms", "0.71 per core". None are "GPU 0", "Xid 48", "eth0", "10.0.0.1", "9 of 16": who reads "GPU 1" after
 * "GPU 0" reads of another thing, and a line too many is better than one that is missing.
 */
const FIGURE = new RegExp(
  `(?<![^\\s([<>=~≈])[-+−]?\\d+(?:,\\d{3})*(?:\\.\\d+)?(?=[ \\u00a0]?(?:${UNIT})(?![\\p{L}\\p{N}_/-]))`,
  'gu',
)

/** Whether two texts are the same but for their figures: numbers with a unit. */
export function isSameButFigures(before: string, now: string): boolean {
  return before === now || before.replace(FIGURE, '0') === now.replace(FIGURE, '0')
}

/** Status, health, severity, reason, what is to be done, or the words about it. */
export function isOtherCondition(before: NodeCondition | undefined, now: NodeCondition): boolean {
  return (
    before === undefined ||
    before.health !== now.health ||
    before.status !== now.status ||
    before.held !== now.held ||
    before.severity !== now.severity ||
    before.reason !== now.reason ||
    before.subject !== now.subject ||
    !isSameButFigures(before.message, now.message)
  )
}

/** Another opening, that it is over, severity, reason, what is to be done, or the words about it. */
export function isOtherProblem(before: Problem | undefined, now: Problem): boolean {
  return (
    before === undefined ||
    before.generation !== now.generation ||
    (before.phase === ProblemPhase.RESOLVED) !== (now.phase === ProblemPhase.RESOLVED) ||
    before.severity !== now.severity ||
    before.reason !== now.reason ||
    before.action !== now.action ||
    before.observeOnly !== now.observeOnly ||
    !isSameButFigures(before.summary, now.summary)
  )
}

/** Whether it answers, or why not. */
export function isOtherMonitor(before: MonitorState | undefined, now: MonitorState): boolean {
  return before === undefined || before.health !== now.health || !isSameButFigures(before.lastError, now.lastError)
}
