/**
 * How many series each plug-in has: a label that never says the same twice would be one more with each sample, on the bus and for whoever
 * keeps them. Pure: time is an argument.
 */
import { hashText, type MetricSample, seriesKey } from '#model'

/** One that was not told for this long makes room for another: so long the http-exporter shows it. */
const FORGET_AFTER_MS = 3_600_000
/** Those of one plug-in are looked through this often at most, and so are those of all. */
const LOOK_MS = 60_000

export interface SeriesLimits {
  readonly perMonitor: number
  /** Of all plug-ins together. */
  readonly ofPlugIns: number
}

export interface SeriesRoom {
  readonly taken: readonly MetricSample[]
  readonly refused: number
  /** Of what there is no more. "": nothing was refused. */
  readonly why: string
}

export interface SeriesBook {
  /** Samples of series that are known, and of new ones while there is room. */
  take(monitor: string, samples: readonly MetricSample[], nowMs: number): SeriesRoom
  forget(monitor: string): void
}

interface Held {
  /** When each was told last, by a number that stands for it: their words may be long, and are nobody's here. */
  readonly seenMs: Map<number, number>
  lookedMs: number
}

/** Two that have the same number count as one. */
function numberOf({ name, labels }: MetricSample): number {
  return Number.parseInt(hashText(seriesKey(name, labels)).slice(0, 13), 16)
}

export function createSeriesBook({ perMonitor, ofPlugIns }: SeriesLimits): SeriesBook {
  const monitors = new Map<string, Held>()
  let all = 0
  let allLookedMs = Number.NEGATIVE_INFINITY

  function forgetOld(held: Held, nowMs: number): void {
    held.lookedMs = nowMs
    for (const [number, seenMs] of held.seenMs) {
      if (nowMs - seenMs <= FORGET_AFTER_MS) continue
      held.seenMs.delete(number)
      all--
    }
  }

  function makeRoom(held: Held, nowMs: number): void {
    if (nowMs - held.lookedMs >= LOOK_MS) forgetOld(held, nowMs)
    if (all < ofPlugIns || nowMs - allLookedMs < LOOK_MS) return
    allLookedMs = nowMs
    // Who tells nothing any more would not look through its own.
    for (const other of monitors.values()) forgetOld(other, nowMs)
  }

  function whyFull({ seenMs }: Held): string {
    if (seenMs.size >= perMonitor) return `one monitor may have ${perMonitor}`
    return all >= ofPlugIns ? `all plug-ins together may have ${ofPlugIns}` : ''
  }

  return {
    take(monitor, samples, nowMs) {
      const held = monitors.get(monitor) ?? { seenMs: new Map<number, number>(), lookedMs: nowMs }
      monitors.set(monitor, held)
      let why = ''
      const taken = samples.filter((sample) => {
        const number = numberOf(sample)
        if (!held.seenMs.has(number)) {
          if (whyFull(held) !== '') makeRoom(held, nowMs)
          const full = whyFull(held)
          if (full !== '') {
            why = full
            return false
          }
          all++
        }
        held.seenMs.set(number, nowMs)
        return true
      })
      return { taken, refused: samples.length - taken.length, why }
    },
    forget(monitor) {
      all -= monitors.get(monitor)?.seenMs.size ?? 0
      monitors.delete(monitor)
    },
  }
}
