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

/**
 * A registry's families in Prometheus' text format 0.0.4, by prom-client; "" where none has a value. Each name is there once.
 * @param constant labels of every value, beside its own
 */
export async function renderFamilies(
  namespace: string,
  families: readonly MetricFamily[],
  constant: Readonly<Record<string, string>> = {},
): Promise<string> {
  const registry = new Registry()
  const told = families.filter(({ values }) => values.length > 0)
  for (const { name, help, type, values } of told) {
    const full = `${namespace}_${name}`
    const named = values.map(({ metricName, labels, value }) => ({
      ...(metricName === undefined ? {} : { metricName: `${namespace}_${metricName}` }),
      // What a metric has itself stays, and stands first.
      labels: { ...labels, ...constant, ...labels },
      value,
    }))
    // As prom-client itself gives a registry what it was told by other processes: an object that has its values.
    const metric = { name: full, get: () => Promise.resolve({ name: full, help, type, values: named }) }
    registry.registerMetric(metric as never)
  }
  return told.length === 0 ? '' : registry.metrics()
}
