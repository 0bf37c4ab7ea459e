/** A problem's life: opened, changed, resolved on proof. It follows the merged condition, or a declared event. */

import { detailOf } from './detail.ts'
import type { Draft } from './draft.ts'
import { fingerprintOf, SHARED } from './keys.ts'
import { MAX_MESSAGE } from './limits.ts'
import { absentMsOf, durationWords, recoveryWords } from './recovery.ts'
import { sameBut } from './same.ts'
import { worseSeverity } from './severity.ts'
import { cutText, renderLabel } from './text.ts'
import type { NodeCondition, Problem, Proof, RecoveryRule } from './types.ts'

/** Resolved problems kept for their generation and for people; the oldest beyond it are forgotten. */
export const RESOLVED_KEPT = 1024
/** And of their words on the bus, in bytes: more than half of {@link RESOLVED_KEPT} at their longest. */
const RESOLVED_BYTES = 3_400_000
/** What a problem takes beside its words. */
const FRAME_BYTES = 300

/** The detector speaks as a monitor of this name about monitors and about itself. */
export const DETECTOR = 'detector'

/** Open problems of one monitor that is not ours, and of all of them together: what the bus has room for. */
export const OPEN_PER_MONITOR = 256
export const OPEN_OF_PLUG_INS = 600

/** Who a problem of this type belongs to: its one owner by registry and configuration, whoever speaks of it now. */
export function ownerOf(draft: Draft, type: string): string {
  return draft.ownerOf(type) ?? SHARED
}

function isOurs(draft: Draft, monitor: string): boolean {
  return monitor === DETECTOR || draft.monitor(monitor)?.origin === 'built-in'
}

/** Whether one more problem of this monitor may open: a plug-in cannot fill the bus with them. */
export function mayOpen(draft: Draft, monitor: string): boolean {
  if (isOurs(draft, monitor)) return true
  if (draft.openProblems(monitor) >= OPEN_PER_MONITOR) return false
  return draft.openProblemsOf((name) => !isOurs(draft, name)) < OPEN_OF_PLUG_INS
}

/**
 * The generation of the next opening. Counts up from what is known; where an older record may have been forgotten it
 * starts at the clock's seconds, which no count reaches, so that (fingerprint, generation) never means two openings.
 */
export function nextGeneration(draft: Draft, before: Problem | undefined): number {
  if (before !== undefined) return before.generation + 1
  return draft.resolvedProblems() < RESOLVED_KEPT / 2 ? 1 : Math.max(1, Math.floor(draft.now.wall.getTime() / 1000))
}

/** Whether there is a problem, and it is not resolved. */
export function isOpen(problem: Problem | undefined): problem is Problem {
  return problem !== undefined && problem.phase !== 'resolved'
}

/** What moves with each look and is written, but is no step of a problem's life; whatever else moves is one, and is told. */
const QUIET_PROBLEM: ReadonlySet<keyof Problem> = new Set([
  'message',
  'summary',
  'label',
  'recovery',
  'evidence',
  'check',
  'source',
  'owner',
  'flapping',
  'fromEvent',
  'absentMs',
  'lastSeen',
  'lastSeenMonoMs',
  'count',
  'rules',
])

/** How a merged condition's type proves a problem gone, and how it is written down. */
export interface Proving {
  readonly rules: readonly RecoveryRule[]
  /** What has proven it, and in which words: of what is healthy. */
  readonly proof: Proof
  readonly proofText: string
  readonly verbatim: true | undefined
}

