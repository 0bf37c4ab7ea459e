/** What is carried out by this process, through the API server: acts that can be run again wherever they were. */
import type { Clock } from '#clock'
import type { KubeNode } from '#kube'
import type { Act, AttemptMode } from '#model'
import type { Logger } from '#service'
import type { Attempt, RemediatorAct } from '../acts/index.ts'
import type { LeaseKeeper } from '../cluster/lease-desk.ts'
import { oursOn } from '../cluster/ours.ts'
import type { OwnNode } from '../cluster/own-node.ts'
import { cordonedBy } from '../drain/cordon.ts'
import type { Fit } from '../gates/types.ts'
import { type ActEnded, type Before, endedAs, type Order, type TryingCarrier } from './types.ts'

/** What it works with. */
export interface ApiCarrierOptions {
  readonly node: Pick<OwnNode, 'word' | 'listen' | 'heard'>
  /** Those that there are; undefined: there is no way to the API server, or none yet. */
  readonly acts: () => readonly RemediatorAct[] | undefined
  readonly lease: Pick<LeaseKeeper, 'take' | 'confirm' | 'onLost'>
  /** Of the Node object, as an earlier process knew it; "": none did. */
  readonly uidBefore: string
  readonly clock: Clock
  readonly log: Logger
}

/** Whoever is asked whether it could has so long. */
const ASK_MS = 3_000
/** What was answered holds for so long: whoever is held back by others asks over and over. */
const FRESH_MS = 10_000
/** Behind its own deadline an act has so long to put back what it did. */
const GRACE_MS = 60_000
/** A lease of which nobody knows is asked for again. */
const AGAIN_MS = 2_000
/** Before these steps the lease is renewed: a machine that was suspended knows nothing of the time that passed. */
const DISTURBING: ReadonlySet<string> = new Set(['cordoning', 'evicting', 'tainting'])
const NO_WAY = 'there is no way to an API server: this machine is of no cluster'

/** It was called off from outside: it is over, and is not gone on with. */
class CalledOffError extends Error {
  readonly code = 'CALLED_OFF'
  constructor(why: string) {
    super(why)
    this.name = 'CalledOffError'
  }
}

/** Where it is called off, and until when it may last. */
interface Watch {
  readonly signal: AbortSignal
  end(): void
}

