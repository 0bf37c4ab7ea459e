/** What the history does by itself: thinning, letting go, returning to the disk. */
import type { Clock } from '#service'
import type { HistoryStore } from './store.ts'
import { pruneHistory, thinSamples } from './thin.ts'
import type { Writer } from './writer.ts'

const THIN_MS = 60_000
const PRUNE_MS = 600_000
const RECOVER_MS = 60_000
const CHECKPOINT_MS = 300_000

export interface PruneOptions {
  readonly store: HistoryStore
  readonly clock: Clock
  readonly retentionMs: number
}

export interface HouseOptions extends PruneOptions {
  readonly writer: Writer
}

/** How full the history may stand after it was pruned in passing, and when there was no room for what had to be written. */
export const USUAL_SHARE = 0.9
export const CRAMPED_SHARE = 0.5

/** Lets go of what is too old or too much, where the history is now. @throws what SQLite throws */
export function prunePlace({ store, clock, retentionMs }: PruneOptions, share: number): void {
  const { place } = store
  if (place === undefined) return
  const cut = pruneHistory(place.db, { now: clock.now(), retentionMs, maxBytes: place.maxBytes * share })
  if (cut !== undefined) place.recorder.setMeta('known_from', String(cut.getTime()))
}

export interface House {
  /** Does what is due. Every few seconds. */
  keep(): Promise<void>
}

export function createHouse({ store, writer, clock, retentionMs }: HouseOptions): House {
  const done = new Map<string, number>()
  const startedMs = clock.monotonicMs()

  function due(what: string, everyMs: number): boolean {
    const now = clock.monotonicMs()
    if (now - (done.get(what) ?? startedMs) < everyMs) return false
    done.set(what, now)
    return true
  }

  return {
    async keep() {
      if (due('recover', RECOVER_MS) && store.place?.onDisk === false) await writer.following(() => store.recover())
      if (due('thin', THIN_MS)) {
        await writer.flush()
        writer.attempt(() => {
          if (store.place !== undefined) thinSamples(store.place.db, clock.now())
        })
      }
      if (due('prune', PRUNE_MS)) writer.attempt(() => prunePlace({ store, clock, retentionMs }, USUAL_SHARE))
      if (due('checkpoint', CHECKPOINT_MS)) {
        await writer.following(() => store.check({ sync: true }))
        writer.attempt(() => store.checkpoint())
      }
    },
  }
}
