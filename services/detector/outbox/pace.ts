/**
 * How much of one monitor goes out to the bus at a time, so that a monitor with much to say keeps nobody waiting: neither
 * the other monitors, nor the server, nor those who read from it. Time is an argument.
 */
import { createRate, type Rate } from '#pace'

/** Of one monitor in one round: the others wait for no more than this. */
const PER_ROUND = { ours: 128, plugIn: 8 } as const
/** Of one plug-in's writes, and of its facts, on the average, and at once. */
export const PLUG_IN_PER_SECOND = 250
export const PLUG_IN_AT_ONCE = 64
/** Beyond this many, those are let go that nobody knows any more. */
const KNOWN_MAX = 128

/** `now`: it goes. `next`: in a later round, which comes at once. `later`: its monitor sends more than it may. */
export type Turn = 'now' | 'next' | 'later'

export interface Pace {
  /** A round begins, with its writes. */
  begin(): void
  /** Its writes are out, its facts follow: apart from them, as many again of each monitor. */
  goOn(): void
  /** Asks for one more of this monitor in this part of the round. */
  take(owner: string, nowMs: number): Turn
  /** How long until one of those may send that were told `later` in this round; undefined when nobody was. */
  waitMs(nowMs: number): number | undefined
  /** Until when this monitor itself kept back what waits of it; -Infinity when it never did. */
  heldBackMs(owner: string): number
}

interface Rates {
  readonly writes: Rate
  readonly facts: Rate
}

/** @param isPlugIn monitors that are not ours */
export function createPace(isPlugIn: (monitor: string) => boolean): Pace {
  const rates = new Map<string, Rates>()
  const heldBack = new Map<string, number>()
  const taken = new Map<string, number>()
  const paced = new Set<Rate>()
  let part: keyof Rates = 'writes'

  function rateOf(owner: string): Rate | undefined {
    if (!isPlugIn(owner)) return undefined
    const create = () => createRate(PLUG_IN_PER_SECOND, PLUG_IN_AT_ONCE)
    const known = rates.get(owner) ?? { writes: create(), facts: create() }
    rates.set(owner, known)
    return known[part]
  }

  function later(owner: string, nowMs: number): Turn {
    heldBack.set(owner, nowMs)
    return 'later'
  }

  function forgetGone(): void {
    if (rates.size <= KNOWN_MAX) return
    for (const name of rates.keys()) {
      if (isPlugIn(name)) continue
      rates.delete(name)
      heldBack.delete(name)
    }
  }

  return {
    begin() {
      part = 'writes'
      taken.clear()
      paced.clear()
      forgetGone()
    },
    goOn() {
      part = 'facts'
      taken.clear()
    },
    take(owner, nowMs) {
      const rate = rateOf(owner)
      if (rate !== undefined && paced.has(rate)) return later(owner, nowMs)
      const sofar = taken.get(owner) ?? 0
      if (sofar >= (rate === undefined ? PER_ROUND.ours : PER_ROUND.plugIn)) return 'next'
      if (rate !== undefined && !rate.take(nowMs)) {
        paced.add(rate)
        return later(owner, nowMs)
      }
      taken.set(owner, sofar + 1)
      return 'now'
    },
    waitMs(nowMs) {
      if (paced.size === 0) return undefined
      return Math.min(...[...paced].map((rate) => rate.waitMs(nowMs, PER_ROUND.plugIn)))
    },
    heldBackMs: (owner) => heldBack.get(owner) ?? Number.NEGATIVE_INFINITY,
  }
}
