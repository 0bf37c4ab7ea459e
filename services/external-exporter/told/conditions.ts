/** The node's conditions as an exporter from outside is told them: one for each type, TRUE where the problem is present. Pure. */
import { compareHealth, compareSeverity, type NodeCondition } from '#model'
import type { Voice } from '#node-feed'
import { ConditionStatus } from '#proto/npd/external/v1/external_monitor.ts'
import { type Context, contextOf } from '../content.ts'
import { aboutText, OURS } from './words.ts'

/** A condition as it should stand with an exporter. */
export interface Wished {
  readonly type: string
  /** Who says it. */
  readonly source: string
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
  readonly transition: Date
  /** Facts about it, by name. */
  readonly facts: Context
}

/** In this protocol TRUE means that the problem is present, whatever a type's polarity elsewhere. */
const STATUS = {
  healthy: ConditionStatus.FALSE,
  unknown: ConditionStatus.UNKNOWN,
  problem: ConditionStatus.TRUE,
} as const

/** The worst first, of equals the one that is so longest. */
function worstFirst(a: NodeCondition, b: NodeCondition): number {
  return (
    compareHealth(b.health, a.health) ||
    compareSeverity(b.severity, a.severity) ||
    a.since.getTime() - b.since.getTime() ||
    (a.entity < b.entity ? -1 : 1)
  )
}

/** Several entities of a type are a problem as soon as one is, and well once all are. */
function wishedOf(type: string, conditions: readonly NodeCondition[]): Wished | undefined {
  const [worst, ...others] = conditions.toSorted(worstFirst)
  if (worst === undefined) return undefined
  const { health, reason, message, summary, entity, subject, severity, sources, check, action } = worst
  const same = others.filter((other) => other.health === health)
  const times = [worst, ...same].map(({ since }) => since.getTime())
  const text = message === '' ? summary : message
  const isWell = health === 'healthy'
  const about = isWell && others.length > 0 ? text.toWellFormed() : aboutText({ entity, subject }, text)
  return {
    type,
    source: (sources[0] ?? OURS).toWellFormed(),
    status: STATUS[health],
    reason: reason.toWellFormed(),
    message: about + (!isWell && same.length > 0 ? ` (and ${same.length} more)` : ''),
    transition: new Date(isWell ? Math.max(...times) : Math.min(...times)),
    facts: contextOf({
      severity: isWell ? '' : severity,
      entity: isWell && others.length > 0 ? '' : entity,
      subject,
      check,
      action,
      observe_only: worst.observeOnly ? 'true' : '',
    }),
  }
}

/** Nobody vouches any more (docs/architecture.md, section 6, rule 8). */
function silenced(wished: Wished, since: Date): Wished {
  return {
    ...wished,
    source: OURS,
    status: ConditionStatus.UNKNOWN,
    reason: 'DetectorUnreachable',
    message: 'the detector has said nothing for a minute',
    transition: since,
    facts: {},
  }
}

/** By type. */
export function wishedConditions(conditions: Iterable<NodeCondition>, voice: Voice): Map<string, Wished> {
  const wished = new Map<string, Wished>()
  for (const [type, group] of Map.groupBy(conditions, (one) => one.type)) {
    const one = wishedOf(type, group)
    if (one !== undefined) wished.set(type, voice.state === 'silent' ? silenced(one, voice.since) : one)
  }
  return wished
}

/** What a type is told as of which nobody speaks any more. */
export function withdrawn(type: string, now: Date): Wished {
  return {
    type,
    source: OURS,
    status: ConditionStatus.UNKNOWN,
    reason: 'NoLongerWatched',
    message: 'nobody watches it any more',
    transition: now,
    facts: {},
  }
}
