/** One attempt: begun when every gate allows it and it is on the disk. */
import type { Problem } from '#model'
import type { LadderRung } from '#remedies'
import { canTry, endedAs } from '../carry/types.ts'
import { approvalId, hashOf } from '../gates/approval-id.ts'
import { dryRunReason, type Judgement, judge } from '../gates/judge.ts'
import type { Question } from '../gates/types.ts'
import { named } from '../state/named.ts'
import { actKey } from '../state/types.ts'
import type { Doer } from './doing.ts'
import { mayBeUnrecorded, questionOf } from './questions.ts'
import type { DeskOptions } from './types.ts'

/** What came of wanting to begin. */
export type Begun =
  | { readonly kind: 'refused'; readonly question: Question; readonly refusal: NonNullable<Judgement['refusal']> }
  /** It is only told, and that is done. */
  | { readonly kind: 'told' }
  | { readonly kind: 'begun'; readonly running: Promise<void> }

type Sight = NonNullable<Question['truth']['problem']>['sight']

/** Every gate allows it. */
interface Allowed {
  readonly kind: 'allowed'
  readonly question: Question
  readonly sight: Sight
  /** The fleet's lease was taken for it, and this node had none before. */
  readonly isLeaseTaken: boolean
}

/** The same, with one problem as the store has it: what is heard of it may be a moment old. */
function withProblem(options: DeskOptions, heard: Problem, now: Problem | undefined): DeskOptions {
  const { known } = options
  const around: DeskOptions['known']['around'] = (problem) => ({
    ...known.around(problem),
    ...(problem.fingerprint === heard.fingerprint && { problem: now }),
  })
  return { ...options, known: { ...known, around } }
}

const NOT_ASKED = { kind: 'not-known', text: 'the fleet was not asked for a lease yet' } as const

/**
 * While others are known to have every lease, nobody is asked whether it could be done: who would drain lists the pods of the node for it, and
 * every node of a fleet in trouble waits so.
 */
function heldByOthers(
  options: DeskOptions,
  problem: Problem,
  rung: LadderRung,
): Extract<Begun, { kind: 'refused' }> | undefined {
  if (!rung.isDisruptive) return undefined
  const lease = options.lease.peek()
  if (lease.kind !== 'held') return undefined
  const question = questionOf(options, problem, rung, { lease })
  const { refusal } = judge(question)
  return refusal === undefined ? undefined : { kind: 'refused', question, refusal }
}

/** Asks whoever would do it, the fleet, and the store once more, in this order: what was asked first may have changed by the last. */
async function askOn(
  options: DeskOptions,
  { problem, rung, attempt }: { readonly problem: Problem; readonly rung: LadderRung; readonly attempt: string },
): Promise<Allowed | Extract<Begun, { kind: 'refused' }>> {
  const { carrierOf, lease, known } = options
  const spared = heldByOthers(options, problem, rung)
  if (spared !== undefined) return spared
  const fit = { answer: await carrierOf(rung, rung.act).fit(rung.act, mayBeUnrecorded(options.safety, rung)) }
  const fitting = questionOf(options, problem, rung, { fit })
  const { refusal } = judge(fitting)
  if (refusal !== undefined) return { kind: 'refused', question: fitting, refusal }
  const taken = rung.isDisruptive && fitting.mode === 'act' ? await lease.take(attempt) : undefined
  const isLeaseTaken = taken?.kind === 'free' && taken.wasOurs !== true
  const now = await known.askNow(problem.fingerprint).then(
    (value) => ({ value }),
    () => undefined,
  )
  // What was only to be told a moment ago, and is to be done now, has asked nobody for leave.
  const answers = { fit, lease: taken ?? NOT_ASKED }
  const question = questionOf(withProblem(options, problem, now?.value), problem, rung, answers)
  const last = judge(question)
  const sight = question.truth.problem?.sight
  if (last.refusal === undefined && sight !== undefined) return { kind: 'allowed', question, sight, isLeaseTaken }
  // What was had before is for what stands there.
  if (isLeaseTaken) await lease.giveBack()
  const text = 'the bus was asked for the problem, and did not answer'
  const unknown = { gate: 'truth', said: { word: 'not-known', text } } as const
  return { kind: 'refused', question, refusal: now === undefined ? unknown : (last.refusal ?? unknown) }
}

interface ToStart {
  readonly attempt: string
  readonly problem: Problem
  readonly rung: LadderRung
}

