/** Which store a reader sees: one that was made anew, or went backwards, voids everything that is known of it. */
import type { StoreMeta } from '#proto/nodedoctor/v1/types.ts'
import type { BusLog } from './types.ts'

/** The store as a reader knows it, and who has to know that it is another. */
export interface Stores {
  /** The store says who it is. The first word is no news, another incarnation is. */
  saw(meta: Pick<StoreMeta, 'incarnation'>): void
  /** It is another, by other signs than its own word. Listeners hear it first, then all begins anew. */
  another(why: string): void
  /** Called with the incarnation, "" where it is not known. @returns its own removal */
  onNewStore(listener: (incarnation: string) => void): () => void
  /** What reads from the start again when the store is another (a watch of a bucket, a position), until aborted. */
  restarts(restart: () => void, until: AbortSignal): void
}

/** A reader that has seen no store yet. */
export function createStores(log: Pick<BusLog, 'info'>): Stores {
  const listeners = new Set<(incarnation: string) => void>()
  const restarts = new Set<() => void>()
  let incarnation: string | undefined

  function another(why: string): void {
    log.info('the store of the bus is another', { incarnation, why })
    for (const listener of [...listeners]) listener(incarnation ?? '')
    for (const restart of [...restarts]) restart()
  }

  return {
    saw(meta) {
      const before = incarnation
      incarnation = meta.incarnation
      if (before !== undefined && before !== meta.incarnation) another('it was made anew')
    },
    another,
    onNewStore(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    restarts(restart, until) {
      restarts.add(restart)
      until.addEventListener('abort', () => restarts.delete(restart), { once: true })
    },
  }
}
