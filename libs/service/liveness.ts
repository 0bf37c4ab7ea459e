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
  /** What could not be written or taken away is tried again every 5 s. */
  set(isReady: boolean): void
  /** Takes it away. Resolves when that is done, or was tried once. */
  end(): Promise<void>
}

/** What an earlier process left is taken away at once. */
export function createReadyFile(path: string, clock: Clock, log: Logger): ReadyFile {
  let isWanted = false
  /** Whether it is there; undefined: nobody knows. */
  let isThere: boolean | undefined
  let isTold = false
  let hasEnded = false
  let callOff = (): void => undefined
  let last: Promise<void> = Promise.resolve()

  async function apply(): Promise<void> {
    if (isThere === isWanted) return
    const isReady = isWanted
    try {
      isThere = undefined
      if (isReady) await writeFile(path, '')
      else await rm(path, { force: true })
      isThere = isReady
      isTold = false
    } catch (err) {
      if (!isTold) log.warn('ready file cannot be written', { path, err })
      isTold = true
    }
    callOff()
    if (isThere !== isWanted && !hasEnded)
      callOff = clock.after(ALIVE_EVERY_MS - (clock.monotonicMs() % ALIVE_EVERY_MS), next)
  }

  function next(): void {
    last = last.then(apply)
  }

  next()
  return {
    set(isReady) {
      isWanted = isReady
      next()
    },
    async end() {
      isWanted = false
      hasEnded = true
      callOff()
      next()
      await last
      callOff()
    },
  }
}
