/** Samples of monitors as series over time: what grows becomes a rate, and no plug-in writes into a series of ours. */
import { DETECTOR, type MetricSample, seriesKey } from '#model'
import { displayOf } from '../history/display.ts'
import type { EvidenceUse } from '../history/query-series.ts'

const MAX_SERIES = 4096

export interface SeriesFeed {
  /** Values by series key, in the unit that they are recorded in. */
  take(monitor: string, samples: readonly MetricSample[], nowMs: number): Map<string, number>
}

/** @param isBuiltIn whether a monitor is one of ours: its series are its own from then on */
export function createSeriesFeed(isBuiltIn: (monitor: string) => boolean): SeriesFeed {
  const owners = new Map<string, string>()
  const counters = new Map<string, { readonly value: number; readonly atMs: number }>()

  function mayWrite(monitor: string, key: string): boolean {
    const owner = owners.get(key)
    if (owner === monitor) return true
    if (owner !== undefined && (isBuiltIn(owner) || !isBuiltIn(monitor))) return false
    if (owner === undefined && owners.size >= MAX_SERIES) return false
    owners.set(key, monitor)
    return true
  }

  /** A counter's growth a second; undefined at its first sight and when it began anew. */
  function rate(key: string, value: number, nowMs: number): number | undefined {
    const before = counters.get(key)
    counters.set(key, { value, atMs: nowMs })
    if (before === undefined || value < before.value || nowMs <= before.atMs) return undefined
    return ((value - before.value) / (nowMs - before.atMs)) * 1000
  }

  return {
    take(monitor, samples, nowMs) {
      const values = new Map<string, number>()
      // What the detector counts is for scrapers; the machine's graphs come from monitors.
      if (monitor === DETECTOR) return values
      for (const sample of samples) {
        const key = seriesKey(sample.name, sample.labels)
        if (!Number.isFinite(sample.value) || !mayWrite(monitor, key)) continue
        const value = sample.name.endsWith('_total') ? rate(key, sample.value, nowMs) : sample.value
        if (value !== undefined) values.set(key, value)
      }
      return values
    },
  }
}

/** The values that people see, in their unit: the machine's graphs and the evidence of conditions. */
export function shownValues(
  values: ReadonlyMap<string, number>,
  evidence: ReadonlyMap<string, EvidenceUse>,
): Record<string, number> {
  const shown: Record<string, number> = {}
  for (const [key, value] of values) {
    const use = evidence.get(key)
    const { title, factor } = displayOf(key, use?.unit)
    if (title !== '' || use !== undefined) shown[key] = Number((value * factor).toPrecision(5))
  }
  return shown
}
