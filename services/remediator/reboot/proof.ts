/** How a reboot ended, by the boot id: known at the next start to whoever has the journal, and to nobody before. */
import type { Clock } from '#clock'
import { endedAs, type Order, type TryingCarrier } from '../carry/types.ts'
import { BOOT_MS, mayCome } from './steps.ts'

/** What it works with. */
export interface RebootProofOptions {
  /** Who goes on with it in the same boot. */
  readonly byApi: TryingCarrier
  /** Of this boot. */
  readonly bootId: string
  readonly clock: Clock
  /** Journal time. */
  readonly nowMs: () => number
}

/** A step, and when it was written, by journal time. */
interface Told {
  readonly step: string
  readonly atMs: number
}

/** An order of which the steps that were written are known here. */
function heard(order: Order, before: readonly Told[], nowMs: () => number): readonly [Order, readonly Told[]] {
  const steps = [...before]
  async function onStep(step: string, detail: string): Promise<void> {
    const atMs = nowMs()
    await order.onStep(step, detail)
    steps.push({ step, atMs })
  }
  return [{ ...order, onStep }, steps]
}

/**
 * A carrier of the reboot. Of an attempt that was begun in another boot nothing is done any more: the machine came up anew, and whether
 * that helped says its problem. No API server is asked for that. In the same boot one that may have been asked for has no end before
 * its 10 minutes are over, whatever ended it here (its time, the lease, a person, a disk): the machine may be going down, and what would be begun
 * next would run into that.
 */
export function createRebootCarrier({ byApi, bootId, clock, nowMs }: RebootProofOptions): TryingCarrier {
  /** Ends with the work, and where a reboot may come not before that is over. */
  async function held<End>(steps: readonly Told[], signal: AbortSignal, work: () => Promise<End>): Promise<End> {
    try {
      return await work()
    } finally {
      const askedMs = mayCome(steps) ? steps.find(({ step }) => step === 'asking')?.atMs : undefined
      const leftMs = askedMs === undefined ? 0 : askedMs + BOOT_MS - nowMs()
      if (leftMs > 0 && !signal.aborted) await clock.sleep(leftMs, signal)
    }
  }
  return {
    ...byApi,
    run(order, signal) {
      const [own, steps] = heard(order, [], nowMs)
      return held(steps, signal, () => byApi.run(own, signal))
    },
    async join(order, signal, before) {
      if (before.bootId === bootId) {
        const [own, steps] = heard(order, before.steps, nowMs)
        return held(steps, signal, () => byApi.join(own, signal, before))
      }
      await order.onStep('other-boot', bootId)
      const how = mayCome(before.steps) ? 'was rebooted' : 'came up anew before a reboot was asked for'
      return endedAs('succeeded', `the machine ${how}: its boot id is ${bootId}, and was ${before.bootId}`)
    },
  }
}
