/** The difference of two views, and a view moved by it. Both ends of `/stream` use this. */

import { equalJson } from './equal.ts'
import { RESOLVED_SHOWN } from './facts.ts'
import { compareConditions, compareMonitors, compareProblems, compareResolved } from './level.ts'
import type { EventView, NodeView, ProblemView, StreamMessage } from './types.ts'

type ChangeMessage = Extract<StreamMessage, { kind: 'change' }>

/** What stands in one view alone. Views share what did not move, so that most of two thousand conditions need no look. */
interface Moved<T> {
  readonly gone: readonly T[]
  readonly come: readonly T[]
}

function movedOf<T>(before: readonly T[], after: readonly T[]): Moved<T> {
  const old = new Set(before)
  const come = after.filter((item) => !old.delete(item))
  return { gone: [...old], come }
}

function changed<T>({ gone, come }: Moved<T>, id: (item: T) => string): T[] {
  const known = new Map(gone.map((item) => [id(item), item]))
  return come.filter((item) => !equalJson(known.get(id(item)), item))
}

function removed<T>({ gone, come }: Moved<T>, id: (item: T) => string): string[] {
  const there = new Set(come.map(id))
  return gone.map(id).filter((one) => !there.has(one))
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
function losesProblem(moved: Moved<ProblemView>, { resolved }: NodeView): boolean {
  const lost = new Set(removed(moved, fingerprint))
  if (lost.size === 0) return false
  const last = resolved.length >= RESOLVED_SHOWN ? resolved.at(-1) : undefined
  return moved.gone.some(
    (problem) =>
      lost.has(problem.fingerprint) &&
      (problem.phase !== 'resolved' || last === undefined || compareResolved(problem, last) < 0),
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
  const conditions = movedOf(before.conditions, after.conditions)
  const problems = movedOf([...before.problems, ...before.resolved], [...after.problems, ...after.resolved])
  const monitors = movedOf(before.monitors, after.monitors)
  const whole =
    !equalJson(before.node, after.node) ||
    !equalJson(before.settings, after.settings) ||
    !equalJson(before.remediation, after.remediation) ||
    losesProblem(problems, after) ||
    removed(monitors, name).length > 0
  if (whole) return { kind: 'node', node: after }
  const message: ChangeMessage = {
    kind: 'change',
    at: after.at,
    verdict: after.verdict,
    conditions: changed(conditions, conditionId),
    removed: removed(conditions, conditionId),
    problems: changed(problems, fingerprint),
    monitors: changed(monitors, name),
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
