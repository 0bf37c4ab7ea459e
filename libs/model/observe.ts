/**
 * One source's word on one condition becomes what counts. A first problem passes at once; it is cleared only by the
 * proof that its type declares; what cannot be observed is unknown and clears nothing.
 */
import { besideOf } from './beside.ts'
import { holdsRecovery, penaltyAfterRaise } from './damping.ts'
import { blockingDependency } from './dependency.ts'
import { detailOf } from './detail.ts'
import type { Draft } from './draft.ts'
import { fingerprintOf } from './keys.ts'
import { MAX_MESSAGE } from './limits.ts'
import { mergeCondition } from './merge.ts'
import { isOpen, ownerOf } from './problem.ts'
import { provingRule } from './recovery.ts'
import { cutText } from './text.ts'
import {
  type ConditionType,
  DEFAULT_RECOVERY,
  type Health,
  type Held,
  type Instant,
  type Observation,
  type Problem,
  type Report,
  type SettledLook,
  type SourceCondition,
} from './types.ts'

/** Streaks stop counting here: no rule asks for more. */
const STREAK_MAX = 1_000_000

interface Memory {
  readonly raised?: Observation | undefined
  readonly healthyStreak: number
  readonly penalty: number
  readonly penaltyMonoMs: number
  readonly problemSeenMonoMs: number
}

/** What its type declares of how a word counts. */
type Judging = Pick<ConditionType, 'recovery' | 'verbatim'>

function judgingOf(draft: Draft, monitor: string, type: string): Judging {
  return draft.conditionType(type, monitor) ?? { recovery: DEFAULT_RECOVERY }
}

/**
 * Looks in a row as of one more healthy one. One that was asked for stands in the place of a turn's and adds none to those that are
 * counted: it is one look, however often it is asked for, and enough where the rule asks for one.
 */
function withHealthy<T extends Pick<Memory, 'healthyStreak'>>(memory: T, { asked }: Observation): T {
  const streak = memory.healthyStreak
  return { ...memory, healthyStreak: asked === true ? Math.max(1, streak) : Math.min(STREAK_MAX, streak + 1) }
}

/** Whether a raised condition that is seen healthy now is proven well. A source that is taken at its word proves it by that. */
function isProven({ recovery, verbatim }: Judging, memory: Memory, now: Instant): boolean {
  return verbatim === true || provingRule(recovery, memory, now.monoMs) !== undefined
}

/**
 * A problem that is open without a source that raised it (read back after a reboot, or its bucket was lost) is taken
 * over as this source's own, so that it too is cleared only by proof.
 */
function inheritedProblem(draft: Draft, observation: Observation): Problem | undefined {
  const problem = draft.problem(fingerprintOf(ownerOf(draft, observation.type), observation.type, observation.entity))
  return isOpen(problem) && !problem.fromEvent ? problem : undefined
}

function inheritedRaise(draft: Draft, observation: Observation): Observation | undefined {
  const problem = inheritedProblem(draft, observation)
  if (problem === undefined) return undefined
  const { severity, reason, message, summary, evidence } = problem
  const words = { severity, reason, message, summary, evidence, ...detailOf(problem) }
  return { ...observation, health: 'problem', ...words, pending: false }
}

function remembered(draft: Draft, monitor: string, observation: Observation): Memory {
  const before = draft.source(monitor, observation.type, observation.entity)
  if (before !== undefined) return before
  return {
    raised: inheritedRaise(draft, observation),
    healthyStreak: 0,
    penalty: 0,
    penaltyMonoMs: draft.now.monoMs,
    problemSeenMonoMs: draft.now.monoMs,
  }
}

/** The word that raises: of a long one the beginning, since the observation beside it has the whole. */
function raising(observation: Observation): Observation {
  const { message } = observation
  return message.length <= MAX_MESSAGE ? observation : { ...observation, message: cutText(message, MAX_MESSAGE) }
}

