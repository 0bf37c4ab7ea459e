/** Metrics as values: read from a service's registry, told on the bus, rendered for a scraper. */
import Registry from 'prom-client/lib/registry.js'
import type { MetricDescriptor, MetricSample } from '#model'
import type { Metrics } from './metrics.ts'

/** What a scraper is told the text is. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** One value of a family. */
export interface MetricValue {
  /** Of a histogram: the family's name with "_bucket", "_sum" or "_count". */
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Values of one metric, with what it is. */
export interface MetricFamily {
  /** Without the namespace. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly values: readonly MetricValue[]
}

/** prom-client's objects as they are; its own types say numbers where it has words. */
interface Read {
  readonly name: string
  readonly help: string
  readonly type: MetricFamily['type']
  readonly values: readonly {
    readonly metricName?: string
    readonly labels: Readonly<Record<string, string | number>>
    readonly value: number
  }[]
}

function copied({ metricName, labels, value }: Read['values'][number]): MetricValue {
  const words = Object.fromEntries(Object.entries(labels).map(([label, word]) => [label, String(word)]))
  return { ...(metricName === undefined ? {} : { metricName }), labels: words, value }
}

/** Every metric of a service with its present values; those without one are there with none. */
export async function readFamilies({ registry }: Metrics): Promise<MetricFamily[]> {
  const read = (await registry.getMetricsAsJSON()) as unknown as readonly Read[]
  return read.map(({ name, help, type, values }) => ({ name, help, type, values: values.map(copied) }))
}

/** What goes over the bus: samples, and what each of their names is. */
export interface ToldMetrics {
  readonly samples: readonly MetricSample[]
  readonly described: readonly MetricDescriptor[]
}

/** The present values of a service as samples, with help and type of their names. Histograms are not told. */
export async function readTold(metrics: Metrics): Promise<ToldMetrics> {
  const families = await readFamilies(metrics)
  const samples: MetricSample[] = []
  const described: MetricDescriptor[] = []
  for (const { name, help, type, values } of families) {
    if (type === 'histogram') continue
    described.push({ name, help, kind: type, unit: '', title: '' })
    for (const { labels, value } of values) samples.push({ name, labels, value })
  }
  return { samples, described }
}

/** Families of one name are one, of the first one's help and type; values that are called the same are the first of them. */
function together(families: readonly MetricFamily[]): MetricFamily[] {
  const byName = new Map<string, { readonly first: MetricFamily; readonly values: Map<string, MetricValue> }>()
  for (const family of families) {
    const known = byName.get(family.name) ?? { first: family, values: new Map<string, MetricValue>() }
    byName.set(family.name, known)
    for (const one of family.values) {
      const pairs = Object.entries(one.labels).map((pair) => JSON.stringify(pair))
      const key = `${one.metricName ?? ''} ${pairs.sort().join(' ')}`
      if (!known.values.has(key)) known.values.set(key, one)
    }
  }
  return [...byName.values()].map(({ first, values }) => ({ ...first, values: [...values.values()] }))
}

/**
 * Families in Prometheus' text format 0.0.4, those without a value left out. Names and labels must be valid; values and
 * help may be anything.
 */
export async function renderFamilies(namespace: string, families: readonly MetricFamily[]): Promise<string> {
  const registry = new Registry()
  for (const { name, help, type, values } of together(families)) {
    if (values.length === 0) continue
    const full = `${namespace}_${name}`
    const told = values.map((one) =>
      one.metricName === undefined ? one : { ...one, metricName: `${namespace}_${one.metricName}` },
    )
    // As prom-client itself gives a registry what it was told by other processes: an object that has its values.
    const metric = { name: full, get: () => Promise.resolve({ name: full, help, type, values: told }) }
    registry.registerMetric(metric as never)
  }
  return registry.metrics()
}
