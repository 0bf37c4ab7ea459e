/** The latest samples of monitors and services, as metrics. Bounded, each series with its monitor, none from those that are gone. */
import { cleanText, DETECTOR, type MetricDescriptor, type MetricSample, seriesKey } from '#model'
import { isProcessMetric, type MetricFamily, type MetricValue } from '#service'
import { isConventionalLabel, isConventionalName } from './convention.ts'

/** Series of one monitor, and how long one is shown without being told again. */
export const MAX_SERIES_PER_MONITOR = 1024
export const FORGET_AFTER_MS = 3_600_000
const MAX_MONITORS = 256
/** Names that one service describes with its samples. */
const MAX_DESCRIBED = 256

/** Names and values that do not fit are gathered under this one. */
const UNCONVENTIONAL = 'monitor_sample'

interface Kept {
  readonly sample: MetricSample
  seenMs: number
}

interface Teller {
  readonly series: Map<string, Kept>
  /** What a service of ours says with its samples of their names; a monitor says it in its declaration. */
  described: ReadonlyMap<string, MetricDescriptor>
}

export type Described = (monitor: string, name: string) => MetricDescriptor | undefined

export interface SampleTable {
  /**
   * @param described what the samples' names are: of services of ours, whose own they are from then on
   * @returns samples that found no place
   */
  take(
    monitor: string,
    samples: readonly MetricSample[],
    nowMs: number,
    described?: readonly MetricDescriptor[],
  ): number
  /** A monitor no longer answers, or is gone. */
  forget(monitor: string): void
  /**
   * @param reserved names of families that are ours, which no plug-in may write into
   * @param described what a monitor declares of a metric
   */
  families(reserved: ReadonlySet<string>, nowMs: number, described?: Described): MetricFamily[]
}

/** By its name, which promtool holds against its type: a declaration that contradicts its own name is not believed. */
function typeOf(name: string): 'counter' | 'gauge' {
  return name.endsWith('_total') ? 'counter' : 'gauge'
}

/**
 * The detector's samples speak of others and keep their labels; a plug-in's speak of itself, whatever they say. What a
 * process costs is the service's that told it; the detector tells it of its bus server and of
 * `node-doctor up`, too.
 */
export function labelsOf(monitor: string, { name, labels }: MetricSample): Record<string, string> {
  if (isProcessMetric(name)) return { service: cleanText((monitor === DETECTOR && labels['service']) || monitor, 128) }
  const clean = Object.entries(labels).map(([label, value]) => [label, cleanText(value, 128)] as const)
  if (monitor === DETECTOR) return Object.fromEntries(clean)
  return {
    monitor: cleanText(monitor, 128),
    ...Object.fromEntries(clean.map(([label, value]) => [label === 'monitor' ? 'exported_monitor' : label, value])),
  }
}

function isConventional({ name, labels }: MetricSample): boolean {
  return name !== UNCONVENTIONAL && isConventionalName(name) && Object.keys(labels).every(isConventionalLabel)
}

/** What its monitor says of it; undefined where it says nothing. */
function helpOf(declared: MetricDescriptor | undefined): string | undefined {
  const help = cleanText(declared?.help ?? '', 240)
  return help === '' ? undefined : help
}

/** Who alone tells a name, since it says itself what it is. */
function ownersOf(tellers: ReadonlyMap<string, Teller>): Map<string, string> {
  const all = new Map<string, string>()
  for (const [monitor, { described }] of tellers)
    for (const name of described.keys()) if (!all.has(name)) all.set(name, monitor)
  return all
}

/** Samples sorted into families of one name each, and what has no place in one. */
interface Sorted {
  readonly byName: ReadonlyMap<string, { readonly by: string; readonly values: readonly MetricValue[] }>
  readonly others: readonly MetricValue[]
}

function sortSamples(tellers: ReadonlyMap<string, Teller>, reserved: ReadonlySet<string>): Sorted {
  const ownerOf = ownersOf(tellers)
  const byName = new Map<string, { readonly by: string; readonly values: MetricValue[] }>()
  const others: MetricValue[] = []
  function isShown(monitor: string, sample: MetricSample): boolean {
    if (isProcessMetric(sample.name)) return true
    const owner = ownerOf.get(sample.name) ?? monitor
    return owner === monitor && !reserved.has(sample.name) && isConventional(sample)
  }
  for (const [monitor, { series }] of tellers) {
    for (const [key, { sample }] of series) {
      const { name, value } = sample
      if (!isShown(monitor, sample)) {
        others.push({ labels: { monitor: cleanText(monitor, 128), series: cleanText(key, 256) }, value })
        continue
      }
      const known = byName.get(name) ?? { by: monitor, values: [] }
      byName.set(name, known)
      known.values.push({ labels: labelsOf(monitor, sample), value })
    }
  }
  return { byName, others }
}

function unconventionalOf(values: readonly MetricValue[]): MetricFamily {
  const help = 'Samples of monitors whose names do not follow the conventions of Prometheus.'
  return { name: UNCONVENTIONAL, help, type: 'gauge', values }
}

export function createSampleTable(): SampleTable {
  const tellers = new Map<string, Teller>()

  function forgetOld(nowMs: number): void {
    for (const [monitor, { series }] of tellers) {
      for (const [key, { seenMs }] of series) if (nowMs - seenMs > FORGET_AFTER_MS) series.delete(key)
      if (series.size === 0) tellers.delete(monitor)
    }
  }

  return {
    take(monitor, samples, nowMs, described = []) {
      let refused = 0
      const teller = tellers.get(monitor) ?? { series: new Map<string, Kept>(), described: new Map() }
      if (!tellers.has(monitor) && tellers.size >= MAX_MONITORS) return samples.length
      tellers.set(monitor, teller)
      if (described.length > 0)
        teller.described = new Map(described.slice(0, MAX_DESCRIBED).map((one) => [one.name, one]))
      for (const sample of samples) {
        const key = seriesKey(sample.name, sample.labels)
        if (teller.series.has(key) || teller.series.size < MAX_SERIES_PER_MONITOR)
          teller.series.set(key, { sample, seenMs: nowMs })
        else refused++
      }
      return refused
    },
    forget(monitor) {
      tellers.delete(monitor)
    },
    families(reserved, nowMs, described = () => undefined) {
      forgetOld(nowMs)
      const { byName, others } = sortSamples(tellers, reserved)
      const families = [...byName].map(([name, { by, values }]): MetricFamily => {
        const declared = tellers.get(by)?.described.get(name) ?? described(by, name)
        const help = helpOf(declared) ?? 'As monitors tell it; docs/monitors.md says what it is.'
        return { name, help, type: typeOf(name), values }
      })
      return [...families.sort((a, b) => (a.name < b.name ? -1 : 1)), unconventionalOf(others)]
    },
  }
}
