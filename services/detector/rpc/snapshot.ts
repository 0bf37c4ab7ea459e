/** The state as nodedoctor.v1 says it. */
import { compareSeverity, type NodeState, type Problem, readersOf } from '#model'
import type { Bus, Node } from '#proto/nodedoctor/v1/detector.ts'
import { NO_REMEDIATION, RESOLVED_SHOWN, renderNodeView, wordsToText } from '#view'
import { toProtoHealth, toProtoMonitorState, toProtoNodeCondition, toProtoProblem, toProtoSeverity } from '#wire'

export interface Identity {
  readonly name: string
  readonly bootId: string
  readonly version: string
  readonly started: Date
}

function worstFirst(a: Problem, b: Problem): number {
  return compareSeverity(b.severity, a.severity) || a.opened.getTime() - b.opened.getTime()
}

/** Everything the detector knows now. The verdict is the same sentence that the page and the CLI show. */
export function snapshot(state: NodeState, identity: Identity, bus: Bus, now: Date): Node {
  const problems = [...state.problems.values()]
  const open = problems.filter(({ phase }) => phase !== 'resolved').sort(worstFirst)
  const resolved = problems
    .filter(({ phase }) => phase === 'resolved')
    .sort((a, b) => b.changed.getTime() - a.changed.getTime())
    .slice(0, RESOLVED_SHOWN)
  const conditions = [...state.conditions.values()]
  const { verdict } = renderNodeView(
    {
      node: { name: identity.name, address: '', bootId: identity.bootId, version: identity.version },
      detector: { state: 'live', lastHeartbeat: now, listeningSince: identity.started, ...readersOf(bus, now) },
      conditions,
      problems,
      monitors: state.monitors.values(),
      settings: { set: [], defaults: 0, since: '', refused: [], refusedCount: 0 },
      remediation: NO_REMEDIATION,
    },
    now,
  )
  const unknown = conditions.some(({ health }) => health === 'unknown')
  return {
    name: identity.name,
    bootId: identity.bootId,
    version: identity.version,
    time: now,
    conditions: conditions.map(toProtoNodeCondition),
    problems: open.map(toProtoProblem),
    resolved: resolved.map(toProtoProblem),
    monitors: [...state.monitors.values()].map(toProtoMonitorState),
    bus,
    detectorStarted: identity.started,
    verdict: wordsToText(verdict.sentence, now),
    health: toProtoHealth(open.length > 0 ? 'problem' : unknown || conditions.length === 0 ? 'unknown' : 'healthy'),
    severity: toProtoSeverity(open[0]?.severity ?? 'info'),
  }
}
