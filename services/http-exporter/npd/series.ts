/**
 * The metrics of node-problem-detector's files as its process would have them: one number for each name and labels, over all
 * files and monitors. A counter is the sum of theirs. Of one type at most one reason of `problem_gauge` is 1: the one that
 * became it last. Pure.
 */
import { type MetricDescriptor, type MetricSample, seriesKey } from '#model'

/** Series of one monitor. */
export const MAX_SERIES = 2048
const GAUGE = 'problem_gauge'

/** One line of the text. */
export interface NpdValue {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** All values of a name. */
export interface NpdFamily {
  readonly name: string
  readonly help: string
  readonly type: MetricDescriptor['kind']
  readonly values: readonly NpdValue[]
}

export interface NpdSeries {
  /** Takes what has one of its names. @returns how many found no place */
  take(monitor: string, samples: readonly MetricSample[], described: readonly MetricDescriptor[]): number
  /** A monitor no longer answers, or is gone. */
  forget(monitor: string): void
  /** By name, and within one by labels. */
  families(): readonly NpdFamily[]
}

interface Kept extends NpdValue {
  readonly name: string
  readonly key: string
  value: number
  /** Counts up with each sample that changed a value: which was said last. */
  changed: number
}

const byLabels = (a: Kept, b: Kept) => (a.key < b.key ? -1 : 1)

/** @param isOurs whether a sample is of a file: by its name, and who measured it */
export function createNpdSeries(isOurs: (monitor: string, sample: MetricSample) => boolean): NpdSeries {
  const monitors = new Map<string, Map<string, Kept>>()
  const declared = new Map<string, MetricDescriptor>()
  let changes = 0

  /** @returns whether there was room */
  function takeOne(series: Map<string, Kept>, { name, labels, value, check = '' }: MetricSample): boolean {
    const key = seriesKey(name, labels)
    const place = `${check}\u0000${key}`
    const known = series.get(place)
    if (known === undefined) {
      if (series.size >= MAX_SERIES) return false
      series.set(place, { name, key, labels, value, changed: ++changes })
    } else if (known.value !== value) {
      known.value = value
      known.changed = ++changes
    }
    return true
  }

  function byName(): Map<string, Kept[]> {
    return Map.groupBy(
      [...monitors.values()].flatMap((series) => [...series.values()]),
      ({ name }) => name,
    )
  }

  return {
    take(monitor, samples, described) {
      const ours = samples.filter((sample) => isOurs(monitor, sample))
      if (ours.length === 0) return 0
      const names = new Set(ours.map(({ name }) => name))
      for (const one of described) if (names.has(one.name)) declared.set(one.name, one)
      const series = monitors.get(monitor) ?? new Map<string, Kept>()
      monitors.set(monitor, series)
      return ours.filter((sample) => !takeOne(series, sample)).length
    },
    forget: (monitor) => void monitors.delete(monitor),
    families() {
      const all = [...byName()].sort(([a], [b]) => (a < b ? -1 : 1))
      return all.map(([name, values]) => {
        const { help = '', kind: type = 'gauge' } = declared.get(name) ?? {}
        const merged = name === GAUGE ? worstOf(values) : merge(values, type === 'counter')
        return { name, help, type, values: merged }
      })
    },
  }
}

/** One value for all of the same labels: their sum, or what was said last. */
function merge(values: readonly Kept[], isSum: boolean): readonly NpdValue[] {
  const merged = new Map<string, Kept>()
  for (const one of values.toSorted((a, b) => a.changed - b.changed)) {
    const sum = isSum ? (merged.get(one.key)?.value ?? 0) : 0
    merged.set(one.key, { ...one, value: sum + one.value })
  }
  return [...merged.values()].sort(byLabels)
}

/** What is said to hold by anybody, but of each type only the reason that was said last. */
function worstOf(values: readonly Kept[]): readonly NpdValue[] {
  const holding = new Map<string, Kept>()
  for (const one of values) {
    const type = one.labels['type'] ?? ''
    if (one.value === 1 && one.changed > (holding.get(type)?.changed ?? 0)) holding.set(type, one)
  }
  const once = new Map(values.map((one) => [one.key, one]))
  return [...once.values()].sort(byLabels).map(({ key, labels }) => {
    const value = holding.get(labels['type'] ?? '')?.key === key ? 1 : 0
    return { labels, value }
  })
}
