/** A check of ours, as the owner of a condition type that somebody else would have: in words. */
import type { MonitorEntry } from '../types.ts'
import type { Placed } from './spot.ts'

export interface Owner {
  /** Who it is, and where it is written. */
  readonly words: string
  /** What else than another name is to be done where it is not to be; "" for nothing. */
  readonly todo: string
}

/** As one whose type somebody else would have, too. */
export function ownerOf({ entry, spot }: Placed<MonitorEntry>): Owner {
  const check = `check "${entry.name}" (${entry.type})`
  return entry.origin.layer === 'default'
    ? {
        words: `${check}, which runs by default`,
        todo: `, or defaultMonitors and detector.expect without "${entry.monitor}"`,
      }
    : { words: `${check}, at ${spot.place.where}`, todo: ', or that check with enabled: false' }
}