/** Asks all gates once more, of what the journal has come to and what is known by now. */
function askLast(
  options: DeskOptions,
  { question: { mode, fit, lease, isUnrecorded } }: Allowed,
  { problem, rung }: ToStart,
): { readonly question: Question; readonly refusal: Judgement['refusal'] } {
  const again = questionOf(options, problem, rung, { fit: { answer: fit }, lease })
  const { refusal } = judge(again)
  const text = 'whether it is only told, or can be written down, has changed since it was asked'
  const changed = { gate: 'enabled', said: { word: 'not-known', text } } as const
  const isSame = again.mode === mode && again.isUnrecorded === isUnrecorded
  return { question: again, refusal: refusal ?? (isSame ? undefined : changed) }
}

/**
 * Writes that it begins, unless a word of a person, or whatever else a gate asks about, has come before it: that is told as done to whoever
 * said it, so nothing may begin behind it.
 * @returns what refused; undefined: it has begun
 */
async function start(
  options: DeskOptions,
  allowed: Allowed,
  { attempt, problem, rung }: ToStart,
): Promise<Extract<Begun, { kind: 'refused' }> | undefined> {
  const { safety } = options
  const { question, sight } = allowed
  const { limits, opening, mode, ledger } = question
  const done = named(ledger.problems, opening.fingerprint)?.acts[actKey(rung.act)]?.attempts ?? 0
  const approval = limits.approval.includes(rung.strategy) ? approvalId(opening, rung.act) : undefined
  let refused: Extract<Begun, { kind: 'refused' }> | undefined
  const what = {
    kind: 'started',
    attempt,
    problem: sight,
    act: rung.act,
    mode,
    number: done + 1,
    of: rung.maxAttempts,
    cooldownMs: rung.cooldownMs,
    verifyWithinMs: rung.verifyWithinMs,
    deadlineMs: rung.timeoutMs,
    ...(approval !== undefined && { approval }),
  } as const
  const writes = question.isUnrecorded ? safety.writeBehind : safety.writeIf
  await writes(what, () => {
    const { question: again, refusal } = askLast(options, allowed, { attempt, problem, rung })
    if (refusal !== undefined) refused = { kind: 'refused', question: again, refusal }
    return refusal === undefined
  })
  return refused
}

/** Begins what every gate allows. */
export function createBeginner(options: DeskOptions, doer: Doer) {
  const { safety, limits, mute, lease, carrierOf, clock, log } = options

  /** Of what cannot be written down no journal has the number: it is called by boot and second, once in any cooldown. */
  function nameOf(rung: LadderRung): string {
    if (mayBeUnrecorded(safety, rung)) return `${hashOf(safety.state.bootId)}-${Math.floor(clock.monotonicMs() / 1000)}`
    const last = safety.ring.all().at(-1)?.sequence ?? 0
    return `${safety.ring.journal.slice(0, 8)}-${last + 1}`
  }

  return async (problem: Problem, rung: LadderRung): Promise<Begun> => {
    const attempt = nameOf(rung)
    const asked = await askOn(options, { problem, rung, attempt })
    if (asked.kind === 'refused') return asked
    const { question, sight } = asked
    const isAct = question.mode === 'act'
    let refused: Awaited<ReturnType<typeof start>>
    let isBegun = false
    try {
      refused = await start(options, asked, { attempt, problem, rung })
      isBegun = refused === undefined
    } finally {
      if (!isBegun && asked.isLeaseTaken) await lease.giveBack()
    }
    if (refused !== undefined) return refused
    const { strategy, act } = rung
    log.info('a repair has begun', { attempt, strategy, target: act.target, mode: question.mode })
    // What is secret in its parameters goes to the plug-in alone, and into no record.
    const given = rung.by === 'external' ? { ...act, parameters: rung.given } : act
    const { isUnrecorded } = question
    const doing = { attempt, act: given, problem: sight, deadlineMs: rung.timeoutMs, isUnrecorded }
    const carrier = carrierOf(rung, act)
    if (isAct) return { kind: 'begun', running: doer.carry(carrier, doing) }
    const told = `it would do: ${act.text} (${dryRunReason({ limits, rung, mute: mute() }) ?? 'dry-run'})`
    if (canTry(carrier)) return { kind: 'begun', running: doer.tryOut(carrier, doing, told) }
    await doer.end(attempt, endedAs('succeeded', told))
    return { kind: 'told' }
  }
}
