/** Several sources of one condition become one: problem before unknown before healthy, the worst severity first. */
import type { Draft } from './draft.ts'
import { followCondition, ownerOf, recoveryWords } from './problem.ts'
import { compareHealth, compareSeverity, statusOf } from './severity.ts'
import { renderLabel } from './text.ts'
import type { ConditionType, NodeCondition, Observation, SourceCondition } from './types.ts'

function severityOf(source: SourceCondition): Observation['severity'] {
  return source.health === 'problem' ? (source.raised ?? source.observation).severity : 'info'
}

function worstFirst(a: SourceCondition, b: SourceCondition): number {
  return (
    compareHealth(b.health, a.health) ||
    compareSeverity(severityOf(b), severityOf(a)) ||
    (a.monitor < b.monitor ? -1 : a.monitor > b.monitor ? 1 : 0)
  )
}

/** Reason and message where what counts is not what was said. */
function heldWords(draft: Draft, source: SourceCondition): Pick<Observation, 'reason' | 'message' | 'summary'> {
  const { observation, raised, held, monitor } = source
  const label = renderLabel(
    draft.conditionType(observation.type, monitor)?.label ?? '',
    observation.type,
    observation.entity,
  )
  if (held === 'unreachable') {
    const message = `monitor ${monitor} does not answer; last it said: ${observation.message}`
    return { reason: 'MonitorUnreachable', message, summary: `${label}: not known` }
  }
  if (held === 'gated') {
    const message = `not judged while what it depends on has a problem; its check says: ${observation.message}`
    return { reason: 'DependencyUnhealthy', message, summary: `${label}: not judged` }
  }
  if (raised !== undefined && observation.health !== 'problem') {
    const why = held === 'flapping' ? 'it comes and goes, so its recovery is held back' : 'seen healthy, not proven yet'
    return { reason: raised.reason, message: `${observation.message} (${why})`, summary: raised.summary }
  }
  return observation
}

/** A headline where the source gave none. */
function headline(summary: string, message: string, label: string): string {
  if (summary !== '') return summary
  return message !== '' && message.length <= 80 ? message : label
}

/** `first` decides; the others are named. */
function merged(
  draft: Draft,
  sources: readonly SourceCondition[],
  first: SourceCondition,
  declared: ConditionType | undefined,
  before: NodeCondition | undefined,
): NodeCondition {
  const { type, entity, check, evidence } = first.observation
  const polarity = declared?.polarity ?? 'true-is-problem'
  const status = statusOf(first.health, polarity)
  const label = renderLabel(declared?.label ?? '', type, entity)
  const words = heldWords(draft, first)
  const recovery = declared?.recoveryText || recoveryWords(declared?.recovery ?? { kind: 'healthy-checks', count: 2 })
  let observed = first.observed
  for (const source of sources) if (source.observed > observed) observed = source.observed
  return {
    type,
    entity,
    status,
    health: first.health,
    severity: severityOf(first),
    reason: words.reason,
    message: words.message,
    summary: headline(words.summary, words.message, label),
    since: before !== undefined && before.health === first.health ? before.since : first.since,
    statusSince: before !== undefined && before.status === status ? before.statusSince : draft.now.wall,
    observed,
    sources: sources.map((source) => source.monitor),
    check,
    evidence,
    polarity,
    label,
    recovery,
    held: first.held,
  }
}

/** Makes the merged condition anew from its sources, and lets its problem follow. */
export function mergeCondition(draft: Draft, type: string, entity: string): void {
  const sources = [...draft.sourcesOf(type, entity)].sort(worstFirst)
  const [first] = sources
  if (first === undefined) {
    draft.deleteCondition(type, entity)
    return
  }
  const declared = draft.conditionType(type, first.monitor)
  const condition = merged(draft, sources, first, declared, draft.condition(type, entity))
  draft.putCondition(condition)
  followCondition(
    draft,
    ownerOf(draft, first.monitor, type),
    condition,
    declared?.recovery ?? { kind: 'healthy-checks', count: 2 },
  )
}
