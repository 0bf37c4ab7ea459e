import {
  cleanText,
  conditionKey,
  isSameOpening,
  type Liveness,
  type MonitorState,
  type NodeCondition,
  type Opening,
  type Problem,
  provenAt,
} from '#model'
import { cleanCount, SHOWN } from './clean.ts'
import { renderCondition, staleCondition } from './condition.ts'
import { renderTime } from './duration.ts'
import { type NodeFacts, RESOLVED_SHOWN } from './facts.ts'
import { compareConditions, compareMonitors, compareProblems, compareResolved } from './level.ts'
import { renderMonitor } from './monitor.ts'
import { renderProblem } from './problem.ts'
import { renderWaiting } from './repair-attention.ts'
import { renderRepair } from './repair-view.ts'
import type { ProblemRepairs } from './repairs.ts'
import { nameSums } from './sums.ts'
import type { ConditionView, MonitorView, NodeView, ProblemView } from './types.ts'
import { evaluateVerdict } from './verdict.ts'

/** A view made before: of which condition it is, and what it follows from beside the fact. */
interface Remembered<V> {
  /** The {@link conditionKey}; '' where no condition stands behind it. */
  readonly key: string
  /** When it was proven, and by which condition's view. */
  readonly by: number | string
  readonly lost: string
  readonly view: V
}

/**
 * Views made before, by the fact they show. Facts are immutable, so that a view that is found here is the view; one
 * memo for each reader that renders again and again.
 */
export interface ViewMemo {
  readonly repairs: WeakMap<ProblemRepairs, { readonly of: ProblemView; readonly view: ProblemView }>
  readonly conditions: WeakMap<NodeCondition, Remembered<ConditionView>>
  readonly problems: WeakMap<Problem, Remembered<ProblemView>>
  readonly monitors: WeakMap<MonitorState, MonitorView>
}

/** An empty memo, for a reader that renders again and again. */
export function createViewMemo(): ViewMemo {
  return { repairs: new WeakMap(), conditions: new WeakMap(), problems: new WeakMap(), monitors: new WeakMap() }
}

function renderConditions(facts: NodeFacts, now: Date, memo: ViewMemo): Map<string, ConditionView> {
  const { detector } = facts
  const monitors = new Map([...facts.monitors].map((monitor) => [monitor.name, monitor]))
  const stale = detector.state === 'stale'
  const lost = stale ? String(detector.lastHeartbeat?.getTime() ?? 'never') : ''
  const views = new Map<string, ConditionView>()
  for (const condition of facts.conditions) {
    const proven = provenAt(condition, monitors, detector, now)
    const by = proven.getTime()
    let known = memo.conditions.get(condition)
    if (known === undefined || known.by !== by || known.lost !== lost) {
      const fresh = renderCondition(condition, proven, now)
      const key = known?.key ?? conditionKey(condition.type, condition.entity)
      known = { key, by, lost, view: stale ? staleCondition(fresh, detector) : fresh }
      memo.conditions.set(condition, known)
    }
    views.set(known.key, known.view)
  }
  return views
}

/** What was done about another opening says nothing of this one; that everything was tried counts until it was well for long. */
function ofThisOpening({ attempt, refusal, exhausted }: ProblemRepairs, problem: Problem): ProblemRepairs {
  const isOfIt = (of: { readonly problem: { readonly opening: Opening } } | undefined) =>
    of !== undefined && isSameOpening(of.problem.opening, problem)
  return {
    ...(isOfIt(attempt) ? { attempt } : {}),
    ...(isOfIt(refusal) ? { refusal } : {}),
    ...(exhausted === undefined || problem.phase === 'resolved' ? {} : { exhausted }),
  }
}

function withRepair(of: ProblemView, problem: Problem, { repairs: all }: NodeFacts, now: Date, memo: ViewMemo) {
  const repairs = all?.get(problem.fingerprint)
  if (repairs === undefined) return of
  const known = memo.repairs.get(repairs)
  if (known?.of === of) return known.view
  const repair = renderRepair(ofThisOpening(repairs, problem), now)
  const view = repair === undefined ? of : { ...of, repair }
  memo.repairs.set(repairs, { of, view })
  return view
}

