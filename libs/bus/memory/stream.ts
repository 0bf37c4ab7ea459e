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

interface Message extends Kept {
  readonly monotonicMs: number
}

/** What is kept, within its age and size. */
function createLog({ maxAgeMs, maxBytes }: Pick<StreamLayout, 'maxAgeMs' | 'maxBytes'>, clock: Clock) {
  const kept: Message[] = []
  let sizeBytes = 0

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

  return {
    now(): readonly Message[] {
      forget()
      return kept
    },
    push(sequence: number, bytes: Uint8Array): void {
      kept.push({ sequence, time: clock.now(), bytes, monotonicMs: clock.monotonicMs() })
      sizeBytes += bytes.length + OVERHEAD_BYTES
      forget()
    },
    clear(): void {
      kept.length = 0
      sizeBytes = 0
    },
  }
}

/** A stream that is empty yet. */
export function createMemoryStream(layout: Pick<StreamLayout, 'maxAgeMs' | 'maxBytes'>, clock: Clock): MemoryStream {
  const log = createLog(layout, clock)
  const positions = new Map<string, number>()
  const listeners = new Set<() => void>()
  let last = 0
  let life = 1

  function tell(): void {
    for (const listener of [...listeners]) listener()
  }

  return {
    get firstSequence() {
      return log.now()[0]?.sequence ?? last + 1
    },
    get lastSequence() {
      return last
    },
    append(bytes) {
      log.push(++last, bytes)
      tell()
      return last
    },
    after(sequence) {
      const kept = log.now()
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
      log.clear()
      positions.clear()
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
