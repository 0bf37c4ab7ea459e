/** Several sources of one condition become one: problem before unknown before healthy, the worst severity first. */
import { mergedDetail } from './detail.ts'
import type { Draft } from './draft.ts'
import { isInitial } from './initial.ts'
import { fingerprintOf } from './keys.ts'
import { followCondition, isOpen, ownerOf, type Proving } from './problem.ts'
import { provingRule, recoveryWords, verbatimWords } from './recovery.ts'
import { compareHealth, compareSeverity, statusOf } from './severity.ts'
import { NOT_SUSTAINED } from './shadow.ts'
import { declarationFor } from './teller.ts'
import { renderLabel } from './text.ts'
import {
  type ConditionStatus,
  type ConditionType,
  DEFAULT_RECOVERY,
  type NodeCondition,
  type Observation,
  type SourceCondition,
} from './types.ts'

/** Reason of what was looked at for too short a time ever since it was first looked at: time alone will tell. */
export const BEING_WATCHED = 'BeingWatched'
/** Reason of what is healthy by a person's word. */
export const CLEARED = 'Cleared'
/** Reasons of words that wait for the next looks; what is pending for another may be so for ever, and says why itself. */
const AWAITING_LOOKS: readonly string[] = [NOT_SUSTAINED, 'FirstLook']

/** What a source said, introduced by who said it: a person's word stands in its place until it looks again. */
function lastWord({ cleared, observed, observation }: SourceCondition, introduced: string, overruled: string): string {
  const isPersons = cleared !== undefined && observed <= cleared && observation.reason === CLEARED
  return `${isPersons ? overruled : introduced} ${observation.message}`
}

function severityOf(source: SourceCondition): Observation['severity'] {
  return source.health === 'problem' ? (source.raised ?? source.observation).severity : 'info'
}

function worstFirst(a: SourceCondition, b: SourceCondition): number {
  return (
    compareHealth(b.health, a.health) ||
    compareSeverity(severityOf(b), severityOf(a)) ||
    // What somebody has seen stands before what its configuration says.
    Number(isInitial(a.observation)) - Number(isInitial(b.observation)) ||
    (a.monitor < b.monitor ? -1 : a.monitor > b.monitor ? 1 : 0)
  )
}

/** Reason and message where what counts is not what was said. */
function heldWords(draft: Draft, source: SourceCondition): Pick<Observation, 'reason' | 'message' | 'summary'> {
  const { observation, raised, held, monitor } = source
  const declared = draft.conditionType(observation.type, monitor)
  const isVerbatim = declared?.verbatim === true
  const subject = observation.subject ?? raised?.subject
  const label = renderLabel(declared?.label ?? '', observation.type, observation.entity, subject)
  if (held === 'unreachable') {
    const message = isInitial(observation)
      ? `monitor ${monitor} does not answer, and never spoke of it; its configuration says until then: ${observation.message}`
      : `monitor ${monitor} does not answer; ${lastWord(source, 'last it said:', 'what it said before was')}`
    return { reason: 'MonitorUnreachable', message, summary: `${label}: not known` }
  }
  if (held === 'gated') {
    const said = lastWord(source, 'its check says:', 'what its check said before was')
    const message = `not judged while what it depends on has a problem; ${said}`
    return { reason: 'DependencyUnhealthy', message, summary: `${label}: not judged` }
  }
  if (held === 'pending' && source.health === 'unknown') {
    if (!AWAITING_LOOKS.includes(observation.reason))
      return {
        reason: observation.reason,
        message: `not known: ${observation.message}`,
        summary: `${label}: not known`,
      }
    const message = `not known yet: ${observation.message}`
    return { reason: BEING_WATCHED, message, summary: `${label}: not known yet` }
  }
  if (raised === undefined || observation.health === 'problem' || isVerbatim) return observation
  if (observation.health === 'unknown') {
    const message = `${observation.message}; last seen as a problem: ${raised.message}`
    return { reason: observation.reason, message, summary: `${label}: not known` }
  }
  const summary = headline(raised.summary, raised.message, label)
  const { reason } = raised
  // What is above a limit for too short a time says nothing yet: the reading that raised it stands, with its own limit.
  if (observation.pending)
    return { reason, message: `${raised.message} (not looked at for long enough since)`, summary }
  // Reason and limit belong together: the reading that raised it stands first, the one that proves nothing yet after it.
  const why = held === 'flapping' ? 'it comes and goes, so its recovery is held back' : 'not proven yet'
  return { reason, message: `${raised.message}; seen healthy since, ${why}: ${observation.message}`, summary }
}

/** A headline begins with whose it is. */
function standingAlone(summary: string, subject: string | undefined): string {
  return subject === undefined || summary.includes(subject) ? summary : `${subject}: ${summary}`
}

/** A headline where the source gave none. */
function headline(summary: string, message: string, label: string): string {
  if (summary !== '') return summary
  return message !== '' && message.length <= 80 ? message : label
}

/**
 * When a health began that is new here: as its source says it, but never before what it ended and never later than now.
 * What is well is so since the last of its sources saw it; a problem that was open already began when it did.
 */
function beganAt(draft: Draft, sources: readonly SourceCondition[], before: NodeCondition): Date {
  const [first] = sources
  if (first === undefined || first.health === 'unknown') return draft.now.wall
  const { type, entity } = first.observation
  const problem = draft.problem(fingerprintOf(ownerOf(draft, type), type, entity))
  if (first.health === 'problem' && isOpen(problem) && !problem.fromEvent) return problem.opened
  const all = first.health === 'healthy' ? sources : [first]
  const said = Math.max(before.since.getTime(), ...all.map(({ since }) => since.getTime()))
  return new Date(Math.min(said, draft.now.wall.getTime()))
}

