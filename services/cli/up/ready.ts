/**
 * Whether a service is ready, and whether it lives, by the two files that it keeps beside its socket. A look costs two `stat`: no
 * call, no connection, nothing that would pile up in a supervisor that looks for weeks; and no thread, since the folder is one
 * that the supervisor has made itself.
 */
import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ALIVE_EVERY_MS } from '#service'

/** Turns of the event loop that were missed: the process hangs. */
const MISSED_MAX = 3
/** Looks come every 2 s at the latest. What lies between two of them beyond this, who looks was held himself. */
const BETWEEN_MS = 4000

export interface ReadyLook {
  /** What an earlier process left is taken away, before another one starts. */
  forget(): Promise<void>
  /** @param monoMs a clock that no step of the wall clock moves */
  isReady(monoMs: number): boolean
  /** For how long, as of the last look, it showed in no way that it lives, counted while there was somebody to see it. */
  readonly silentMs: number
  /** Whether its event loop was seen to turn at all. */
  readonly hasTurned: boolean
  /** It has shown otherwise that it lives; that makes it no readier. */
  answered(): void
}

/** When a file was touched; undefined: it is not there yet, or not any more. */
function touchOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

/** @param socket of the service; its folder has the files */
export function createReadyLook(socket: string): ReadyLook {
  const ready = join(dirname(socket), 'ready')
  const alive = join(dirname(socket), 'alive')
  let touchedMs: number | undefined
  let hasEverTurned = false
  let lookedMs: number | undefined
  /** Since its event loop was seen to turn, and since it showed that it lives. */
  let stillMs = 0
  let silentMs = 0

  function look(monoMs: number): boolean {
    const passedMs = Math.min(monoMs - (lookedMs ?? monoMs), BETWEEN_MS)
    lookedMs = monoMs
    const mtimeMs = touchOf(alive)
    const hasTurned = mtimeMs !== undefined && mtimeMs !== touchedMs
    touchedMs = mtimeMs
    hasEverTurned ||= hasTurned
    stillMs = hasTurned ? 0 : stillMs + passedMs
    silentMs = hasTurned ? 0 : silentMs + passedMs
    return mtimeMs !== undefined && stillMs < MISSED_MAX * ALIVE_EVERY_MS && touchOf(ready) !== undefined
  }

  return {
    async forget() {
      touchedMs = undefined
      hasEverTurned = false
      lookedMs = undefined
      stillMs = 0
      silentMs = 0
      await Promise.all([ready, alive].map((path) => rm(path, { force: true })))
    },
    isReady(monoMs) {
      try {
        return look(monoMs)
      } catch {
        // A part of the path is none any more.
        return false
      }
    },
    get silentMs() {
      return silentMs
    },
    get hasTurned() {
      return hasEverTurned
    },
    answered() {
      silentMs = 0
    },
  }
}
