import type { Clock } from '#clock'
import type { MetricBatch } from '#proto/nodedoctor/v1/types.ts'
import { createListeners } from '../listeners.ts'
import { MESSAGE_BYTES } from '../message-bytes.ts'
import { metricParts } from '../metric-parts.ts'
import type { BusLog } from '../types.ts'
import type { Post } from './bucket.ts'

/** So much is kept for who comes later; the oldest goes. */
const KEPT_BYTES = 1 << 20
/** Who comes later is told nothing older: no exporter shows for longer what nobody tells. */
const KEPT_MS = 600_000

/** To which services, by name. */
export type Hearers = readonly string[] | 'all'

/** Who hears of samples. */
export interface SampleListeners {
  /**
   * He is told what is said from now on, and before it what was said last, so far as it was for him; never within this call.
   *
   * @param name of the service that hears
   * @returns its own removal
   */
  add(name: string, listener: (bytes: Uint8Array) => void): () => void
  /** Tells them, never within this call. @returns how many samples no message could hold: what is too large for the one bus is for the other */
  tell(batch: MetricBatch, to: Hearers): number
}

/** What was told last of one thing. */
interface Kept {
  readonly parts: readonly Uint8Array[]
  readonly to: Hearers
  readonly bytes: number
  readonly toldMs: number
  /** What its batch says of when. */
  readonly time: number | undefined
}

/** What is told again and again as one, of a batch. */
interface Thing {
  readonly key: string
  readonly parts: readonly Uint8Array[]
}

/**
 * What a check of several measures is one thing, whatever it names: it says all or nothing. What says no check, of one alone or
 * of the monitor itself, is one by its names: it rides with whatever is told.
 */
function keyOf(monitor: string, to: Hearers, check: string, samples: MetricBatch['samples']): string {
  const names = check === '' ? [...new Set(samples.map(({ name }) => name))].sort() : []
  return JSON.stringify([monitor, to, check, ...names])
}

/** @param parts of the whole batch */
function thingsOf(batch: MetricBatch, to: Hearers, parts: readonly Uint8Array[]): Thing[] {
  const byCheck = [...Map.groupBy(batch.samples, ({ check = '' }) => check)]
  return byCheck.map(([check, samples]) => {
    const key = keyOf(batch.monitor, to, check, samples)
    if (byCheck.length === 1) return { key, parts }
    const names = new Set(samples.map(({ name }) => name))
    const described = batch.described.filter(({ name }) => names.has(name))
    return { key, parts: metricParts({ ...batch, samples, described }, MESSAGE_BYTES).parts }
  })
}

/** What was told last, the oldest first. */
function createKept() {
  const kept = new Map<string, Kept>()
  let bytes = 0

  function remove(key: string): void {
    bytes -= kept.get(key)?.bytes ?? 0
    kept.delete(key)
  }
  return {
    keys: () => [...kept.keys()],
    get: (key: string) => kept.get(key),
    set(key: string, { parts: news, to, toldMs, time }: Omit<Kept, 'bytes'>): void {
      const before = kept.get(key)
      // A report that was too large for one came as several of one time.
      const parts = time !== undefined && before?.time === time ? [...before.parts, ...news] : news
      const told = { parts, to, toldMs, time, bytes: parts.reduce((sum, { length }) => sum + length, 0) }
      remove(key)
      if (told.bytes === 0) return
      kept.set(key, told)
      bytes += told.bytes
      for (const oldest of kept.keys()) {
        if (bytes <= KEPT_BYTES) break
        remove(oldest)
      }
    },
  }
}

/**
 * A server's bus keeps no samples. Here all services of a process begin at the same moment, one of them may begin again alone,
 * and a sample may be told once in a minute: who comes is told what was said last.
 */
export function createSampleListeners(clock: Clock, log: BusLog, post: Post): SampleListeners {
  const listeners = createListeners<Pick<Kept, 'to'> & { readonly part: Uint8Array }>(log)
  const kept = createKept()

  return {
    add(name, listener) {
      let isEnded = false
      const isFor = (to: Hearers) => !isEnded && (to === 'all' || to.includes(name))
      const end = listeners.add(({ part, to }) => {
        if (isFor(to)) listener(part)
      })
      // As it stands when it is its turn: what is told meanwhile is never followed by what was before.
      for (const key of kept.keys())
        post(() => {
          const last = kept.get(key)
          if (last === undefined || !isFor(last.to) || clock.monotonicMs() - last.toldMs > KEPT_MS) return
          for (const part of last.parts) listener(part)
        })
      return () => {
        isEnded = true
        end()
      }
    },
    tell(batch, to) {
      const { parts, leftOut } = metricParts(batch, MESSAGE_BYTES)
      const toldMs = clock.monotonicMs()
      const time = batch.time?.getTime()
      for (const thing of thingsOf(batch, to, parts)) kept.set(thing.key, { parts: thing.parts, to, toldMs, time })
      for (const part of parts) post(() => listeners.tell({ part, to }))
      return leftOut
    },
  }
}
