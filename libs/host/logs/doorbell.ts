/**
 * Tells when the kernel's log has something to read. Node can wait for a character device only by a thread that it blocks
 * and cannot take back; a child that copies the device into a pipe wakes us instead (docs/decisions/kernel-log.md). What
 * it copies is thrown away: the device is read here, record by record.
 */
import type { Clock } from '#clock'
import { HostExecError } from '../errors.ts'
import type { Programs } from '../programs/types.ts'
import { waitFor } from '../wait.ts'

/** `cat` ends when it was overrun by the kernel (EPIPE). */
const AGAIN_MS = 1_000
/** Where there is no `cat`: then the log is looked at. */
const BLIND_MS = 2_000

/** Rings when there is something to read. */
export interface Doorbell {
  /** Resolves at the next ring: one call, one ring. */
  next(): Promise<void>
  /** Ends the child. */
  close(): void
}

/** @param path of the device, on this machine */
export function createDoorbell(clock: Clock, programs: Programs, path: string): Doorbell {
  const closing = new AbortController()
  const { signal } = closing
  let ring = Promise.withResolvers<void>()

  async function copy(): Promise<number> {
    try {
      const child = await programs.start('cat', [path], { dieWithParent: true, onChunk: () => ring.resolve() })
      const end = (): void => void child.stop(1_000)
      signal.addEventListener('abort', end)
      if (signal.aborted) end()
      await child.exited
      signal.removeEventListener('abort', end)
      return AGAIN_MS
    } catch (error) {
      if (error instanceof HostExecError) return BLIND_MS
      throw error
    }
  }
  async function live(): Promise<void> {
    while (!signal.aborted) {
      const againMs = await copy()
      ring.resolve()
      await waitFor(clock, againMs, signal)
    }
  }
  void live()
  return {
    next() {
      ring = Promise.withResolvers()
      return ring.promise
    },
    close: () => closing.abort(),
  }
}