/** Memory of a source that was raised just now, or goes on being it. */
function raisedBy(observation: Observation, memory: Memory, { verbatim }: Judging, now: Instant): Memory {
  const isDamped = memory.raised === undefined && verbatim !== true
  return {
    raised: raising(observation),
    healthyStreak: 0,
    penalty: isDamped ? penaltyAfterRaise(memory.penalty, now.monoMs - memory.penaltyMonoMs) : memory.penalty,
    penaltyMonoMs: isDamped ? now.monoMs : memory.penaltyMonoMs,
    problemSeenMonoMs: now.monoMs,
  }
}

/** What a new word does to a source's memory, before dependencies. */
function remember(memory: Memory, observation: Observation, type: Judging, gated: boolean, now: Instant): Memory {
  if (observation.pending || observation.health === 'unknown') return { ...memory, healthyStreak: 0 }
  if (observation.health === 'problem') {
    if (gated && memory.raised === undefined) return { ...memory, healthyStreak: 0 }
    return raisedBy(observation, memory, type, now)
  }
  const seen = withHealthy(memory, observation)
  const counted = observation.asked === true ? memory : seen
  if (seen.raised === undefined || !isProven(type, seen, now)) return counted
  if (type.verbatim !== true && holdsRecovery(counted.penalty, now.monoMs - counted.penaltyMonoMs)) return counted
  return { ...counted, raised: undefined }
}

interface Judgement {
  readonly health: Health
  readonly held: Held
}

interface Case {
  readonly observation: Observation
  readonly memory: Memory
  readonly settled: SettledLook | undefined
  readonly type: Judging
  readonly isBlocked: boolean
  readonly isReachable: boolean
}

/** What counts, from what was said, what is remembered, and what stands in between. */
function judge({ observation, memory, settled, type, isBlocked, isReachable }: Case, now: Instant): Judgement {
  if (!isReachable) return { health: 'unknown', held: 'unreachable' }
  if (observation.health === 'unknown') return { health: 'unknown', held: '' }
  if (memory.raised !== undefined) {
    if (observation.health === 'problem') return { health: 'problem', held: '' }
    const seen = observation.asked === true && !observation.pending ? withHealthy(memory, observation) : memory
    const flapping = isProven(type, seen, now) && holdsRecovery(memory.penalty, now.monoMs - memory.penaltyMonoMs)
    return { health: 'problem', held: flapping ? 'flapping' : 'unproven' }
  }
  if (observation.health === 'problem') return { health: 'unknown', held: isBlocked ? 'gated' : '' }
  if (observation.pending) return { health: settled?.health === 'healthy' ? 'healthy' : 'unknown', held: 'pending' }
  return { health: 'healthy', held: '' }
}

/** What stands while a look is pending: what the last one found that was not. */
function settledLook(before: SourceCondition | undefined): SettledLook | undefined {
  if (before === undefined || before.observation.pending) return before?.settled
  return { health: before.observation.health, observed: before.observed }
}

function isReachable(draft: Draft, monitor: string): boolean {
  return draft.monitor(monitor)?.health !== 'unreachable'
}

/**
 * When a health that is new here began: as an inherited problem has it, as the source knows it, or when it looked (a report
 * may have been kept). What is not known any more for another reason than a look is so since now.
 */
function beginning(draft: Draft, { observation, health, held, observed }: Said): Date {
  const { wall } = draft.now
  if (held === 'unreachable' || held === 'gated') return wall
  const inherited = health === 'problem' ? inheritedProblem(draft, observation) : undefined
  if (inherited !== undefined) return inherited.opened
  const told = observation.since ?? observed
  return new Date(Math.min(told.getTime(), wall.getTime()))
}

type Said = Judgement & { readonly observation: Observation; readonly observed: Date }

interface Told {
  readonly observed: Date
  readonly incarnation: number
  readonly sequence: number
}

