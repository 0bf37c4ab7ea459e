/** Whether an act that goes through the API may go on: by what is seen of the node, by the fleet's lease, and by its time. */
import type { Clock } from '#clock'
import type { KubeNode } from '#kube'
import type { AttemptMode } from '#model'
import type { LeaseKeeper } from '../cluster/lease-desk.ts'
import { oursOn } from '../cluster/ours.ts'
import type { OwnNode } from '../cluster/own-node.ts'
import { CalledOffError } from '../errors.ts'
import { LOOK_AGAIN_MS } from '../know/look-again.ts'
import type { ToldStep } from '../state/types.ts'
import type { Order } from './types.ts'

/** What is watched. */
export interface WatchingOptions {
  readonly node: Pick<OwnNode, 'word' | 'listen' | 'whyAnother'>
  readonly lease: Pick<LeaseKeeper, 'onLost'>
  readonly clock: Clock
}

/** One act that is watched. */
export interface Watched {
  /** Aborts with a CalledOffError where it is called off, and with the process's own reason where that leaves. */
  readonly signal: AbortSignal
  end(): void
}

/** What is watched for. */
export interface WatchWish {
  readonly order: Pick<Order, 'attempt' | 'deadlineMs'>
  readonly mode: AttemptMode
  /** Its steps, where an earlier process has begun it. */
  readonly before: readonly ToldStep[] | undefined
  /** Of this process. */
  readonly signal: AbortSignal
}

/** Before its own time begins a look is waited for, and behind it an act has a minute to put back what it did. */
const GRACE_MS = LOOK_AGAIN_MS + 60_000
const CORDONED = 'cordoned'

/** Why a run ends by what is seen of the node: another object of its name, or a cordon of ours that is not ours any more. */
function createEnds(uidAtFirst: string | undefined, { order, before }: WatchWish) {
  let uid = uidAtFirst
  let wasCordoned = before?.some(({ step }) => step === CORDONED) ?? false
  return (seen: KubeNode): string | undefined => {
    uid ??= seen.metadata.uid
    if (seen.metadata.uid !== uid) return 'the Node object is another one than that it was begun for'
    const isOurs = oursOn(seen).cordon === order.attempt
    if (isOurs) wasCordoned = true
    if (!wasCordoned || isOurs) return undefined
    return seen.spec?.unschedulable === true ? 'the cordon is not ours any more' : 'a person has uncordoned the node'
  }
}

/** @returns one that watches an act from now on, until its `end` */
export function createWatching({ node, lease, clock }: WatchingOptions): (wish: WatchWish) => Watched {
  return (wish) => {
    const { order, mode, signal } = wish
    const off = new AbortController()
    const callOff = (why: string) => off.abort(new CalledOffError(why))
    const { node: now } = node.word()
    const endOf = createEnds(now?.metadata.uid, wish)
    const look = (seen: KubeNode): void => {
      const why = node.whyAnother(seen) || endOf(seen)
      if (why !== undefined) callOff(why)
    }
    if (now !== undefined) look(now)
    const stops = [
      clock.after(order.deadlineMs + GRACE_MS, () => callOff('it did not end within its time')),
      node.listen(look),
      ...(mode === 'act' ? [lease.onLost((why) => callOff(`the lease of the fleet was lost: ${why}`))] : []),
    ]
    return {
      signal: AbortSignal.any([signal, off.signal]),
      end: () => {
        for (const stop of stops) stop()
      },
    }
  }
}
