/** What held this process up, as the kernel counts it. */
import { closeSync, openSync, readSync } from 'node:fs'
import { codeOf, HostReadError } from '../errors.ts'
import { cpuStatPlaces, throttledMsIn, waitedMsIn } from './cgroup.ts'
import type { Own } from './types.ts'

/** The calling thread's, which is the one whose event loop waits; /proc/self has that of the main thread. */
const SCHEDSTAT = '/proc/thread-self/schedstat'
const CGROUP = '/proc/self/cgroup'
const CGROUPS = '/sys/fs/cgroup'
/** cpu.stat has 10 lines, and /proc/self/cgroup 15 of paths that may be long. */
const MAX_BYTES = 8192

/** Reads files of the kernel in this thread: they answer from memory, and opening one costs 3 µs more than to keep it open. */
function createReader(root: string, untold: HostReadError[]) {
  const buffer = Buffer.allocUnsafe(MAX_BYTES)
  const told = new Set<string>()

  function read(path: string): string {
    const fd = openSync(root + path, 'r')
    try {
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, MAX_BYTES, 0))
    } finally {
      closeSync(fd)
    }
  }
  /** Told once for each path, so that what fails at every call costs no memory. */
  function tell(path: string, code: string, cause?: unknown): undefined {
    if (told.has(path)) return undefined
    told.add(path)
    untold.push(new HostReadError({ action: 'read', path, code, cause }))
    return undefined
  }
  return {
    tell,
    tryRead(path: string): string | undefined {
      try {
        return read(path)
      } catch (cause) {
        return tell(path, codeOf(cause), cause)
      }
    },
    /** The first of the paths that can be read. */
    find(paths: readonly string[]): string | undefined {
      for (const path of paths) {
        try {
          read(path)
          return path
        } catch {
          // The next one may be there; that none is, is told.
        }
      }
      return tell(`${CGROUPS}/cpu.stat`, 'ENOENT')
    },
  }
}

/** How long this process's cgroups were held back while it was in them. */
function createThrottled({ tryRead, find }: ReturnType<typeof createReader>): () => number {
  let cgroups: string | undefined
  let place: string | undefined
  let before: number | undefined
  let totalMs = 0
  return () => {
    const now = tryRead(CGROUP)
    if (now !== cgroups) {
      cgroups = now
      place = now === undefined ? undefined : find(cpuStatPlaces(now).map((path) => CGROUPS + path))
      before = undefined
    }
    if (place === undefined) return totalMs
    const text = tryRead(place)
    if (text === undefined) return totalMs
    const read = throttledMsIn(text)
    totalMs += Math.max(0, read - (before ?? read))
    before = read
    return totalMs
  }
}

/** @param root where proc and sys are, in tests; "" is this process's own */
export function createOwn(root = ''): Own {
  const untold: HostReadError[] = []
  const reader = createReader(root, untold)
  const throttledMs = createThrottled(reader)

  function waitedMs(): number {
    const text = reader.tryRead(SCHEDSTAT)
    if (text === undefined) return 0
    return waitedMsIn(text) ?? reader.tell(SCHEDSTAT, 'MALFORMED') ?? 0
  }
  return { delays: () => ({ waitedMs: waitedMs(), throttledMs: throttledMs() }), untold }
}
