/** The latest samples of monitors and services, as metrics. Bounded, each series with its monitor, none from those that are gone. */
import { cleanText, type MetricDescriptor, type MetricSample, seriesKey } from '#model'
import type { PlainFamily, PlainValue } from '#service'
import { hasOurName, placeOf, type Speaker, UNCONVENTIONAL } from './sample-place.ts'

/** Series of one monitor, and how long one is shown without being told again. */
export const MAX_SERIES_PER_MONITOR = 2048
export const FORGET_AFTER_MS = 3_600_000
/** Of all plug-ins together: with them /metrics is written within the memory of the http-exporter's container. */
export const MAX_PLUGIN_SERIES = 32_768
export const MAX_PLUGIN_BYTES = 16 * 1024 * 1024
const MAX_MONITORS = 256
/** Names that are described by one monitor or service. */
const MAX_DESCRIBED = 256
/** What a series costs beside its words: its record, and the lines of its family. */
const SERIES_BYTES = 256

/** Where a monitor's samples are cut: at its own series, or at those of all plug-ins. */
export type Cut = 'its own series' | 'series of all plug-ins'

interface Kept extends PlainValue {
  readonly family: string
  readonly bytes: number
  /** It has a place among those of ours, and else one of all plug-ins. */
  readonly isOurs: boolean
  value: number
  seenMs: number
}

interface Teller {
  readonly series: Map<string, Kept>
  /** What was said of its names, with their samples. */
  readonly described: Map<string, MetricDescriptor>
}

export type Described = (monitor: string, name: string) => MetricDescriptor | undefined

export interface SampleTable {
  /** @returns samples that found no place */
  take(monitor: string, samples: readonly MetricSample[], nowMs: number, said?: readonly MetricDescriptor[]): number
  /** A monitor no longer answers, or is gone. */
  forget(monitor: string): void
  /**
   * Each name once, in order, what has no place under its own name last.
   *
   * @param described what a monitor declares of a metric
   */
  families(nowMs: number, described?: Described): Iterable<PlainFamily>
}

/** As it is declared; of what is not, or contradicts its own name (promtool holds one against the other), none is told. */
function typeOf(name: string, kind: MetricDescriptor['kind'] | undefined): PlainFamily['type'] {
  return kind !== undefined && (kind === 'counter') === name.endsWith('_total') ? kind : 'untyped'
}

/** What its monitor says of it; undefined where it says nothing. */
function helpOf(declared: MetricDescriptor | undefined): string | undefined {
  const help = cleanText(declared?.help ?? '', 240)
  return help === '' ? undefined : help
}

/** A word with one letter beyond Latin-1 takes two bytes for each. */
function bytesOf(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + word.length * (/^[\u0000-\u00ff]*$/.test(word) ? 1 : 2), SERIES_BYTES)
}

function keptOf(speaker: Speaker, sample: MetricSample, key: string, seenMs: number): Kept {
  const { family, labels } = placeOf(speaker, sample, key)
  return { family, labels, isOurs: speaker.isOurs, bytes: bytesOf([key, labels, family]), value: sample.value, seenMs }
}

function describe({ described }: Teller, said: readonly MetricDescriptor[]): void {
  for (const one of said) {
    if (described.size < MAX_DESCRIBED || described.has(one.name)) described.set(one.name, one)
  }
}

/** What the first of these says that says anything. */
function declaredOf(
  by: Iterable<string>,
  told: (monitor: string) => MetricDescriptor | undefined,
): MetricDescriptor | undefined {
  for (const monitor of by) {
    const declared = told(monitor)
    if (declared !== undefined) return declared
  }
  return undefined
}

/** What all plug-ins have taken. */
function createRoom() {
  let series = 0
  let bytes = 0
  return {
    has: (kept: Kept) => series < MAX_PLUGIN_SERIES && bytes + kept.bytes <= MAX_PLUGIN_BYTES,
    add(kept: Kept) {
      series++
      bytes += kept.bytes
    },
    remove(kept: Kept) {
      series--
      bytes -= kept.bytes
    },
  }
}