/**
 * Since when: as long as nothing changes, what it was; what was unknown in between and is the same again goes on. A status
 * and the health behind it begin together.
 */
function timesOf(
  draft: Draft,
  sources: readonly SourceCondition[],
  { health: next, since: told }: SourceCondition,
  status: ConditionStatus,
  before: NodeCondition | undefined,
): Pick<NodeCondition, 'since' | 'statusSince' | 'settled'> {
  if (before === undefined) return { since: told, statusSince: told, settled: undefined }
  const { health, since, statusSince } = before
  if (health === next && before.status === status) return { since, statusSince, settled: before.settled }
  const settled = health === 'unknown' ? before.settled : { health, since, statusSince }
  if (next !== 'unknown' && settled?.health === next)
    return { since: settled.since, statusSince: settled.statusSince, settled: undefined }
  const began = beganAt(draft, sources, before)
  return { since: began, statusSince: began, settled: next === 'unknown' ? settled : undefined }
}

/** Since when a source that is taken at its word says it, also where that lies ahead of now. */
function toldTimes({
  held,
  since,
  observation,
}: SourceCondition): Pick<NodeCondition, 'since' | 'statusSince' | 'settled'> {
  const told = held === '' ? (observation.since ?? since) : since
  return { since: told, statusSince: told, settled: undefined }
}

/** When a look was made that stands behind what a source counts for. */
function provenBy({ health, held, observed, settled }: SourceCondition): Date {
  return health === 'healthy' && held === 'pending' ? (settled?.observed ?? observed) : observed
}

/** Looks that no run stands for are told in steps of this, so that not each is a write. */
const LOOK_STEP_MS = 15_000

/**
 * When a merged condition was seen as it is. What is well is proven by the oldest look behind it: each of its sources has
 * to see it, and no run of one check stands for them all.
 */
function proofOf(
  first: SourceCondition,
  sources: readonly SourceCondition[],
): Pick<NodeCondition, 'observed' | 'byLook'> {
  const all = first.health === 'healthy' ? sources : [first]
  const oldestMs = Math.min(...all.map((source) => provenBy(source).getTime()))
  const byLook = all.length > 1 || first.byLook === true
  const sinceMs = Math.min(oldestMs, first.since.getTime())
  const observedMs = byLook ? Math.max(sinceMs, Math.floor(oldestMs / LOOK_STEP_MS) * LOOK_STEP_MS) : oldestMs
  return { observed: new Date(observedMs), byLook }
}

/** `first` decides; the others are named. */
function merged(
  draft: Draft,
  sources: readonly SourceCondition[],
  first: SourceCondition,
  declared: ConditionType | undefined,
  before: NodeCondition | undefined,
): NodeCondition {
  const { type, entity, check } = first.observation
  // The number that belongs to the words: of what is pending the reading that raised it.
  const evidence = (first.observation.pending ? first.raised : undefined)?.evidence ?? first.observation.evidence
  // After a restart nobody has declared anything yet: what stood there says how it is read.
  const polarity = declared?.polarity ?? before?.polarity ?? 'true-is-problem'
  const status = statusOf(first.health, polarity)
  const detail = mergedDetail(sources)
  const isKnown = declared !== undefined || before === undefined
  const label = isKnown ? renderLabel(declared?.label ?? '', type, entity, detail.subject) : before.label
  const words = heldWords(draft, first)
  const recovery = declared === undefined && before !== undefined ? before.recovery : recoveryOf(declared)
  const times = declared?.verbatim ? toldTimes(first) : timesOf(draft, sources, first, status, before)
  return {
    type,
    entity,
    status,
    health: first.health,
    severity: severityOf(first),
    reason: words.reason,
    message: words.message,
    summary: standingAlone(headline(words.summary, words.message, label), detail.subject),
    ...times,
    ...proofOf(first, sources),
    sources: sources.map((source) => source.monitor),
    check,
    evidence,
    polarity,
    label,
    recovery,
    held: first.held,
    ...detail,
  }
}

/** What would prove it gone, in words. */
function recoveryOf(declared: ConditionType | undefined): string {
  const rules = declared?.recovery ?? DEFAULT_RECOVERY
  return declared?.recoveryText || (declared?.verbatim ? verbatimWords(rules) : recoveryWords(rules))
}

/** What has proven a condition well that counts as healthy now, by the looks of the source that decides it. */
function provingOf(
  draft: Draft,
  first: SourceCondition,
  declared: ConditionType | undefined,
  recovery: string,
): Proving {
  const rules = declared?.recovery ?? DEFAULT_RECOVERY
  const verbatim = declared?.verbatim
  if (verbatim) return { rules, verbatim, proof: 'healthy-checks', proofText: recovery }
  const rule = provingRule(rules, first, draft.now.monoMs) ?? rules[0]
  const proofText = rules.length > 1 && rule !== undefined ? recoveryWords([rule]) : recovery
  return { rules, verbatim, proof: rule?.kind ?? 'healthy-checks', proofText }
}

/** Makes the merged condition anew from its sources, and lets its problem follow. */
export function mergeCondition(draft: Draft, type: string, entity: string): void {
  const sources = [...draft.sourcesOf(type, entity)].sort(worstFirst)
  const [first] = sources
  if (first === undefined) {
    draft.deleteCondition(type, entity)
    return
  }
  const declared = declarationFor(draft, sources)
  const condition = merged(draft, sources, first, declared, draft.condition(type, entity))
  draft.putCondition(condition)
  // A problem keeps the words that raised it: after a reboot they are all that is left of it.
  const message = (condition.health === 'problem' ? first.raised?.message : undefined) ?? condition.message
  followCondition(draft, { ...condition, message }, provingOf(draft, first, declared, condition.recovery))
}
