/** Each service's own metrics. The one wrapper of prom-client; nothing registers globally. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export type { Registry } from 'prom-client'

export interface Metrics {
  readonly registry: Registry
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>
  gauge<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    collect?: (gauge: Gauge<L>) => void,
  ): Gauge<L>
  histogram<L extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>
}

/** Names are given without the namespace. */
export function createMetrics(namespace: string, registry: Registry = new Registry()): Metrics {
  const named = (name: string) => `${namespace}_${name}`
  const registers = [registry]
  return {
    registry,
    counter: (name, help, labels = []) => new Counter({ name: named(name), help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = [], collect) =>
      new Gauge({
        name: named(name),
        help,
        labelNames: [...labels],
        registers,
        ...(collect === undefined
          ? {}
          : {
              collect() {
                collect(this)
              },
            }),
      }),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name: named(name), help, buckets: [...buckets], labelNames: [...labels], registers }),
  }
}

/** What every process tells of itself, under names that promtool has nothing to say about. */
export function addProcessMetrics({ gauge }: Metrics): void {
  gauge('process_resident_memory_bytes', 'Resident memory of the process.', [], (g) => g.set(process.memoryUsage.rss()))
  gauge('process_cpu_seconds', 'CPU time of the process since its start.', [], (g) => {
    const { user, system } = process.cpuUsage()
    g.set((user + system) / 1e6)
  })
  gauge('process_start_time_seconds', 'Start of the process, Unix time.', []).set(
    Math.floor(Date.now() / 1000 - process.uptime()),
  )
}

export { Counter, Gauge, Histogram, Registry as MetricsRegistry } from 'prom-client'
