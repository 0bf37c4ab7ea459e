/** A stream of facts in memory: numbered, forgotten by age and size, never by who has read it. */
import type { Clock } from '#clock'
import type { StreamLayout } from '../layout.ts'

/** What a message costs beside its bytes: memory of its own, a date, a place in the list. */
const OVERHEAD_BYTES = 1024

/** A message as it is kept. */
export interface Kept {
  readonly sequence: number
  readonly time: Date
  readonly bytes: Uint8Array
}

/** A stream, and where each of its readers has taken it to. */
export interface MemoryStream {
  readonly firstSequence: number
  readonly lastSequence: number
  /** @returns its sequence */
  append(bytes: Uint8Array): number
  /** The first message after that sequence. */
  after(sequence: number): Kept | undefined
  takenUpTo(service: string): number
  /** Which of its lives a stream is in: it begins another when it is emptied. */
  readonly life: number
  /** A reader has done with everything up to there; of an earlier life, or before what it has done with, it says nothing. */
  taken(service: string, sequence: number, life: number): void
  /** Empties it, and begins to count anew. */
  clear(): void
  /** Called when there is a new message, or it was emptied. @returns its own removal */
  onMove(listener: () => void): () => void
}

export function createMemoryStream(
  { maxAgeMs, maxBytes }: Pick<StreamLayout, 'maxAgeMs' | 'maxBytes'>,
  clock: Clock,
): MemoryStream {
  const kept: (Kept & { readonly monotonicMs: number })[] = []
  const positions = new Map<string, number>()
  const listeners = new Set<() => void>()
  let last = 0
  let sizeBytes = 0
  let life = 1

  function forget(): void {
    const oldestMs = clock.monotonicMs() - maxAgeMs
    let count = 0
    for (const { bytes, monotonicMs } of kept) {
      if (sizeBytes <= maxBytes && monotonicMs >= oldestMs) break
      sizeBytes -= bytes.length + OVERHEAD_BYTES
      count++
    }
    if (count > 0) kept.splice(0, count)
  }

  function tell(): void {
    for (const listener of [...listeners]) listener()
  }

  return {
    get firstSequence() {
      forget()
      return kept[0]?.sequence ?? last + 1
    },
    get lastSequence() {
      return last
    },
    append(bytes) {
      last++
      kept.push({ sequence: last, time: clock.now(), bytes, monotonicMs: clock.monotonicMs() })
      sizeBytes += bytes.length + OVERHEAD_BYTES
      forget()
      tell()
      return last
    },
    after(sequence) {
      forget()
      const first = kept[0]
      return first && kept[Math.max(0, sequence + 1 - first.sequence)]
    },
    takenUpTo: (service) => positions.get(service) ?? 0,
    get life() {
      return life
    },
    taken(service, sequence, of) {
      if (of === life && sequence > (positions.get(service) ?? 0)) positions.set(service, sequence)
    },
    clear() {
      kept.length = 0
      positions.clear()
      sizeBytes = 0
      last = 0
      life++
      tell()
    },
    onMove(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
