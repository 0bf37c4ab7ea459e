/** What moved between two views, and a view moved by it. Both ends of `/stream` use this. */
import type { EventView, NodeView, ProblemView, StreamMessage } from '../view.ts'
import { equalJson } from './equal.ts'
import { RESOLVED_SHOWN } from './facts.ts'
import { compareConditions, compareMonitors, compareProblems, compareResolved } from './level.ts'

type ChangeMessage = Extract<StreamMessage, { kind: 'change' }>

function changed<T>(before: readonly T[], after: readonly T[], id: (item: T) => string): T[] {
  const known = new Map(before.map((item) => [id(item), item]))
  return after.filter((item) => !equalJson(known.get(id(item)), item))
}

function conditionId({ id }: { readonly id: string }): string {
  return id
}
function fingerprint(problem: ProblemView): string {
  return problem.fingerprint
}
function name(monitor: { readonly name: string }): string {
  return monitor.name
}

/** A problem that only a whole view can take out: it left without being pushed off the end of the resolved ones. */
function losesProblem(before: NodeView, after: NodeView): boolean {
  const there = new Set([...after.problems, ...after.resolved].map(fingerprint))
  const last = after.resolved.length >= RESOLVED_SHOWN ? after.resolved.at(-1) : undefined
  return (
    before.problems.some((problem) => !there.has(problem.fingerprint)) ||
    before.resolved.some(
      (problem) => !there.has(problem.fingerprint) && (last === undefined || compareResolved(problem, last) < 0),
    )
  )
}

/**
 * The message that moves a reader from one view to the next: the changed parts, or the whole where parts cannot say
 * it. Undefined when nothing moved but the clock.
 */
export function diffNodeViews(
  before: NodeView,
  after: NodeView,
  events: readonly EventView[] = [],
): StreamMessage | undefined {
  const whole =
    !equalJson(before.node, after.node) ||
    !equalJson(before.settings, after.settings) ||
    !equalJson(before.remediation, after.remediation) ||
    losesProblem(before, after) ||
    before.monitors.some(({ name }) => !after.monitors.some((monitor) => monitor.name === name))
  if (whole) return { kind: 'node', node: after }
  const ids = new Set(after.conditions.map(conditionId))
  const message: ChangeMessage = {
    kind: 'change',
    at: after.at,
    verdict: after.verdict,
    conditions: changed(before.conditions, after.conditions, conditionId),
    removed: before.conditions.map(conditionId).filter((id) => !ids.has(id)),
    problems: changed([...before.problems, ...before.resolved], [...after.problems, ...after.resolved], fingerprint),
    monitors: changed(before.monitors, after.monitors, name),
    events,
    detector: after.detector,
  }
  const moved =
    message.conditions.length + message.removed.length + message.problems.length + message.monitors.length > 0 ||
    events.length > 0 ||
    before.detector.state !== after.detector.state ||
    before.detector.behindSince !== after.detector.behindSince ||
    !equalJson(before.verdict, after.verdict)
  return moved ? message : undefined
}

function replaced<T>(before: readonly T[], news: readonly T[], id: (item: T) => string): T[] {
  const fresh = new Map(news.map((item) => [id(item), item]))
  return [...before.filter((item) => !fresh.has(id(item))), ...fresh.values()]
}

function applyChangeMessage(view: NodeView, message: ChangeMessage): NodeView {
  const removed = new Set(message.removed)
  const conditions = replaced(view.conditions, message.conditions, conditionId)
  const problems = replaced([...view.problems, ...view.resolved], message.problems, fingerprint)
  return {
    ...view,
    at: message.at,
    verdict: message.verdict,
    detector: message.detector,
    conditions: conditions.filter(({ id }) => !removed.has(id)).sort(compareConditions),
    problems: problems.filter(({ phase }) => phase !== 'resolved').sort(compareProblems),
    resolved: problems
      .filter(({ phase }) => phase === 'resolved')
      .sort(compareResolved)
      .slice(0, RESOLVED_SHOWN),
    monitors: replaced(view.monitors, message.monitors, name).sort(compareMonitors),
  }
}

/** The view after a message of `/stream`. Without a view yet, everything but a whole one is ignored. */
export function applyStreamMessage(view: NodeView | undefined, message: StreamMessage): NodeView | undefined {
  if (message.kind === 'node') return message.node
  if (view === undefined || message.kind === 'samples') return view
  if (message.kind === 'beat') return { ...view, at: message.at, detector: message.detector }
  return applyChangeMessage(view, message)
}
