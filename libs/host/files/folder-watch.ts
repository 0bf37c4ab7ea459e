/**
 * Being told when the names in a folder change, instead of looking again and again. The kernel tells (inotify); a slow
 * look is the net for what it cannot tell: a network file system, a mount over the folder, a parent renamed.
 */
import { constants, type FSWatcher, watch } from 'node:fs'
import { access } from 'node:fs/promises'
import { posix } from 'node:path'
import type { Clock } from '#clock'
import { codeOf, HostReadError } from '../errors.ts'
import { waitFor } from '../wait.ts'
import type { WatchOptions } from './types.ts'

/** A burst (a socket made, its mode set, its folder renamed) is told as one. */
const SETTLE_MS = 20
/** Whoever changes without end costs his reader four looks a second. */
const GAP_MS = 250
const LOOK_MS = 30_000
/** Where the kernel tells nothing: its limit of watches is reached, or the folder hangs. */
const BLIND_LOOK_MS = 1_000
/** So many events that do not count are let through before nobody listens until the next look. */
const IGNORED_MAX = 256

/** What the kernel was asked to tell of: the folder, or the next step on the way to it. */
export interface Armed {
  /** Resolves at the first event that counts. */
  readonly told: Promise<void>
  readonly blind: boolean
  close(): void
}

function blind(): Armed {
  return { told: new Promise(() => {}), blind: true, close() {} }
}

/** Whether an event in the folder counts. */
export type Counts = (event: string, file: string | null) => boolean

/**
 * Listens for the first event that counts, and no longer.
 * @param path that {@link reached} has just answered for: the kernel looks it up on the main thread, with no deadline
 */
export function arm(path: string, counts: Counts): Armed {
  const { promise: told, resolve } = Promise.withResolvers<void>()
  let watcher: FSWatcher
  let ignored = 0
  // Closed at once: a storm in the folder stays in the kernel, where it costs us nothing.
  const tell = (): void => {
    watcher.close()
    resolve()
  }
  try {
    watcher = watch(path, (event, file) => {
      if (counts(event, file) || ++ignored > IGNORED_MAX) tell()
    })
  } catch {
    // No watch to be had, or the folder went in this moment: looked for again soon.
    return blind()
  }
  watcher.on('error', tell)
  return { told, blind: false, close: () => watcher.close() }
}

/** Asks what a watch will ask of a path: where it may not be read, the watch says so. Hangs where a watch would. */
export async function reached(real: string): Promise<string> {
  await access(real, constants.R_OK).catch((error: unknown) => {
    if (codeOf(error) !== 'EACCES') throw error
  })
  return real
}

/**
 * Finds the real place of a path below the host's root, and has it {@link reached}, within a deadline. Rejects where
 * there is none.
 */
export type Locate = (path: string) => Promise<string>

/**
 * The folder itself; where it is not there the nearest one above it, for the name that leads to it. Where it hangs nothing:
 * what is above may hang as well, at the cost of another thread, and says nothing when the mount answers again.
 */
export async function armNearest(locate: Locate, folder: string, within: Counts): Promise<Armed> {
  let counts = within
  let missing: string | undefined
  for (let path = folder; ; path = posix.dirname(path)) {
    const real = await locate(path).catch((error: unknown) => error)
    if (real instanceof HostReadError && real.code === 'TIMEOUT') return blind()
    if (typeof real === 'string') {
      const armed = arm(real, counts)
      const came = missing !== undefined && (await locate(missing).catch(() => undefined)) !== undefined
      if (!came) return armed
      // It came before anybody listened for it, and nothing would ever be told of what is in it.
      armed.close()
      return armNearest(locate, folder, within)
    }
    if (path === '/') return blind()
    missing = path
    const names = [posix.basename(path), posix.basename(posix.dirname(path)), null]
    counts = (event, file) => event === 'rename' && names.includes(file)
  }
}

/**
 * What a folder is and when a name in it last came or went: a word that is another one once either has changed. Never
 * rejects.
 */
export type StandOf = (folder: string) => Promise<string>

/** What a folder is watched with. */
export interface WatchDoor {
  readonly clock: Clock
  readonly locate: Locate
  readonly standOf: StandOf
}

/**
 * Waits for what the kernel tells, or until a call is due. Meanwhile it is looked whether the folder is still what it was:
 * events are lost when too many wait, and nothing is told of a mount over a folder.
 */
async function waitOn(
  { clock, standOf }: WatchDoor,
  folder: string,
  told: Promise<void>,
  { stand, dueMs, netMs, signal }: { stand: string; dueMs: number; netMs: number; signal: AbortSignal },
): Promise<'told' | 'due'> {
  const beganMs = clock.monotonicMs()
  for (;;) {
    const leftMs = dueMs - (clock.monotonicMs() - beganMs)
    const first = await waitFor(clock, Math.min(leftMs, netMs), signal, told)
    if (first === 'told' || signal.aborted || leftMs <= netMs) return first
    if ((await standOf(folder)) !== stand) return 'due'
  }
}

/** See {@link Files.watch}. */
export async function watchFolder(
  door: WatchDoor,
  folder: string,
  onChange: () => void | Promise<void>,
  options: WatchOptions,
): Promise<void> {
  const { clock, locate, standOf } = door
  const { signal, contents = false, settleMs = SETTLE_MS, gapMs = GAP_MS, netMs = LOOK_MS } = options
  const { lookMs = LOOK_MS, blindLookMs = Math.min(BLIND_LOOK_MS, lookMs) } = options
  while (!signal.aborted) {
    const armed = await armNearest(locate, folder, (event) => contents || event === 'rename')
    try {
      const stand = netMs < lookMs && !armed.blind ? await standOf(folder) : ''
      if (signal.aborted) return
      const toldMs = clock.monotonicMs()
      await onChange()
      const dueMs = armed.blind ? blindLookMs : lookMs
      const first = await waitOn(door, folder, armed.told, { stand, dueMs, netMs: armed.blind ? dueMs : netMs, signal })
      const restMs = Math.max(settleMs, gapMs - (clock.monotonicMs() - toldMs))
      if (first === 'told') await waitFor(clock, restMs, signal)
    } finally {
      armed.close()
    }
  }
}
