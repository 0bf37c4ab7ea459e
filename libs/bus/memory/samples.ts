import { createListeners } from '../listeners.ts'
import type { BusLog } from '../types.ts'

/** So much is kept for who has not come yet; the oldest goes. */
const KEPT_BYTES = 1 << 20

/** Samples as they are said: encoded, and to whom. */
export interface ToldSamples {
  readonly bytes: Uint8Array
  /** Services, by name. */
  readonly to: readonly string[] | 'all'
}

/** Who hears of samples. */
export interface SampleListeners {
  /** @param name of the service that hears; what is for others it is not told. @returns its own removal */
  add(name: string, listener: (bytes: Uint8Array) => void): () => void
  tell(told: ToldSamples): void
}

/**
 * Samples are told to who listens now. All services of a process begin at the same moment, and a sample may be told once in a
 * minute: what is said before anybody listened is kept for the first who does.
 */
export function createSampleListeners(log: BusLog): SampleListeners {
  const listeners = createListeners<ToldSamples>(log)
  let kept: ToldSamples[] | undefined = []
  let keptBytes = 0

  function keep(all: ToldSamples[], told: ToldSamples): void {
    all.push(told)
    keptBytes += told.bytes.length
    while (keptBytes > KEPT_BYTES) keptBytes -= all.shift()?.bytes.length ?? 0
  }

  return {
    add(name, listener) {
      const end = listeners.add(({ bytes, to }) => {
        if (to === 'all' || to.includes(name)) listener(bytes)
      })
      const before = kept ?? []
      kept = undefined
      for (const told of before) listeners.tell(told)
      return end
    },
    tell(told) {
      if (kept !== undefined) keep(kept, told)
      else listeners.tell(told)
    },
  }
}
