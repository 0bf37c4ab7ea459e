/** What is carried out by this process, through the API server: acts that can be run again wherever they were. */
import type { Clock } from '#clock'
import type { Act, AttemptMode } from '#model'
import type { Logger } from '#service'
import type { RemediatorAct } from '../acts/index.ts'
import type { LeaseKeeper } from '../cluster/lease-desk.ts'
import type { OwnNode } from '../cluster/own-node.ts'
import { CalledOffError } from '../errors.ts'
import type { LookAgain } from '../know/look-again.ts'
import { stepOf } from '../reboot/steps.ts'
import type { ToldStep } from '../state/types.ts'
import { createFits } from './fits.ts'
import { type ActEnded, type Before, endedAs, type Order, type TryingCarrier } from './types.ts'
import { createWatching } from './watching.ts'

/** What it works with. */
export interface ApiCarrierOptions {
  readonly node: Pick<OwnNode, 'word' | 'listen' | 'heard' | 'whyAnother'>
  /** Those that there are; undefined: there is no way to the API server, or none yet. */
  readonly acts: () => readonly RemediatorAct[] | undefined
  readonly lease: Pick<LeaseKeeper, 'take' | 'confirm' | 'confirmLately' | 'onLost'>
  /** Asked before workloads are disturbed. */
  readonly lookAgain: LookAgain
  /** Of the Node object, as an earlier process knew it; "": none did. */
  readonly uidBefore: string
  readonly clock: Clock
  readonly log: Logger
}

/** A lease of which nobody knows is asked for again. */
const AGAIN_MS = 2_000
/** Before these steps the lease is this node's: a machine that was suspended knows nothing of the time that passed. */
const DISTURBING: ReadonlySet<string> = new Set(['cordoning', 'evicting', 'tainting'])
/** Before this one it is renewed, whatever is known: nothing calls it off. */
const LAST = 'asking'
const NO_WAY = 'there is no way to an API server: this machine is of no cluster'

/** One run of an act. */
interface Run {
  readonly order: Order
  readonly mode: AttemptMode
  /** Its steps, where an earlier process has begun it. */
  readonly before: readonly ToldStep[] | undefined
  /** Of this process. */
  readonly signal: AbortSignal
}

type Carry = (run: Run) => Promise<ActEnded>

function actOf({ acts }: ApiCarrierOptions, { strategy }: Act): RemediatorAct | undefined {
  return acts()?.find((one) => one.strategy === strategy)
}

function lost(why: string): string {
  return `the lease of the fleet was lost: ${why}`
}

/** @throws CalledOffError where the lease is not this node's any more */
function mayGoOn(why: string): void {
  if (why !== '') throw new CalledOffError(lost(why))
}

/** Carries one out as long as it may go on. */
function createCarry(options: ApiCarrierOptions): Carry {
  const { node, lease, lookAgain, clock } = options
  const watch = createWatching(options)
  return async (run) => {
    const { order, mode, before, signal } = run
    const { attempt, act, problem, deadlineMs: timeoutMs } = order
    const beganMs = clock.monotonicMs()
    const lastedMs = () => clock.monotonicMs() - beganMs
    const found = actOf(options, act)
    if (found === undefined) return endedAs('declined', node.word().api === 'none' ? NO_WAY : 'the API server is away')
    const isDisruptive = mode === 'act' && found.isDisruptive(act)
    const watched = watch(run)
    async function onStep(step: string, detail: string): Promise<void> {
      if (isDisruptive && step === LAST) mayGoOn(await lease.confirm())
      else if (isDisruptive && DISTURBING.has(step)) mayGoOn(await lease.confirmLately())
      await order.onStep(step, detail)
    }
    try {
      watched.signal.throwIfAborted()
      if (isDisruptive && before === undefined) {
        const { word, text } = await lookAgain(problem.opening, watched.signal)
        if (word !== 'allows') return endedAs('declined', `before anything was disturbed: ${text}`, lastedMs())
      }
      const mayDisturb = isDisruptive ? async () => mayGoOn(await lease.confirmLately()) : undefined
      const attempted = { attempt, act, problem, mode, timeoutMs, before, signal: watched.signal, onStep, mayDisturb }
      return { ...(await found.run(attempted)), durationMs: lastedMs() }
    } catch (err) {
      signal.throwIfAborted()
      if (!watched.signal.aborted) throw err
      const why: unknown = watched.signal.reason
      return endedAs('failed', why instanceof Error ? why.message : String(why), lastedMs())
    } finally {
      watched.end()
    }
  }
}

