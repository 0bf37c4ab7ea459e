/** Values as samples: under the names of the file, with every label, and adding up where that bug is asked for. */
import type { MetricSample } from '#model'
import type { MetricSpec } from '#monitor-kit'
import { METRIC_IDS, metricOf, type Value } from './metrics.ts'
import type { StatsPlan } from './plan.ts'

/** What is told of a plan's metrics. Pure. */
export function specsOf({ names }: Pick<StatsPlan, 'names'>): readonly MetricSpec[] {
  return METRIC_IDS.flatMap((id) => {
    const name = names.get(id)
    const { help, kind, unit } = metricOf(id)
    return name === undefined ? [] : [{ name, help, kind, unit, verbatim: true }]
  })
}

/** Makes samples of values, collection by collection. */
export type ToSamples = (values: readonly Value[]) => readonly MetricSample[]

/** A counter is the kernel's own; only with bug B2 something is kept: the sum of what each collection found. */
export function createToSamples({ names, addsUp }: Pick<StatsPlan, 'names' | 'addsUp'>): ToSamples {
  const sums = new Map<string, number>()

  function told({ id, labels, value }: Value): number {
    if (!addsUp || metricOf(id).addsUp !== true) return value
    const series = JSON.stringify([id, ...labels])
    const sum = (sums.get(series) ?? 0) + value
    sums.set(series, sum)
    return sum
  }

  return (values) =>
    values.flatMap((one) => {
      const name = names.get(one.id)
      if (name === undefined || !Number.isFinite(one.value)) return []
      const labels = metricOf(one.id).labels.map((label, index) => [label, one.labels[index] ?? ''] as const)
      return [{ name, labels: Object.fromEntries(labels), value: told(one) }]
    })
}