/** All series, by the name of which they are. */
function byFamily(
  tellers: ReadonlyMap<string, Teller>,
): Map<string, { readonly by: Set<string>; readonly values: Kept[] }> {
  const all = new Map<string, { readonly by: Set<string>; readonly values: Kept[] }>()
  for (const [by, { series }] of tellers) {
    for (const kept of series.values()) {
      const known = all.get(kept.family)
      if (known === undefined) all.set(kept.family, { by: new Set([by]), values: [kept] })
      else {
        known.by.add(by)
        known.values.push(kept)
      }
    }
  }
  return all
}

/**
 * @param onCut called once for each monitor of which something finds no place, until it is forgotten
 * @param isOurs whether it is a service or monitor of ours, as far as is known now
 */
export function createSampleTable(
  onCut: (monitor: string, at: Cut) => void = () => undefined,
  isOurs: (monitor: string) => boolean = hasOurName,
): SampleTable {
  const tellers = new Map<string, Teller>()
  const cut = new Set<string>()
  const room = createRoom()

  function remove(monitor: string, key: string, kept: Kept): void {
    tellers.get(monitor)?.series.delete(key)
    if (!kept.isOurs) room.remove(kept)
  }

  function forgetOld(nowMs: number): void {
    for (const [monitor, { series }] of tellers) {
      for (const [key, kept] of series) if (nowMs - kept.seenMs > FORGET_AFTER_MS) remove(monitor, key, kept)
      if (series.size === 0) tellers.delete(monitor)
    }
  }

  function tellCut(monitor: string, at: Cut): void {
    if (cut.has(monitor) || cut.size >= MAX_MONITORS) return
    cut.add(monitor)
    onCut(monitor, at)
  }

  /** Where it is cut; undefined once it is kept. */
  function add({ series }: Teller, key: string, kept: Kept): Cut | undefined {
    if (series.size >= MAX_SERIES_PER_MONITOR) return 'its own series'
    if (!kept.isOurs) {
      if (!room.has(kept)) return 'series of all plug-ins'
      room.add(kept)
    }
    series.set(key, kept)
    return undefined
  }

  return {
    take(monitor, samples, nowMs, said = []) {
      const speaker = { name: monitor, isOurs: isOurs(monitor) }
      if (!tellers.has(monitor) && tellers.size >= MAX_MONITORS && !speaker.isOurs) {
        tellCut(monitor, 'series of all plug-ins')
        return samples.length
      }
      const teller: Teller = tellers.get(monitor) ?? { series: new Map(), described: new Map() }
      tellers.set(monitor, teller)
      describe(teller, said)
      let refused = 0
      let hasForgotten = false
      for (const sample of samples) {
        const key = seriesKey(sample.name, sample.labels)
        const known = teller.series.get(key)
        if (known !== undefined) {
          known.value = sample.value
          known.seenMs = nowMs
          continue
        }
        const kept = keptOf(speaker, sample, key, nowMs)
        let at = add(teller, key, kept)
        if (at === 'series of all plug-ins' && !hasForgotten) {
          hasForgotten = true
          forgetOld(nowMs)
          tellers.set(monitor, teller)
          at = add(teller, key, kept)
        }
        if (at === undefined) continue
        refused++
        tellCut(monitor, at)
      }
      return refused
    },
    forget(monitor) {
      for (const [key, kept] of tellers.get(monitor)?.series ?? []) remove(monitor, key, kept)
      tellers.delete(monitor)
      cut.delete(monitor)
    },
    *families(nowMs, described = () => undefined) {
      forgetOld(nowMs)
      const all = byFamily(tellers)
      const others = all.get(UNCONVENTIONAL)
      all.delete(UNCONVENTIONAL)
      for (const name of [...all.keys()].sort()) {
        const { by, values } = all.get(name) ?? { by: [], values: [] }
        const declared = declaredOf(
          by,
          (monitor) => tellers.get(monitor)?.described.get(name) ?? described(monitor, name),
        )
        const help = helpOf(declared) ?? 'As monitors tell it; docs/monitors.md says what it is.'
        yield { name, help, type: typeOf(name, declared?.kind), values }
      }
      const help = 'Samples of monitors whose names do not follow the conventions of Prometheus.'
      yield { name: UNCONVENTIONAL, help, type: 'gauge', values: others?.values ?? [] }
    },
  }
}
