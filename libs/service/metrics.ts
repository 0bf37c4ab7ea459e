/**
 * Each service's own metrics. The one wrapper of prom-client; nothing registers globally. Its parts are imported one
 * by one: its index loads clusters, HTTP clients and quantile estimators, several MiB in every process.
 */
import PromCounter from 'prom-client/lib/counter.js'
import PromGauge from 'prom-client/lib/gauge.js'
import PromHistogram from 'prom-client/lib/histogram.js'
import Registry from 'prom-client/lib/registry.js'

export type { Registry } from 'prom-client'

/** Label sets of one counter; a closed set in practice, bounded whatever comes. What is beyond is not counted. */
export const SETS_MAX = 2000

type Labels<L extends string> = Readonly<Record<L, string>>

/** A counter that is told at each reading instead of being added to. */
export interface Reading<L extends string> {
  set(labels: Labels<L>, value: number): void
}

/** Counts up. Labels are told with each count. */
export interface Counter<L extends string> {
  /** @param by default 1 */
  add(labels: Labels<L>, by?: number): void
}

/** Counts values into its buckets. */
export interface Histogram<L extends string> {
  observe(labels: Labels<L>, value: number): void
}

/** Called at each reading, before the values are told; what it does not set then is not told. */
type Collect<L extends string> = (reading: Reading<L>) => void

/** The metrics of one service. Names are without the namespace, which whoever renders them puts before. */
export interface Metrics {
  readonly registry: Registry
  /** Counts by itself. `name` ends in `_total`; it is 0 from the start where it has no labels. */
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>
  /** A count that somebody else keeps, read when it is asked for. `name` ends in `_total`. */
  total<L extends string = never>(name: string, help: string, labels: readonly L[], collect: Collect<L>): void
  /** A value that goes up and down, read when it is asked for. */
  gauge<L extends string = never>(name: string, help: string, labels: readonly L[], collect: Collect<L>): void
  /** `buckets` are upper bounds in the name's unit. Not told on the bus: shown by who renders its own registry. */
  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>
}

/** What prom-client calls with the metric as `this`. */
function collecting<M extends { reset(): void }>(read: (metric: M) => void): { collect: (this: M) => void } {
  return {
    collect() {
      this.reset()
      read(this)
    },
  }
}

/** A registry of its own. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const named = <L extends string>(name: string, help: string, labels: readonly L[] = []) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  })
  return {
    registry,
    counter<L extends string>(name: string, help: string, labels?: readonly L[]) {
      const counter = new PromCounter<L>(named(name, help, labels))
      const known = new Set<string>()
      return {
        add(of: Labels<L>, by = 1) {
          const key = Object.values(of).join('\u0000')
          if (!known.has(key) && known.size >= SETS_MAX) return
          known.add(key)
          counter.inc(of, by)
        },
      }
    },
    total<L extends string>(name: string, help: string, labels: readonly L[], collect: Collect<L>) {
      const read = (metric: PromCounter<L>) => collect({ set: (of, value) => metric.inc(of, value) })
      new PromCounter<L>({ ...named(name, help, labels), ...collecting(read) })
    },
    gauge<L extends string>(name: string, help: string, labels: readonly L[], collect: Collect<L>) {
      const read = (metric: PromGauge<L>) => collect({ set: (of, value) => metric.set(of, value) })
      new PromGauge<L>({ ...named(name, help, labels), ...collecting(read) })
    },
    histogram<L extends string>(name: string, help: string, buckets: readonly number[], labels?: readonly L[]) {
      return new PromHistogram<L>({ ...named(name, help, labels), buckets: [...buckets] })
    },
  }
}
