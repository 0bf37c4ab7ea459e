/** Whoever hears of something. */
import type { BusLog } from './types.ts'

export interface Listeners<T> {
  /** @returns its own removal */
  add(listener: (of: T) => void): () => void
  /** Tells all; what one throws is logged and keeps it from no other. */
  tell(of: T): void
}

export function createListeners<T>(log: BusLog): Listeners<T> {
  const listeners = new Set<(of: T) => void>()
  return {
    add(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell(of) {
      for (const listener of [...listeners]) {
        try {
          listener(of)
        } catch (err) {
          log.error('change of the connection to the bus could not be taken', { err })
        }
      }
    },
  }
}
