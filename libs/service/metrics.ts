/**
 * Each service's own metrics. The one wrapper of prom-client; nothing registers globally. Its parts are imported one
 * by one: its index loads clusters, HTTP clients and quantile estimators, several MiB in every process.
 */
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Histogram from 'prom-client/lib/histogram.js'
import Registry from 'prom-client/lib/registry.js'

export type { Registry } from 'prom-client'

/** Called at each reading, before the value is told. */
type Collect<M> = (metric: M) => void

export interface Metrics {
  readonly registry: Registry
  /** `name` ends in `_total`. */
  counter<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    collect?: Collect<Counter<L>>,
  ): Counter<L>
  gauge<L extends string>(name: string, help: string, labels?: readonly L[], collect?: Collect<Gauge<L>>): Gauge<L>
  /** `buckets` are upper bounds in the name's unit. */
  histogram<L extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>
}

/** What prom-client calls with the metric as `this`. */
function collecting<M>(collect: Collect<M> | undefined): { collect?: (this: M) => void } {
  if (collect === undefined) return {}
  return {
    collect() {
      collect(this)
    },
  }
}

/** Names are given without the namespace: "disk_used_ratio" becomes "node_doctor_disk_used_ratio". */
export function createMetrics(namespace: string, registry: Registry = new Registry()): Metrics {
  const registers = [registry]
  const named = <L extends string>(name: string, help: string, labels: readonly L[] = []) => ({
    name: `${namespace}_${name}`,
    help,
    labelNames: [...labels],
    registers,
  })
  return {
    registry,
    counter: (name, help, labels, collect) => new Counter({ ...named(name, help, labels), ...collecting(collect) }),
    gauge: (name, help, labels, collect) => new Gauge({ ...named(name, help, labels), ...collecting(collect) }),
    histogram: (name, help, buckets, labels) => new Histogram({ ...named(name, help, labels), buckets: [...buckets] }),
  }
}

/** What every process tells of itself, under names that promtool has nothing to say about. */
export function addProcessMetrics({ gauge, counter }: Metrics): void {
  gauge('process_resident_memory_bytes', 'Resident memory of the process.', [], (metric) =>
    metric.set(process.memoryUsage.rss()),
  )
  gauge('process_start_time_seconds', 'Start of the process, Unix time.').set(
    Math.floor(Date.now() / 1000 - process.uptime()),
  )
  counter('process_cpu_seconds_total', 'CPU time of the process since its start.', [], (metric) => {
    const { user, system } = process.cpuUsage()
    metric.reset()
    metric.inc((user + system) / 1e6)
  })
}