/** A carrier of all of them. */
export function createApiCarrier(options: ApiCarrierOptions): TryingCarrier {
  const { node, acts, lease, uidBefore, clock, log } = options
  const fits = new Map<string, { readonly fit: Fit; readonly atMs: number }>()

  function actOf({ strategy }: Act): RemediatorAct | undefined {
    return acts()?.find((one) => one.strategy === strategy)
  }

  /** Why a run ends by what is seen of the node: another object of its name, or a person who has taken our cordon off. */
  function createEnds({ attempt }: Pick<Order, 'attempt'>): (seen: KubeNode) => string | undefined {
    let uid = node.word().node?.metadata.uid
    let wasCordoned = false
    return (seen) => {
      uid ??= seen.metadata.uid
      if (seen.metadata.uid !== uid) return 'the Node object is another one than that it was begun for'
      if (oursOn(seen).cordon === attempt) wasCordoned = true
      const isOff = seen.spec?.unschedulable !== true && cordonedBy(seen) === attempt
      return wasCordoned && isOff ? 'a person has uncordoned the node' : undefined
    }
  }

  function watch(order: Pick<Order, 'attempt' | 'deadlineMs'>, mode: AttemptMode, signal: AbortSignal): Watch {
    const off = new AbortController()
    const callOff = (why: string) => off.abort(new CalledOffError(why))
    const endOf = createEnds(order)
    const stops = [
      clock.after(order.deadlineMs + GRACE_MS, () => callOff('it did not end within its time')),
      node.listen((seen) => {
        const why = endOf(seen)
        if (why !== undefined) callOff(why)
      }),
      ...(mode === 'act' ? [lease.onLost((why) => callOff(`the lease of the fleet was lost: ${why}`))] : []),
    ]
    return {
      signal: AbortSignal.any([signal, off.signal]),
      end: () => {
        for (const stop of stops) stop()
      },
    }
  }

  async function carry(
    order: Order,
    mode: AttemptMode,
    before: Attempt['before'],
    signal: AbortSignal,
  ): Promise<ActEnded> {
    const { attempt, act, problem, deadlineMs: timeoutMs } = order
    const beganMs = clock.monotonicMs()
    const lastedMs = () => clock.monotonicMs() - beganMs
    const found = actOf(act)
    if (found === undefined) return endedAs('declined', node.word().api === 'none' ? NO_WAY : 'the API server is away')
    const isDisruptive = mode === 'act' && found.isDisruptive(act)
    const watched = watch(order, mode, signal)
    async function onStep(step: string, detail: string): Promise<void> {
      const why = isDisruptive && DISTURBING.has(step) ? await lease.confirm() : ''
      if (why !== '') throw new CalledOffError(`the lease of the fleet was lost: ${why}`)
      await order.onStep(step, detail)
    }
    try {
      const run = { attempt, act, problem, mode, timeoutMs, before, signal: watched.signal, onStep }
      return { ...(await found.run(run)), durationMs: lastedMs() }
    } catch (err) {
      signal.throwIfAborted()
      if (!watched.signal.aborted) throw err
      const why: unknown = watched.signal.reason
      return endedAs('failed', why instanceof Error ? why.message : String(why), lastedMs())
    } finally {
      watched.end()
    }
  }

  /** The lease that it was begun with, which this process has to have before it goes on. @returns why it has not; "" it has */
  async function leaseAgain({ attempt }: Order, until: AbortSignal): Promise<string> {
    for (;;) {
      const had = await lease.take(attempt)
      if (had.kind === 'free') return ''
      if (had.kind === 'held') return had.text
      await clock.sleep(AGAIN_MS, until)
    }
  }

  async function joined(order: Order, before: Before, until: AbortSignal, signal: AbortSignal): Promise<ActEnded> {
    log.info('goes on with what an earlier process has begun, once the API server answers', { attempt: order.attempt })
    const { uid } = (await node.heard(until)).metadata
    if (uidBefore !== '' && uid !== uidBefore)
      return endedAs('lost', 'the Node object is another one than that it was begun for')
    const held = await before.mayGoOn(until)
    if (held !== '') return endedAs('lost', `nobody goes on with it: ${held}`)
    if (actOf(order.act)?.isDisruptive(order.act) === true) {
      const why = await leaseAgain(order, until)
      if (why !== '') return endedAs('failed', `the lease of the fleet was lost: ${why}`)
    }
    return carry(order, 'act', before.steps, signal)
  }

  return {
    async fit(act) {
      const { api } = node.word()
      if (api === 'none') return { refusal: NO_WAY }
      const found = actOf(act)
      if (found === undefined) return undefined
      const key = JSON.stringify([act.strategy, act.target, act.parameters])
      const known = fits.get(key)
      if (known !== undefined && clock.monotonicMs() - known.atMs <= FRESH_MS) return known.fit
      const late = new AbortController()
      const callOff = clock.after(ASK_MS, () => late.abort(new Error(`no answer within ${ASK_MS / 1000} s`)))
      const fit = await found.canRun(act, late.signal).finally(callOff)
      for (const [old, { atMs }] of fits) if (clock.monotonicMs() - atMs > FRESH_MS) fits.delete(old)
      if (fit !== undefined) fits.set(key, { fit, atMs: clock.monotonicMs() })
      return fit
    },
    async run(order, signal) {
      fits.clear()
      return carry(order, 'act', undefined, signal)
    },
    tryOut: (order, signal) => carry({ ...order, onStep: () => Promise.resolve() }, 'dry-run', undefined, signal),
    async join(order, signal, before) {
      fits.clear()
      const late = new AbortController()
      const callOff = clock.after(order.deadlineMs, () => late.abort(new CalledOffError('no answer came in its time')))
      try {
        return await joined(order, before, AbortSignal.any([signal, late.signal]), signal)
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
