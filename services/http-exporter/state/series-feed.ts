/** Samples of monitors as series over time: what grows becomes a rate, and no plug-in writes into a series of ours. */
import { count, DETECTOR, type MetricSample, seriesKey, type Tally } from '#model'
import { isProcessMetric } from '#service'
import { cleanSeriesKey } from '#view'
import { displayOf } from '../history/display.ts'
import type { SeriesUses } from '../history/query-series.ts'

/** Series of one plug-in, of all plug-ins, and of one of our own monitors; ours never wait for a place of others. */
export const PER_PLUG_IN = 256
const OF_PLUG_INS = 2048
const PER_BUILT_IN = 4096
/** A series that was not told for so long leaves its place. */
export const FORGET_AFTER_MS = 3_600_000
/** How often is looked for them. */
const LOOK_MS = 60_000

export interface SeriesFeed {
  /**
   * Values by series key, in the unit that they are recorded in.
   *
   * @param isCounter whether a name is declared as what only grows
   */
  take(
    monitor: string,
    samples: readonly MetricSample[],
    nowMs: number,
    isCounter?: (name: string) => boolean,
  ): Map<string, number>
  /** A monitor no longer answers, or is gone: its series leave their places. */
  forget(monitor: string): void
}

/** Whose each series is. A monitor of ours takes a name from a plug-in, never the other way round. */
interface Owners {
  /** Whether it may write this series now; a new one takes a place, if there is room. */
  mayWrite(monitor: string, key: string, nowMs: number): boolean
  /** Lets go of what was not told for long. */
  forgetOld(nowMs: number): void
  /** Lets go of all that is a monitor's. */
  forget(monitor: string): void
}

/** @param onLeft called with each series that nobody owns any more */
function createOwners(isBuiltIn: (monitor: string) => boolean, onLeft: (key: string) => void): Owners {
  const owners = new Map<string, { readonly monitor: string; seenMs: number }>()
  /** Series of each monitor. */
  const held: Tally = new Map()
  let lookedMs = Number.NEGATIVE_INFINITY

  function hasRoom(monitor: string): boolean {
    const own = held.get(monitor) ?? 0
    if (isBuiltIn(monitor)) return own < PER_BUILT_IN
    let all = 0
    for (const [name, series] of held) if (!isBuiltIn(name)) all += series
    return own < PER_PLUG_IN && all < OF_PLUG_INS
  }

  function leave(key: string): void {
    const owner = owners.get(key)
    if (owner === undefined) return
    owners.delete(key)
    onLeft(key)
    count(held, owner.monitor, -1)
  }

  return {
    mayWrite(monitor, key, nowMs) {
      const owner = owners.get(key)
      if (owner?.monitor === monitor) {
        owner.seenMs = nowMs
        return true
      }
      if (owner !== undefined && (isBuiltIn(owner.monitor) || !isBuiltIn(monitor))) return false
      if (!hasRoom(monitor)) return false
      leave(key)
      owners.set(key, { monitor, seenMs: nowMs })
      count(held, monitor, 1)
      return true
    },
    forgetOld(nowMs) {
      if (nowMs - lookedMs < LOOK_MS) return
      lookedMs = nowMs
      for (const [key, { seenMs }] of owners) if (nowMs - seenMs > FORGET_AFTER_MS) leave(key)
    },
    forget(monitor) {
      for (const [key, owner] of owners) if (owner.monitor === monitor) leave(key)
    },
  }
}

/** @param isBuiltIn whether a monitor is one of ours: its series are its own from then on */
export function createSeriesFeed(isBuiltIn: (monitor: string) => boolean): SeriesFeed {
  const counters = new Map<string, { readonly value: number; readonly atMs: number }>()
  const owners = createOwners(isBuiltIn, (key) => counters.delete(key))

  /** A counter's growth a second; undefined at its first sight and when it began anew. */
  function rate(key: string, value: number, nowMs: number): number | undefined {
    const before = counters.get(key)
    counters.set(key, { value, atMs: nowMs })
    if (before === undefined || value < before.value || nowMs <= before.atMs) return undefined
    return ((value - before.value) / (nowMs - before.atMs)) * 1000
  }

  return {
    take(monitor, samples, nowMs, isCounter = () => false) {
      const values = new Map<string, number>()
      // What the detector counts is for scrapers; the machine's graphs come from monitors.
      if (monitor === DETECTOR) return values
      owners.forgetOld(nowMs)
      for (const sample of samples) {
        const key = cleanSeriesKey(seriesKey(sample.name, sample.labels))
        // What a process costs is for scrapers, too.
        if (isProcessMetric(sample.name)) continue
        if (!Number.isFinite(sample.value) || !owners.mayWrite(monitor, key, nowMs)) continue
        const value = isCounter(sample.name) ? rate(key, sample.value, nowMs) : sample.value
        if (value !== undefined) values.set(key, value)
      }
      return values
    },
    forget: owners.forget,
  }
}

/** The values that people see, in their unit: the machine's graphs and the evidence of conditions. */
export function shownValues(
  values: ReadonlyMap<string, number>,
  { evidence, graphs }: SeriesUses,
): Record<string, number> {
  const shown: Record<string, number> = {}
  for (const [key, value] of values) {
    const use = evidence.get(key)
    const { title, factor } = displayOf(key, use?.unit, graphs)
    if (title !== '' || use !== undefined) shown[key] = Number((value * factor).toPrecision(5))
  }
  return shown
}
