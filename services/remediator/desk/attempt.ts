/** One attempt: begun when it is on the disk, carried out, and written down as it ended. */
import type { Problem } from '#model'
import { isRemedy, type LadderRung, REMEDIES } from '#remedies'
import { type ActEnded, type Carrier, canTry, endedAs, type Order, type TryingCarrier } from '../carry/types.ts'
import { approvalId } from '../gates/approval-id.ts'
import { dryRunReason, type Judgement, judge } from '../gates/judge.ts'
import type { Question } from '../gates/types.ts'
import { actKey, type OpenAttempt } from '../state/types.ts'
import { questionOf } from './questions.ts'
import type { DeskOptions } from './types.ts'

/** What was not written is written again: nothing else may begin before. */
const WRITE_AGAIN_MS = 5_000

/** What came of wanting to begin. */
export type Begun =
  | { readonly kind: 'refused'; readonly question: Question; readonly refusal: NonNullable<Judgement['refusal']> }
  /** It is only told, and that is done. */
  | { readonly kind: 'told' }
  | { readonly kind: 'begun'; readonly running: Promise<void> }

function words(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

/** Acts, one at a time. */
export interface Attempts {
  /** Asks whoever would do it, the fleet, and the store once more, and begins what every gate allows. */
  begin(problem: Problem, rung: LadderRung): Promise<Begun>
  /** Goes on with what an earlier process has begun. */
  goOn(open: OpenAttempt): Promise<void>
  /** Ends what an earlier process has only asked about. */
  lost(attempt: string): Promise<void>
}

/** @param signal nothing is waited for any more; what runs goes on without this process */
export function createAttempts(options: DeskOptions, signal: AbortSignal): Attempts {
  const { safety, known, limits, mute, lease, carrierOf, clock, log, onStep = () => undefined } = options

  async function written(what: Parameters<typeof safety.write>[0]): Promise<void> {
    while (!signal.aborted) {
      try {
        await safety.write(what)
        return
      } catch {
        // It was told there.
        await clock.sleep(WRITE_AGAIN_MS, signal).catch(() => undefined)
      }
    }
  }

  function nameOf(): string {
    const last = safety.ring.all().at(-1)?.sequence ?? 0
    return `${safety.ring.journal.slice(0, 8)}-${last + 1}`
  }

  function orderOf(
    attempt: string,
    { act, problem, deadlineMs }: Pick<Order, 'act' | 'problem' | 'deadlineMs'>,
  ): Order {
    return {
      attempt,
      act,
      problem,
      deadlineMs,
      async onStep(step, detail) {
        await safety.write({ kind: 'step', attempt, step, detail })
        onStep(step)
      },
    }
  }

  async function end(attempt: string, ended: ActEnded): Promise<void> {
    await written({ kind: 'ended', attempt, ...ended })
    onStep('ended')
    log.info('a repair has ended', { attempt, outcome: ended.outcome, message: ended.message })
  }

  async function carry(carrier: Carrier, order: Order): Promise<void> {
    try {
      await end(order.attempt, await carrier.run(order, signal))
    } catch (err) {
      // It goes on without us, and is joined by the next process.
      if (signal.aborted) return
      await end(order.attempt, endedAs('failed', words(err)))
    }
  }

  /** What whoever would do it says, asked for real up to the doing. */
  async function tryOut(carrier: TryingCarrier, order: Order, told: string): Promise<void> {
    const tried = await carrier
      .tryOut(order, signal)
      .catch((err: unknown) => (signal.aborted ? undefined : endedAs('failed', words(err))))
    // Nobody is to hear of it any more; the next process says so.
    if (tried !== undefined) await end(order.attempt, { ...tried, message: `${told}: ${tried.message}` })
  }

  /** Asks on, gate by gate of those that ask others; what was asked first may have changed by the last. */
  async function askedOn(problem: Problem, rung: LadderRung, attempt: string): Promise<Question | Begun> {
    const carrier = carrierOf(rung, rung.act)
    const fit = { answer: await carrier.fit(rung.act) }
    const fitting = questionOf(options, problem, rung, { fit })
    const { refusal } = judge(fitting)
    if (refusal !== undefined) return { kind: 'refused', question: fitting, refusal }
    const taken = rung.isDisruptive && fitting.mode === 'act' ? await lease.take(attempt) : undefined
    const now = await known.askNow(problem.fingerprint).catch(() => undefined)
    const answers = { fit, ...(taken !== undefined && { lease: taken }) }
    const last = questionOf(withProblem(options, problem, now), problem, rung, answers)
    const judged = judge(last)
    if (judged.refusal === undefined) return last
    if (taken?.kind === 'free') await lease.giveBack()
    return { kind: 'refused', question: last, refusal: judged.refusal }
  }

  async function start(question: Question, rung: LadderRung, attempt: string): Promise<void> {
    const { problem } = question.truth
    if (problem === undefined) throw new Error('a gate let through what there is not')
    const { limits: of, opening, mode, ledger } = question
    const done = ledger.problems[opening.fingerprint]?.acts[actKey(rung.act)]?.attempts ?? 0
    const approval = of.approval.includes(rung.strategy) ? approvalId(opening, rung.act) : undefined
    await safety.write({
      kind: 'started',
      attempt,
      problem: problem.sight,
      act: rung.act,
      mode,
      number: done + 1,
      of: rung.maxAttempts,
      cooldownMs: rung.cooldownMs,
      verifyWithinMs: rung.verifyWithinMs,
      ...(approval !== undefined && { approval }),
    })
    onStep('started')
    log.info('a repair has begun', { attempt, strategy: rung.strategy, target: rung.act.target, mode })
  }

  return {
    async begin(problem, rung) {
      const attempt = nameOf()
      const asked = await askedOn(problem, rung, attempt)
      if ('kind' in asked) return asked
      try {
        await start(asked, rung, attempt)
      } catch (err) {
        if (asked.isDisruptive && asked.mode === 'act') await lease.giveBack()
        throw err
      }
      const sight = asked.truth.problem?.sight
      if (sight === undefined) throw new Error('a gate let through what there is not')
      const order = orderOf(attempt, { act: rung.act, problem: sight, deadlineMs: rung.timeoutMs })
      const carrier = carrierOf(rung, rung.act)
      if (asked.mode === 'act') return { kind: 'begun', running: carry(carrier, order) }
      const why = dryRunReason({ limits, rung, mute: mute() })
      const told = `it would do: ${rung.act.text} (${why ?? 'dry-run'})`
      if (canTry(carrier)) return { kind: 'begun', running: tryOut(carrier, order, told) }
      await end(attempt, endedAs('succeeded', told))
      return { kind: 'told' }
    },
    lost: (attempt) => end(attempt, endedAs('lost', 'the process that asked has ended')),
    async goOn({ attempt, steps, strategy }) {
      const started = safety.ring.startOf(attempt)
      if (started === undefined) return end(attempt, endedAs('lost', 'nobody knows any more what it was'))
      if (!isRemedy(strategy)) return end(attempt, endedAs('lost', 'this version does not know its strategy'))
      const { act, problem } = started
      const { by, timeoutMs } = REMEDIES[strategy]
      const carrier = carrierOf({ strategy, by }, act)
      const order = orderOf(attempt, { act, problem, deadlineMs: timeoutMs })
      try {
        const ended = await carrier.join(order, signal, steps)
        await end(
          attempt,
          ended ?? endedAs('lost', 'the process that began it has ended, and nobody knows how the act did'),
        )
      } catch (err) {
        if (signal.aborted) return
        await end(attempt, endedAs('lost', words(err)))
      }
    },
  }
}

/** The same, with one problem as the store has it: what is heard of it may be a moment old. */
function withProblem(options: DeskOptions, heard: Problem, now: Problem | undefined): DeskOptions {
  const { known } = options
  return {
    ...options,
    known: {
      ...known,
      around: (problem) =>
        problem.fingerprint === heard.fingerprint ? { ...known.around(problem), problem: now } : known.around(problem),
    },
  }
}
