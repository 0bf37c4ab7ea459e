/**
 * When the folders of sockets are looked through: as soon as a name in them changes, when something of the last look is due, and
 * now and then as a net below what the kernel tells.
 */
import type { Clock } from '#clock'
import type { Host } from '#host'

/** The net: a chmod, a network file system, a folder beyond those that are watched. */
const NET_MS = 10_000
/** Between two looks, whatever is told. */
const LEAST_MS = 1000
/** Folders below the configured ones that are watched; who makes more is found by the net. */
const WATCHED_MAX = 256
/** The kernel's word has no net of its own here. */
const NEVER_MS = 2 ** 30

/** What a look leaves to be done. */
export interface Looked {
  /** Folders below the configured ones in which a socket may appear. */
  readonly folders: readonly string[]
  /** When at the latest to look again, on the monotonic clock. */
  readonly dueMs: number
}

export interface LookingOptions {
  readonly clock: Clock
  /** Of this process, not of the node: sockets stand in its own folders. */
  readonly files: Pick<Host['files'], 'watch'>
  /** The configured folders; they need not be there yet. */
  readonly dirs: readonly string[]
  readonly look: () => Promise<Looked>
  readonly onError: (err: unknown) => void
}

export interface Looking {
  /** Something changed that no folder shows. */
  news(): void
  /** Resolves when the last look has ended. */
  stop(): Promise<void>
}

export function startLooking({ clock, files, dirs, look, onError }: LookingOptions): Looking {
  const ending = new AbortController()
  const watched = new Map<string, { readonly end: AbortController; readonly ended: Promise<void> }>()
  let wake = (): void => undefined
  let isNews = false

  function news(): void {
    isNews = true
    wake()
  }

  function watch(folder: string): void {
    if (watched.has(folder)) return
    const end = new AbortController()
    const signal = AbortSignal.any([end.signal, ending.signal])
    const ended = files.watch(folder, news, { signal, lookMs: NEVER_MS, blindLookMs: LEAST_MS })
    watched.set(folder, { end, ended: ended.catch(onError) })
  }

  /** Folders that came are watched, those that went are not any more; the watch of a new one tells at once. */
  function follow(folders: readonly string[]): void {
    const wanted = new Set([...dirs, ...folders.slice(0, WATCHED_MAX)])
    for (const [folder, { end }] of watched) {
      if (wanted.has(folder)) continue
      end.abort()
      watched.delete(folder)
    }
    for (const folder of wanted) watch(folder)
  }

  async function turn(): Promise<number> {
    isNews = false
    try {
      const { folders, dueMs } = await look()
      if (!ending.signal.aborted) follow(folders)
      return dueMs
    } catch (err) {
      onError(err)
      return Number.POSITIVE_INFINITY
    }
  }

  async function untilTold(ms: number): Promise<void> {
    const told = new AbortController()
    wake = () => told.abort()
    if (isNews) told.abort()
    await clock.sleep(ms, AbortSignal.any([told.signal, ending.signal]), LEAST_MS / 2).catch(() => undefined)
  }

  async function turns(): Promise<void> {
    for (const dir of dirs) watch(dir)
    while (!ending.signal.aborted) {
      const beganMs = clock.monotonicMs()
      const dueMs = await turn()
      const leastMs = beganMs + LEAST_MS
      await untilTold(Math.min(NET_MS, Math.max(LEAST_MS, dueMs - clock.monotonicMs())))
      const earlyMs = leastMs - clock.monotonicMs()
      if (earlyMs > 0 && !ending.signal.aborted) await clock.sleep(earlyMs, ending.signal).catch(() => undefined)
    }
    await Promise.all([...watched.values()].map(({ ended }) => ended))
  }

  const ended = turns()
  return {
    news,
    stop() {
      ending.abort()
      return ended
    },
  }
}