/** Follows a merged condition: opens, changes or resolves its problem. Unknown does neither. */
export function followCondition(draft: Draft, condition: NodeCondition, proving: Proving): void {
  const owner = ownerOf(draft, condition.type)
  const fingerprint = fingerprintOf(owner, condition.type, condition.entity)
  const before = draft.problem(fingerprint)
  if (condition.health === 'unknown') return
  if (condition.health === 'healthy') {
    if (isOpen(before) && !before.fromEvent) {
      resolveProblem(draft, before, proving.proof, proving.proofText, condition.since)
    }
    return
  }
  const wall = draft.now.wall
  const [source = owner] = condition.sources
  const body = {
    owner,
    source,
    type: condition.type,
    entity: condition.entity,
    severity: condition.severity,
    reason: condition.reason,
    message: proving.verbatim ? cutText(condition.message, MAX_MESSAGE) : condition.message,
    summary: condition.summary,
    label: condition.label,
    recovery: condition.recovery,
    evidence: condition.evidence,
    check: condition.check,
    // A restored problem stays unproven until a check sees it again.
    unproven: (before?.unproven ?? false) && isOpen(before) && condition.held !== '',
    flapping: condition.held === 'flapping',
    fromEvent: false,
    absentMs: 0,
    lastSeen: wall,
    lastSeenMonoMs: draft.now.monoMs,
    rules: proving.rules,
    verbatim: proving.verbatim,
    ...detailOf(condition),
  }
  if (!isOpen(before)) {
    if (!mayOpen(draft, source)) return
    draft.putProblem(
      {
        ...body,
        fingerprint,
        generation: nextGeneration(draft, before),
        phase: 'opened',
        revision: 1,
        worst: condition.severity,
        opened: notAfter(condition.since, wall),
        changed: wall,
        resolved: undefined,
        proof: undefined,
        proofText: '',
        count: 1,
        openedMonoMs: monoAt(draft, condition.since),
        openMs: 0,
      },
      true,
    )
    return
  }
  const told = !sameBut(before, { ...before, ...body }, QUIET_PROBLEM)
  draft.putProblem(
    {
      ...before,
      ...body,
      worst: worseSeverity(before.worst, condition.severity),
      phase: told ? 'changed' : before.phase,
      revision: told ? before.revision + 1 : before.revision,
      changed: told ? wall : before.changed,
      lastSeen: condition.held === '' ? wall : before.lastSeen,
      lastSeenMonoMs: condition.held === '' ? draft.now.monoMs : before.lastSeenMonoMs,
    },
    told,
  )
}

/** A source that is taken at its word may name a moment that has not come. */
function notAfter(moment: Date, wall: Date): Date {
  return moment > wall ? wall : moment
}

/** A moment of the wall clock on the monotonic one, as far as the wall clock was not set in between. */
function monoAt(draft: Draft, wall: Date): number {
  return draft.now.monoMs - Math.max(0, draft.now.wall.getTime() - wall.getTime())
}

/** How long it was open, by the clock that nobody sets; 0 where that clock was another boot's. */
function openMs(draft: Draft, { openedMonoMs }: Problem, until: Date): number {
  return openedMonoMs === 0 ? 0 : Math.max(1, Math.round(monoAt(draft, until) - openedMonoMs))
}

/**
 * Closes an open problem. `proofText` is for people.
 * @param seen when the look was made that proves it; the report may have been kept. Default now
 */
export function resolveProblem(
  draft: Draft,
  problem: Problem,
  proof: Proof,
  proofText: string,
  seen: Date = draft.now.wall,
): void {
  const resolved = seen > problem.opened ? notAfter(seen, draft.now.wall) : draft.now.wall
  draft.putProblem(
    {
      ...problem,
      phase: 'resolved',
      revision: problem.revision + 1,
      changed: draft.now.wall,
      resolved,
      proof,
      proofText,
      flapping: false,
      unproven: false,
      openMs: openMs(draft, problem, resolved),
    },
    true,
  )
}

function laterOf(a: Date | undefined, b: Date): Date {
  return a !== undefined && a > b ? a : b
}

/** Two clocks that were not set against each other differ by no more than this, in milliseconds. */
const STEADY_MS = 1000

/**
 * Whether an event of this moment is in a problem's count, or was when it was closed: by the order of its monitor's words (two of
 * one moment are two), as long as nobody has set the wall clock since.
 */
function wasCounted(draft: Draft, problem: Problem, at: Date): boolean {
  const { wall, monoMs } = draft.now
  const moved = wall.getTime() - monoMs - (problem.lastSeen.getTime() - problem.lastSeenMonoMs)
  if (Math.abs(moved) > STEADY_MS) return false
  const { phase, resolved, lastEvent } = problem
  if (phase === 'resolved') return resolved !== undefined && at <= resolved
  return lastEvent !== undefined && at < lastEvent
}

/** What is declared of an event that opens a problem. */
export interface EventRules {
  readonly rules: readonly RecoveryRule[]
  readonly verbatim?: true | undefined
  /** Its monitor knows it by a key, and may tell it again in another life of its own. */
  readonly isKeyed?: boolean
  /** Its report was delivered before. */
  readonly repeated?: boolean
}

