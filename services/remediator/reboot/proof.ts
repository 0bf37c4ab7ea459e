/** How a reboot ended, by the boot id: known at the next start to whoever has the journal, and to nobody before. */
import { endedAs, type TryingCarrier } from '../carry/types.ts'
import { mayCome } from './steps.ts'

/** What it works with. */
export interface RebootProofOptions {
  /** Who goes on with it in the same boot. */
  readonly byApi: TryingCarrier
  /** Of this boot. */
  readonly bootId: string
}

/**
 * A carrier of the reboot. Of an attempt that was begun in another boot nothing is done any more: the machine came up anew, and whether
 * that helped says its problem. No API server is asked for that.
 */
export function createRebootCarrier({ byApi, bootId }: RebootProofOptions): TryingCarrier {
  return {
    ...byApi,
    async join(order, signal, before) {
      if (before.bootId === bootId) return byApi.join(order, signal, before)
      await order.onStep('other-boot', bootId)
      const how = mayCome(before.steps) ? 'was rebooted' : 'came up anew before a reboot was asked for'
      return endedAs('succeeded', `the machine ${how}: its boot id is ${bootId}, and was ${before.bootId}`)
    },
  }
}
