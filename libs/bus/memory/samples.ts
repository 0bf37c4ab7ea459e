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

/** A batch as it was told last. */
interface Kept {
  readonly parts: readonly Uint8Array[]
  readonly to: Hearers
  readonly bytes: number
  readonly toldMs: number
}

/** Batches that name the same are one thing that is told again and again: of each monitor and check another. */
function keyOf({ monitor, samples }: MetricBatch, to: Hearers): string {
  const names = new Set(samples.map(({ check, name }) => `${check} ${name}`))
  return JSON.stringify([monitor, to, ...[...names].sort()])
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
    set(key: string, told: Kept): void {
      remove(key)
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
      const bytes = parts.reduce((sum, { length }) => sum + length, 0)
      if (bytes > 0) kept.set(keyOf(batch, to), { parts, to, bytes, toldMs: clock.monotonicMs() })
      for (const part of parts) post(() => listeners.tell({ part, to }))
      return leftOut
    },
  }
}