/** Whether it put back what it had done: it had failed then, and is not begun anew. */
function wasUndone(steps: readonly ToldStep[] = []): boolean {
  const cordoned = steps.findIndex(({ step }) => step === 'cordoned')
  return cordoned >= 0 && steps.slice(cordoned).some(({ step }) => step === 'uncordoned')
}

/** Goes on with what an earlier process has begun, once the node was heard of and the lease is had again. */
function createJoining(options: ApiCarrierOptions, carry: Carry) {
  const { node, lease, uidBefore, clock, log } = options

  /** The lease that it was begun with. @returns why this process has it not; "" it has */
  async function leaseAgain(attempt: string, until: AbortSignal): Promise<string> {
    for (;;) {
      const had = await lease.take(attempt)
      if (had.kind === 'free') return ''
      if (had.kind === 'held') return had.text
      await clock.sleep(AGAIN_MS, until)
    }
  }

  /** @param until the signal of the process, or its time is over */
  return async (run: Run, { mayGoOn }: Before, until: AbortSignal): Promise<ActEnded> => {
    const { attempt, act } = run.order
    log.info('goes on with what an earlier process has begun, once the API server answers', { attempt })
    const heard = await node.heard(until)
    const another = node.whyAnother(heard)
    if (another !== '') return endedAs('lost', `nobody goes on with it: ${another}`)
    const { uid } = heard.metadata
    if (uidBefore !== '' && uid !== uidBefore)
      return endedAs('lost', 'the Node object is another one than that it was begun for')
    // A reboot that was asked for is only waited for.
    const held = stepOf(run.before, 'asked') === undefined ? await mayGoOn(until) : ''
    if (held !== '') return endedAs('lost', `nobody goes on with it: ${held}`)
    if (wasUndone(run.before)) return endedAs('failed', 'it had failed, and its cordon was taken off')
    if (actOf(options, act)?.isDisruptive(act) === true) {
      const why = await leaseAgain(attempt, until)
      if (why !== '') return endedAs('failed', lost(why))
    }
    return carry(run)
  }
}

/** A carrier of all of them. */
export function createApiCarrier(options: ApiCarrierOptions): TryingCarrier {
  const { node, clock } = options
  const fits = createFits(clock)
  const carry = createCarry(options)
  const joined = createJoining(options, carry)
  return {
    async fit(act) {
      const { api, node: seen } = node.word()
      if (api === 'none') return { refusal: NO_WAY }
      // Whose it is has to be known before anything is done to it.
      if (seen === undefined) return undefined
      const another = node.whyAnother(seen)
      if (another !== '') return { refusal: another }
      const found = actOf(options, act)
      return found && fits.of(act, (signal) => found.canRun(act, signal))
    },
    async run(order, signal) {
      fits.forget()
      return carry({ order, mode: 'act', before: undefined, signal })
    },
    tryOut: (order, signal) =>
      carry({
        order: { ...order, onStep: () => Promise.resolve() },
        mode: 'dry-run',
        before: undefined,
        signal,
      }),
    async join(order, signal, before) {
      fits.forget()
      const late = new AbortController()
      const callOff = clock.after(order.deadlineMs, () => late.abort(new CalledOffError('no answer came in its time')))
      try {
        return await joined(
          { order, mode: 'act', before: before.steps, signal },
          before,
          AbortSignal.any([signal, late.signal]),
        )
      } catch (err) {
        signal.throwIfAborted()
        if (!(err instanceof CalledOffError)) throw err
        return endedAs('lost', `the API server was not asked how far it came: ${err.message}`)
      } finally {
        callOff()
      }
    },
  }
}
