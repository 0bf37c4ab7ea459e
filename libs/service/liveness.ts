/** The liveness file: a probe looks at its age, and no probe has to start a process. */
import { rm, utimes, writeFile } from 'node:fs/promises'
import { type Clock, every } from '#clock'
import type { Logger } from './types.ts'

/** The file is touched this often; older than three times this, the event loop hangs. */
export const ALIVE_EVERY_MS = 5000

/** Touches `path` for as long as the event loop turns. A folder that cannot be written costs only this. Returns its end. */
export function startLivenessFile(path: string, clock: Clock, log: Logger): () => void {
  let isTold = false
  async function touch(): Promise<void> {
    const now = new Date()
    try {
      await utimes(path, now, now).catch(() => writeFile(path, ''))
      isTold = false
    } catch (err) {
      if (!isTold) log.warn('liveness file cannot be written', { path, err })
      isTold = true
    }
  }
  void touch()
  return every(clock, { ms: ALIVE_EVERY_MS }, () => void touch())
}

/** A file that is there while the service is ready, for a probe that only asks `test -e`. */
export interface ReadyFile {
  set(isReady: boolean): void
  /** Takes it away. Resolves when that is done. */
  end(): Promise<void>
}

/** What an earlier process left is taken away at once. */
export function createReadyFile(path: string, log: Logger): ReadyFile {
  let isTold = false
  let last: Promise<void> = rm(path, { force: true }).catch(() => undefined)

  async function apply(isReady: boolean): Promise<void> {
    try {
      if (isReady) await writeFile(path, '')
      else await rm(path, { force: true })
      isTold = false
    } catch (err) {
      if (!isTold) log.warn('ready file cannot be written', { path, err })
      isTold = true
    }
  }

  function set(isReady: boolean): void {
    last = last.then(() => apply(isReady))
  }

  return {
    set,
    end() {
      set(false)
      return last
    },
  }
}
