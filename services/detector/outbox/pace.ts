/**
 * How much of one monitor goes out to the bus at a time, so that a monitor with much to say keeps nobody waiting: neither
 * the other monitors, nor the server, nor those who read from it. Time is an argument.
 */
import { createRate, type Rate } from '../rate.ts'

/** Of one monitor in one round: the others wait for no more than this. */
const PER_ROUND = { ours: 128, plugIn: 8 } as const
/** Of one plug-in on the average, and at once. */
export const PLUG_IN_PER_SECOND = 250
export const PLUG_IN_AT_ONCE = 512

/** Beyond this many, those are let go that nobody knows any more. */
const RATES_MAX = 128

/** `now`: it goes. `next`: in a later round, which comes at once. `later`: its monitor sends more than it may. */
export type Turn = 'now' | 'next' | 'later'

export interface Pace {
  /** A round begins, with its writes. */
  begin(): void
  /** Its writes are out, its facts follow: as many again of each monitor. */
  goOn(): void
  /** Asks for one more of this monitor in this round. */
  take(owner: string, nowMs: number): Turn
  /** How long until one of those may send that were told `later` in this round; undefined when nobody was. */
  waitMs(nowMs: number): number | undefined
}

/** @param isPlugIn monitors that are not ours */
export function createPace(isPlugIn: (monitor: string) => boolean): Pace {
  const rates = new Map<string, Rate>()
  const taken = new Map<string, number>()
  const paced = new Set<Rate>()

  function rateOf(owner: string): Rate | undefined {
    if (!isPlugIn(owner)) return undefined
    const known = rates.get(owner) ?? createRate(PLUG_IN_PER_SECOND, PLUG_IN_AT_ONCE)
    rates.set(owner, known)
    return known
  }

  return {
    begin() {
      taken.clear()
      paced.clear()
      if (rates.size > RATES_MAX) for (const name of rates.keys()) if (!isPlugIn(name)) rates.delete(name)
    },
    goOn: () => taken.clear(),
    take(owner, nowMs) {
      const rate = rateOf(owner)
      if (rate !== undefined && paced.has(rate)) return 'later'
      const sofar = taken.get(owner) ?? 0
      if (sofar >= (rate === undefined ? PER_ROUND.ours : PER_ROUND.plugIn)) return 'next'
      if (rate !== undefined && !rate.take(nowMs)) {
        paced.add(rate)
        return 'later'
      }
      taken.set(owner, sofar + 1)
      return 'now'
    },
    waitMs(nowMs) {
      if (paced.size === 0) return undefined
      return Math.min(...[...paced].map((rate) => rate.waitMs(nowMs, PER_ROUND.plugIn)))
    },
  }
}
