/**
 * Whether a service is ready, by the two files that it keeps beside its socket. A look costs two `stat`: no call, no
 * connection, nothing that would pile up in a supervisor that looks for weeks; and no thread, since the folder is one that the
 * supervisor has made itself.
 */
import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ALIVE_EVERY_MS } from '#service'

/** Turns of the event loop that were missed: the process hangs. */
const MISSED_MAX = 3

export interface ReadyLook {
  /** What an earlier process left is taken away, before another one starts. */
  forget(): Promise<void>
  /** @param monoMs a clock that no step of the wall clock moves */
  isReady(monoMs: number): boolean
}

/** @param socket of the service; its folder has the files */
export function createReadyLook(socket: string): ReadyLook {
  const ready = join(dirname(socket), 'ready')
  const alive = join(dirname(socket), 'alive')
  let touchedMs = -1
  let seenMs = 0

  return {
    forget: () => rm(ready, { force: true }),
    isReady(monoMs) {
      try {
        const { mtimeMs } = statSync(alive)
        if (mtimeMs !== touchedMs) {
          touchedMs = mtimeMs
          seenMs = monoMs
        }
        return statSync(ready).isFile() && monoMs - seenMs < MISSED_MAX * ALIVE_EVERY_MS
      } catch {
        // Not there yet, or not any more.
        return false
      }
    },
  }
}
