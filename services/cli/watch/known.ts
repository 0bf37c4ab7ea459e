/** What a watcher was told so far, so that it can say what changed while the detector was away. Pure. */
import type { Node, WatchNodeResponse } from '#proto/nodedoctor/v1/detector.ts'
import { type MonitorState, type NodeCondition, type Problem, ProblemPhase } from '#proto/nodedoctor/v1/types.ts'
import { isOtherCondition, isOtherMonitor, isOtherProblem } from './figures.ts'

/** Resolved problems that are remembered; the detector itself names its last 20. */
const RESOLVED_MAX = 64

/** A change, or what the detector does not know any more and has no message for. */
export type Told =
  | WatchNodeResponse['change']
  | { readonly $case: 'forgotten'; readonly what: string; readonly name: string }

export interface Known {
  /** Whether it was told the whole node. */
  readonly isFilled: boolean
  /** Whether a person reads something else of what the detector says than it is known; figures that move are none. */
  isNews(change: WatchNodeResponse['change']): boolean
  /** Takes what the detector says. @returns of a whole node: what is otherwise than it was; [] of the first, and of all else */
  take(change: WatchNodeResponse['change']): Told[]
}

function msOf(time: Date | undefined): number {
  return time?.getTime() ?? 0
}

function keyOf({ type, entity }: { readonly type: string; readonly entity: string }): string {
  return `${type}\n${entity}`
}

/** Whether a person reads something else of it; a figure in its message alone is none. */
function isOther(before: NodeCondition | undefined, now: NodeCondition): boolean {
  return (
    before === undefined ||
    before.health !== now.health ||
    before.held !== now.held ||
    before.severity !== now.severity ||
    before.reason !== now.reason
  )
}

/**
 * Whether it is otherwise than it was. Of what was never heard of as open, that it is over is news only where it changed
 * after `heardMs`: the detector names the last 20, and an older one comes among them when one of theirs goes.
 */
function isNews(before: Problem | undefined, now: Problem, heardMs: number): boolean {
  if (before === undefined) return now.phase !== ProblemPhase.RESOLVED || msOf(now.changed) > heardMs
  return (
    before.generation !== now.generation ||
    before.severity !== now.severity ||
    (before.phase === ProblemPhase.RESOLVED) !== (now.phase === ProblemPhase.RESOLVED)
  )
}

export function createKnown(): Known {
  let isFilled = false
  /** Up to when its problems were heard, by the detector's clock. */
  let heardMs = 0
  let conditions = new Map<string, NodeCondition>()
  let problems = new Map<string, Problem>()
  let monitors = new Map<string, MonitorState>()

  function changedConditions(node: Node): Told[] {
    const there = new Set(node.conditions.map(keyOf))
    const gone = [...conditions.values()].filter((condition) => !there.has(keyOf(condition)))
    return [
      ...node.conditions
        .filter((condition) => isOther(conditions.get(keyOf(condition)), condition))
        .map((value) => ({ $case: 'condition', value }) as const),
      ...gone.map(({ type, entity }) => ({ $case: 'conditionRemoved', value: { type, entity } }) as const),
    ]
  }

  function changedProblems(all: readonly Problem[], nodeMs: number): Told[] {
    // A clock that was set back says of nothing when it was.
    const sinceMs = nodeMs < heardMs ? 0 : heardMs
    const there = new Set(all.map(({ fingerprint }) => fingerprint))
    const isLost = ({ fingerprint, phase }: Problem) => phase !== ProblemPhase.RESOLVED && !there.has(fingerprint)
    return [
      ...all
        .filter((problem) => isNews(problems.get(problem.fingerprint), problem, sinceMs))
        .map((value) => ({ $case: 'problem', value }) as const),
      ...[...problems.values()]
        .filter(isLost)
        .map(({ summary, type }) => ({ $case: 'forgotten', what: 'problem', name: summary || type }) as const),
    ]
  }

  function changedMonitors(node: Node): Told[] {
    const there = new Set(node.monitors.map(({ name }) => name))
    return [
      ...node.monitors
        .filter(({ name, health }) => monitors.get(name)?.health !== health)
        .map((value) => ({ $case: 'monitor', value }) as const),
      ...[...monitors.keys()]
        .filter((name) => !there.has(name))
        .map((name) => ({ $case: 'forgotten', what: 'monitor', name }) as const),
    ]
  }

  function whole(node: Node): Told[] {
    const all = [...node.resolved, ...node.problems]
    const nodeMs = msOf(node.time)
    const changes = isFilled
      ? [...changedConditions(node), ...changedProblems(all, nodeMs), ...changedMonitors(node)]
      : []
    isFilled = true
    heardMs = nodeMs
    conditions = new Map(node.conditions.map((condition) => [keyOf(condition), condition]))
    problems = new Map(all.map((problem) => [problem.fingerprint, problem]))
    monitors = new Map(node.monitors.map((monitor) => [monitor.name, monitor]))
    return changes
  }

  function tookProblem(problem: Problem): void {
    heardMs = Math.max(heardMs, msOf(problem.changed))
    problems.delete(problem.fingerprint)
    problems.set(problem.fingerprint, problem)
    const resolved = [...problems.values()].filter(({ phase }) => phase === ProblemPhase.RESOLVED)
    for (const { fingerprint } of resolved.slice(0, Math.max(0, resolved.length - RESOLVED_MAX)))
      problems.delete(fingerprint)
  }

  return {
    get isFilled() {
      return isFilled
    },
    isNews(change) {
      switch (change?.$case) {
        case 'condition':
          return isOtherCondition(conditions.get(keyOf(change.value)), change.value)
        case 'problem':
          return isOtherProblem(problems.get(change.value.fingerprint), change.value)
        case 'monitor':
          return isOtherMonitor(monitors.get(change.value.name), change.value)
        default:
          return true
      }
    },
    take(change) {
      switch (change?.$case) {
        case 'node':
          return whole(change.value)
        case 'condition':
          conditions.set(keyOf(change.value), change.value)
          return []
        case 'conditionRemoved':
          conditions.delete(keyOf(change.value))
          return []
        case 'problem':
          tookProblem(change.value)
          return []
        case 'monitor':
          monitors.set(change.value.name, change.value)
          return []
        default:
          return []
      }
    },
  }
}