function renderProblems(
  facts: NodeFacts,
  conditions: ReadonlyMap<string, ConditionView>,
  now: Date,
  memo: ViewMemo,
): { open: ProblemView[]; resolved: ProblemView[] } {
  const lost = facts.detector.state === 'stale' ? 'stale' : ''
  const open: ProblemView[] = []
  const resolved: ProblemView[] = []
  for (const problem of facts.problems) {
    let known = memo.problems.get(problem)
    const key = known?.key ?? (problem.fromEvent ? '' : conditionKey(problem.type, problem.entity))
    const condition = conditions.get(key)
    const by = condition?.id ?? ''
    if (known === undefined || known.by !== by || known.lost !== lost) {
      const fresh = renderProblem(problem, condition, now)
      known = { key, by, lost, view: lost === '' ? fresh : { ...fresh, level: 'stale' } }
      memo.problems.set(problem, known)
    }
    const view = withRepair(known.view, problem, facts, now, memo)
    if (problem.phase === 'resolved') resolved.push(view)
    else open.push(view)
  }
  const all = nameSums([...open, ...resolved], conditions)
  const isOver = ({ phase }: ProblemView) => phase === 'resolved'
  return {
    open: all.filter((one) => !isOver(one)).sort(compareProblems),
    resolved: all.filter(isOver).sort(compareResolved).slice(0, RESOLVED_SHOWN),
  }
}

function renderMonitors(facts: NodeFacts, now: Date, memo: ViewMemo): MonitorView[] {
  const views: MonitorView[] = []
  for (const monitor of facts.monitors) {
    const view = memo.monitors.get(monitor) ?? renderMonitor(monitor, now)
    memo.monitors.set(monitor, view)
    views.push(facts.detector.state === 'stale' ? { ...view, level: 'stale' } : view)
  }
  return views.sort(compareMonitors)
}

function renderDetector(detector: Liveness, monitors: Iterable<MonitorState>, now: Date): NodeView['detector'] {
  let lastReport: Date | undefined
  for (const monitor of monitors) {
    const time = monitor.lastReport
    if (time !== undefined && Number.isFinite(time.getTime()) && (lastReport === undefined || time > lastReport)) {
      lastReport = time
    }
  }
  return {
    state: detector.state,
    ...(detector.lastHeartbeat === undefined ? {} : { lastHeartbeat: renderTime(detector.lastHeartbeat, now) }),
    ...(detector.behindSince === undefined || detector.state !== 'live'
      ? {}
      : { behindSince: renderTime(detector.behindSince, now) }),
    ...(detector.readersSince === undefined ? {} : { readersSince: renderTime(detector.readersSince, now) }),
    ...(detector.readersRefused === undefined ? {} : { readersRefused: cleanCount(detector.readersRefused) }),
    ...(lastReport === undefined ? {} : { lastReport: renderTime(lastReport, now) }),
  }
}

function cleanNode({ name, address, bootId, version, booted }: NodeView['node']): NodeView['node'] {
  return {
    name: cleanText(name, SHOWN.name),
    address: cleanText(address, SHOWN.name),
    bootId: cleanText(bootId, SHOWN.name),
    version: cleanText(version, SHOWN.name),
    ...(booted === undefined ? {} : { booted: cleanText(booted, SHOWN.name) }),
  }
}

/** What waits for a person of the problems that are open, beside what holds repairs up as a whole. */
function withWaiting(of: NodeView['remediation'], open: readonly ProblemView[]): NodeView['remediation'] {
  const waiting = renderWaiting(open)
  return waiting.length === 0 ? of : { ...of, attention: [...(of.attention ?? []), ...waiting] }
}

/** The node as people are shown it. Pure; never throws; every text in it is clean. */
export function renderNodeView(facts: NodeFacts, now: Date, memo: ViewMemo = createViewMemo()): NodeView {
  const byKey = renderConditions(facts, now, memo)
  const conditions = [...byKey.values()].sort(compareConditions)
  const { open, resolved } = renderProblems(facts, byKey, now, memo)
  const monitors = renderMonitors(facts, now, memo)
  const detector = renderDetector(facts.detector, facts.monitors, now)
  const node = cleanNode(facts.node)
  const verdict = evaluateVerdict(
    {
      name: node.name,
      detector,
      listeningSince: renderTime(facts.detector.listeningSince, now),
      conditions,
      problems: open,
      resolved,
      monitors,
    },
    now,
  )
  return {
    node,
    at: renderTime(now, now),
    verdict,
    detector,
    conditions,
    problems: open,
    resolved,
    monitors,
    settings: facts.settings,
    remediation: withWaiting(facts.remediation, open),
  }
}
