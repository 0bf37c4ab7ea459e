/** Whether somebody listens at a place. */
import { asked } from '../ask.ts'
import { placeText } from '../failure.ts'
import type { Ask, Place, Probed } from '../types.ts'
import { familyOf } from './literal.ts'
import { openTcp } from './open.ts'

/** Somebody listens; the sample is how long it took to connect. */
export interface TcpAnswer {
  /** Which of this machine's own addresses the way there begins at, as the kernel chose it. */
  readonly from: string
}

/**
 * Opens one connection and closes it; nothing is sent over it. No own port or address left to ask from is a failure of kind `local`.
 * @throws TypeError for a name instead of an address
 */
export function probeTcp(ask: Ask, place: Place): Promise<Probed<TcpAnswer>> {
  familyOf(place)
  return asked(ask, placeText(place), async (signal) => {
    using open = await openTcp(place, signal)
    return { from: open.socket.localAddress ?? '' }
  })
}