function putJudged(draft: Draft, monitor: string, observation: Observation, memory: Memory, told: Told): void {
  const { type, entity } = observation
  const before = draft.source(monitor, type, entity)
  const judging = judgingOf(draft, monitor, type)
  const isBlocked = blockingDependency(draft, monitor, observation) !== undefined
  const settled = observation.pending ? settledLook(before) : undefined
  const reachable = { isBlocked, isReachable: isReachable(draft, monitor) }
  const { health, held } = judge({ observation, memory, settled, type: judging, ...reachable }, draft.now)
  const changed = before?.health !== health
  const since =
    before !== undefined && !changed
      ? before.since
      : beginning(draft, { observation, health, held, observed: told.observed })
  const value: SourceCondition = {
    monitor,
    observation,
    health,
    held,
    since,
    observed: told.observed,
    raised: memory.raised,
    healthyStreak: memory.healthyStreak,
    penalty: memory.penalty,
    penaltyMonoMs: memory.penaltyMonoMs,
    problemSeenMonoMs: memory.problemSeenMonoMs,
    incarnation: told.incarnation,
    sequence: told.sequence,
    cleared: before?.cleared,
    settled,
    byLook: before?.byLook ?? false,
  }
  draft.putSource({ ...value, ...besideOf(before, value) })
  mergeCondition(draft, type, entity)
}

/** Which report said it, and when that was made; 0 and 0 where reports are not numbered (polled plug-ins, the detector itself). */
export type Origin = Pick<Report, 'incarnation' | 'sequence' | 'time'>

/**
 * Takes a source's word on one condition. The same report again says nothing (a monitor sends again what was not
 * acknowledged), the same look told in another report does not count twice as proof, and one that was made before the last says
 * nothing, unless the last could not see.
 * @param origin default: the detector itself, now
 */
export function observe(
  draft: Draft,
  monitor: string,
  observation: Observation,
  origin: Origin = { incarnation: 0, sequence: 0, time: draft.now.wall },
): void {
  const before = draft.source(monitor, observation.type, observation.entity)
  const { incarnation, sequence } = origin
  const numbered = incarnation !== 0 && before?.incarnation === incarnation
  if (before !== undefined && numbered && sequence <= before.sequence) return
  const observed = observation.observed ?? draft.now.wall
  const isCleared = before?.cleared !== undefined && observed <= before.cleared
  if (before !== undefined && (isCleared || isOlderLook(before, observation, origin.time, draft.now))) {
    draft.putSource({ ...before, incarnation, sequence })
    return
  }
  const told: Told = { observed, incarnation, sequence }
  if (before !== undefined && isSameLook(before, observation)) {
    putJudged(draft, monitor, observation, before, told)
    return
  }
  const type = judgingOf(draft, monitor, observation.type)
  const blocked = blockingDependency(draft, monitor, observation) !== undefined
  const memory = remember(remembered(draft, monitor, observation), observation, type, blocked, draft.now)
  putJudged(draft, monitor, observation, memory, told)
}

/**
 * Whether a look was made before the one that is held, and is told after it: a slow run beside a quick word. One that could not
 * see outweighs none. Where the report itself was made before that look, or that look lies ahead, somebody has set the clock
 * back, and the order of the reports stands.
 */
function isOlderLook({ observation: held }: SourceCondition, { observed }: Observation, told: Date, now: Instant) {
  const { observed: heldAt, health } = held
  if (health === 'unknown') return false
  return heldAt !== undefined && observed !== undefined && observed < heldAt && heldAt <= told && heldAt <= now.wall
}

function isSameLook(before: SourceCondition, observation: Observation): boolean {
  return (
    observation.observed !== undefined &&
    observation.observed.getTime() === before.observed.getTime() &&
    observation.health === before.observation.health &&
    observation.severity === before.observation.severity &&
    observation.reason === before.observation.reason
  )
}

/** Judges a source again without a new word: its monitor was lost or came back, or a gate opened or closed. */
export function judgeAgain(draft: Draft, source: SourceCondition): void {
  const blocked = blockingDependency(draft, source.monitor, source.observation) !== undefined
  // A gate that opens lets the problem that stood behind it count at once.
  const raise =
    !blocked && source.raised === undefined && source.observation.health === 'problem' && !source.observation.pending
  const type = judgingOf(draft, source.monitor, source.observation.type)
  const memory: Memory = raise ? raisedBy(source.observation, source, type, draft.now) : source
  putJudged(draft, source.monitor, source.observation, memory, source)
}
