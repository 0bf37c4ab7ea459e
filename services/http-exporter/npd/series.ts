/**
 * The metrics of node-problem-detector's files as its process would have them: one number for each name and labels, over all
 * files and monitors. A counter is the sum of theirs. Of one type at most one reason of `problem_gauge` is 1: the one that
 * became it last. Pure.
 */
import { type MetricDescriptor, type MetricSample, seriesKey } from '#model'

/** Series of one monitor. */
export const MAX_SERIES = 2048
/** How long one is kept that its file does not tell any more while it tells others: an interface that is gone. */
export const FORGET_AFTER_MS = 600_000
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
  take(monitor: string, samples: readonly MetricSample[], nowMs: number, described: readonly MetricDescriptor[]): number
  /** A monitor no longer answers, or is gone. */
  forget(monitor: string): void
  /** By name, and within one by labels. */
  families(): readonly NpdFamily[]
}

interface Kept extends NpdValue {
  readonly name: string
  readonly key: string
  readonly check: string
  value: number
  seenMs: number
  /** Counts up with each sample that changed a value: which was said last. */
  changed: number
}

const byLabels = (a: Kept, b: Kept) => (a.key < b.key ? -1 : 1)

/** Two files of one monitor may tell the same. */
function placeOf({ name, labels, check = '' }: MetricSample): string {
  return `${check}\u0000${seriesKey(name, labels)}`
}

/** @param isOurs whether a sample is of a file: by its name, and who measured it */
export function createNpdSeries(isOurs: (monitor: string, sample: MetricSample) => boolean): NpdSeries {
  const monitors = new Map<string, Map<string, Kept>>()
  const declared = new Map<string, MetricDescriptor>()
  let changes = 0

  /** @returns whether it is kept already */
  function renew(series: Map<string, Kept>, sample: MetricSample, nowMs: number): boolean {
    const known = series.get(placeOf(sample))
    if (known === undefined) return false
    known.seenMs = nowMs
    if (known.value !== sample.value) {
      known.value = sample.value
      known.changed = ++changes
    }
    return true
  }

  /** @returns whether there was room */
  function add(series: Map<string, Kept>, sample: MetricSample, nowMs: number): boolean {
    // One batch may name it twice.
    if (renew(series, sample, nowMs)) return true
    if (series.size >= MAX_SERIES) return false
    const { name, labels, value, check = '' } = sample
    const key = seriesKey(name, labels)
    series.set(placeOf(sample), { name, key, labels, check, value, seenMs: nowMs, changed: ++changes })
    return true
  }

  function forgetOld(series: Map<string, Kept>, telling: ReadonlySet<string>, nowMs: number): void {
    for (const [place, { check, seenMs }] of series)
      if (nowMs - seenMs > FORGET_AFTER_MS && telling.has(check)) series.delete(place)
  }

  function byName(): Map<string, Kept[]> {
    return Map.groupBy(
      [...monitors.values()].flatMap((series) => [...series.values()]),
      ({ name }) => name,
    )
  }

  return {
    take(monitor, samples, nowMs, described) {
      const ours = samples.filter((sample) => isOurs(monitor, sample))
      if (ours.length === 0) return 0
      const names = new Set(ours.map(({ name }) => name))
      for (const one of described) if (names.has(one.name)) declared.set(one.name, one)
      const series = monitors.get(monitor) ?? new Map<string, Kept>()
      monitors.set(monitor, series)
      const news = ours.filter((sample) => !renew(series, sample, nowMs))
      forgetOld(series, new Set(ours.map(({ check = '' }) => check)), nowMs)
      return news.filter((sample) => !add(series, sample, nowMs)).length
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