/** Sees an event that has a recovery rule: opens its problem or refreshes it. */
export function followEvent(
  draft: Draft,
  event: {
    monitor: string
    reason: string
    entity: string
    check: string
    message: string
    severity: Problem['severity']
    count: number
    firstSeen: Date
  },
  { rules, verbatim, isKeyed = false, repeated = false }: EventRules,
): void {
  const fingerprint = fingerprintOf(event.monitor, event.reason, event.entity)
  const before = draft.problem(fingerprint)
  const { wall, monoMs } = draft.now
  const seen = {
    message: cutText(event.message, MAX_MESSAGE),
    summary: event.message.length <= 80 ? event.message : renderLabel('', event.reason, event.entity),
    check: event.check,
    lastSeen: wall,
    lastSeenMonoMs: monoMs,
    unproven: false,
    rules,
    verbatim,
  }
  // What is delivered again was counted, and opens nothing that was closed since.
  if (repeated && before !== undefined) return
  const isToldAgain = isKeyed && before !== undefined && wasCounted(draft, before, event.firstSeen)
  if (isToldAgain && !isOpen(before)) return
  if (isOpen(before)) {
    const severity = worseSeverity(before.severity, event.severity)
    const told = severity !== before.severity
    draft.putProblem(
      {
        ...before,
        ...seen,
        severity,
        worst: worseSeverity(before.worst, severity),
        count: before.count + (isToldAgain ? 0 : event.count),
        lastEvent: laterOf(before.lastEvent, event.firstSeen),
        phase: told ? 'changed' : before.phase,
        revision: told ? before.revision + 1 : before.revision,
        changed: told ? wall : before.changed,
      },
      told,
    )
    return
  }
  if (!mayOpen(draft, event.monitor)) return
  draft.putProblem(
    {
      ...seen,
      fingerprint,
      generation: nextGeneration(draft, before),
      phase: 'opened',
      revision: 1,
      owner: event.monitor,
      source: event.monitor,
      type: event.reason,
      entity: event.entity,
      severity: event.severity,
      worst: event.severity,
      reason: event.reason,
      label: renderLabel('', event.reason, event.entity),
      recovery: recoveryWords(rules),
      evidence: undefined,
      opened: event.firstSeen,
      changed: wall,
      resolved: undefined,
      proof: undefined,
      proofText: '',
      fromEvent: true,
      lastEvent: event.firstSeen,
      count: event.count,
      flapping: false,
      absentMs: absentMsOf(rules),
      openedMonoMs: monoAt(draft, event.firstSeen),
      openMs: 0,
    },
    true,
  )
}

/** When {@link passTime} next proves an absence, in monotonic milliseconds; infinite where there is none to prove. */
export function nextAbsenceMs(problems: Iterable<Problem>): number {
  let nextMs = Number.POSITIVE_INFINITY
  for (const { phase, fromEvent, absentMs, lastSeenMonoMs } of problems)
    if (phase !== 'resolved' && fromEvent && absentMs > 0) nextMs = Math.min(nextMs, lastSeenMonoMs + absentMs)
  return nextMs
}

/**
 * Time alone proves the absence of what is cleared by absence, and old records of what is over are forgotten.
 * @param isHeard whether those who would tell of it could
 */
export function passTime(draft: Draft, isHeard: boolean): void {
  const resolved: Problem[] = []
  for (const problem of draft.allProblems()) {
    if (problem.phase === 'resolved') resolved.push(problem)
    else if (isHeard && problem.fromEvent && problem.absentMs > 0) {
      const absentMs = draft.now.monoMs - problem.lastSeenMonoMs
      if (absentMs >= problem.absentMs)
        resolveProblem(draft, problem, 'absent', `not seen for ${durationWords(problem.absentMs)}`)
    }
  }
  if (resolved.length <= RESOLVED_KEPT / 2) return
  resolved.sort((a, b) => b.changed.getTime() - a.changed.getTime())
  let bytes = 0
  for (const [index, problem] of resolved.entries()) {
    bytes += problemBytes(problem)
    if (index >= RESOLVED_KEPT || bytes > RESOLVED_BYTES) draft.forgetProblem(problem.fingerprint)
  }
}

/** About how many bytes a problem takes on the bus, its words at their widest. */
function problemBytes({ message, summary, label, recovery, proofText, evidence }: Problem): number {
  const words = message.length + summary.length + label.length + recovery.length + proofText.length
  return FRAME_BYTES + 3 * (words + (evidence?.detail.length ?? 0))
}
