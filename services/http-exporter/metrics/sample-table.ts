/** The latest samples of monitors, as metrics. Bounded, each series with its monitor, none from monitors that are gone. */
import {
  cleanText,
  DETECTOR,
  KUBE_COUNTERS,
  KUBE_GAUGES,
  type MetricDescriptor,
  type MetricSample,
  seriesKey,
} from '#model'
import { isConventionalLabel, isConventionalName } from './convention.ts'
import type { Family, Series } from './exposition.ts'

/** Series of one monitor, and how long one is shown without being told again. */
export const MAX_SERIES_PER_MONITOR = 1024
export const FORGET_AFTER_MS = 3_600_000
const MAX_MONITORS = 256

/** Names and values that do not fit are gathered under this one. */
const UNCONVENTIONAL = 'monitor_sample'

interface Kept {
  readonly sample: MetricSample
  seenMs: number
}

export type Described = (monitor: string, name: string) => MetricDescriptor | undefined

export interface SampleTable {
  /** @returns samples that found no place */
  take(monitor: string, samples: readonly MetricSample[], nowMs: number): number
  /** A monitor no longer answers, or is gone. */
  forget(monitor: string): void
  /**
   * @param reserved names of families that are ours, which no plug-in may write into
   * @param described what a monitor declares of a metric
   */
  families(reserved: ReadonlySet<string>, nowMs: number, described?: Described): Family[]
}

function typeOf(name: string): 'counter' | 'gauge' {
  return name.endsWith('_total') ? 'counter' : 'gauge'
}

/** The detector's samples speak of others and keep their labels; a plug-in's speak of itself, whatever they say. */
function labelsOf(monitor: string, { labels }: MetricSample): Record<string, string> {
  const clean = Object.entries(labels).map(([label, value]) => [label, cleanText(value, 128)] as const)
  if (monitor === DETECTOR) return Object.fromEntries(clean)
  return {
    monitor: cleanText(monitor, 128),
    ...Object.fromEntries(clean.map(([label, value]) => [label === 'monitor' ? 'exported_monitor' : label, value])),
  }
}

function isOurs(monitor: string, sample: MetricSample, reserved: ReadonlySet<string>): boolean {
  return (
    sample.name !== UNCONVENTIONAL &&
    !reserved.has(sample.name) &&
    isConventionalName(sample.name) &&
    Object.keys(sample.labels).every(isConventionalLabel) &&
    // The detector counts for all monitors under names of its own.
    (monitor === DETECTOR || !DETECTOR_NAMES.has(sample.name))
  )
}

/** What the detector publishes of itself and of monitors; no plug-in may. */
export const DETECTOR_NAMES: ReadonlySet<string> = new Set([
  'monitor_checks_total',
  'problems_detected_total',
  'status_channel_size',
  'events_shed_total',
  'facts_dropped_total',
  'bus_server_restarts_total',
  'bus_refusals_total',
  'bus_values_refused',
  'monitor_reports_total',
  'monitor_violations_total',
  'monitor_restarts_total',
])

const HELP: Readonly<Record<string, string>> = {
  monitor_checks_total: 'Runs of checks, by monitor, check and result.',
  problems_detected_total: 'Problems opened, by type and severity.',
  status_channel_size: 'Changes in the detector that wait for the bus.',
  events_shed_total: 'Events that were counted and not told, since their monitor had no room on the bus, by severity.',
  facts_dropped_total: 'Facts that the detector had to drop while the bus was away, by severity.',
  bus_server_restarts_total: 'Starts of the embedded bus server after the first.',
  bus_refusals_total: 'Values and facts that the bus refused for themselves since the start.',
  bus_values_refused: 'Values that the bus refuses now and that are tried again by themselves.',
  monitor_reports_total: 'Reports taken from a monitor.',
  monitor_violations_total: 'What a monitor sent that its limits or its declaration do not allow.',
  monitor_restarts_total: 'Starts of a monitor after the first.',
  ...KUBE_COUNTERS,
  ...KUBE_GAUGES,
}

export function createSampleTable(): SampleTable {
  const monitors = new Map<string, Map<string, Kept>>()

  function forgetOld(nowMs: number): void {
    for (const [monitor, kept] of monitors) {
      for (const [key, { seenMs }] of kept) if (nowMs - seenMs > FORGET_AFTER_MS) kept.delete(key)
      if (kept.size === 0) monitors.delete(monitor)
    }
  }

  return {
    take(monitor, samples, nowMs) {
      let refused = 0
      const kept = monitors.get(monitor) ?? new Map<string, Kept>()
      if (!monitors.has(monitor) && monitors.size >= MAX_MONITORS) return samples.length
      monitors.set(monitor, kept)
      for (const sample of samples) {
        const key = seriesKey(sample.name, sample.labels)
        if (kept.has(key) || kept.size < MAX_SERIES_PER_MONITOR) kept.set(key, { sample, seenMs: nowMs })
        else refused++
      }
      return refused
    },
    forget(monitor) {
      monitors.delete(monitor)
    },
    families(reserved, nowMs, described = () => undefined) {
      forgetOld(nowMs)
      const byName = new Map<string, { readonly by: string; readonly series: Series[] }>()
      const others: Series[] = []
      for (const [monitor, kept] of monitors) {
        for (const [key, { sample }] of kept) {
          if (!isOurs(monitor, sample, reserved)) {
            const series = cleanText(key, 256)
            others.push({ labels: { monitor: cleanText(monitor, 128), series }, value: sample.value })
            continue
          }
          const known = byName.get(sample.name)
          const series = { labels: labelsOf(monitor, sample), value: sample.value }
          if (known === undefined) byName.set(sample.name, { by: monitor, series: [series] })
          else known.series.push(series)
        }
      }
      const families = [...byName].map(([name, { by, series }]) => {
        const declared = described(by, name)
        return {
          name,
          help: HELP[name] ?? helpOf(declared) ?? 'As monitors tell it; docs/monitors.md says what it is.',
          type: declared?.kind ?? typeOf(name),
          series,
        }
      })
      return [
        ...families.sort((a, b) => (a.name < b.name ? -1 : 1)),
        {
          name: UNCONVENTIONAL,
          help: 'Samples of monitors whose names do not follow the conventions of Prometheus.',
          type: 'gauge' as const,
          series: others,
        },
      ]
    },
  }
}

/** What its monitor says of it; undefined where it says nothing. */
function helpOf(declared: MetricDescriptor | undefined): string | undefined {
  const help = cleanText(declared?.help ?? '', 240)
  return help === '' ? undefined : help
}
