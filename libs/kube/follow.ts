/** A few objects followed: read once, then by a watch that is made anew whenever it ends, from where it was. */
import { createBackoff } from '#pace'
import type { Caller } from './call.ts'
import { KubeStatusError, KubeWatchError } from './errors.ts'
import type { CallOptions } from './request.ts'
import { type WatchLine, watchLines } from './watch-lines.ts'

/** Why there is no fresh word at the moment, or that there is again. */
export interface FollowState {
  /** undefined: the watch stands. */
  readonly trouble: Error | undefined
}

/** How something is followed. */
export interface FollowOptions<T> {
  /** Ends it. */
  readonly signal: AbortSignal
  /**
   * Everything that there is, by uid, at the beginning and after each change; the map is the same one, changed. What it throws ends the
   * following.
   */
  readonly onChange: (all: ReadonlyMap<string, T>) => void
  /** When the watch does not stand any more, with each vain attempt, and when it stands again. Default: nobody is told. */
  readonly onState?: (state: FollowState) => void
  /** Of each request but the watch itself. Default: the client's. */
  readonly timeoutMs?: number | undefined
}

/** What is followed, and what is kept of each. */
export interface Followed<T> {
  /** As RBAC names it. */
  readonly resource: string
  /** With a query that selects. */
  readonly path: string
  /** undefined: it is none of ours. */
  parse(object: unknown): { readonly uid: string; readonly value: T } | undefined
}

/** The server ends a watch after so long, and it is made anew. */
const WATCH_S = 300
/** A server with bookmarks says something each minute (k8s.io/apiserver, bookmarkFrequency): after this it is gone without a word. */
const SILENCE_MS = 90_000
/** A watch that ends sooner, and not for its own time, is tried again like one that failed. */
const SHORT_MS = 1000
const RETRY = { minMs: 500, maxMs: 30_000, steady: 0.5 } as const

/**
 * Follows until the signal ends: resolves then. What is followed is read at the beginning, and again where nobody knows any more from
 * which version to go on.
 * @throws whatever `onChange` throws
 */
export async function follow<T>(caller: Caller, of: Followed<T>, options: FollowOptions<T>): Promise<void> {
  const { signal, onState } = options
  const backoff = createBackoff(RETRY)
  const turn = createTurn(caller, of, options, {
    stands: () => onState?.({ trouble: undefined }),
    works: () => backoff.reset(),
  })
  while (!signal.aborted) {
    try {
      await turn()
    } catch (err) {
      if (signal.aborted) return
      if (err instanceof Listener) throw err.cause
      // Whether the server is still there is what asking anew tells.
      if (err instanceof KubeWatchError && err.why === 'silent') continue
      onState?.({ trouble: err instanceof Error ? err : new Error(String(err)) })
      const wishMs = err instanceof KubeStatusError ? (err.refusal.retryAfterMs ?? 0) : 0
      await caller.clock.sleep(Math.max(backoff.next(), Math.min(wishMs, RETRY.maxMs)), signal).catch(() => undefined)
    }
  }
}

/** What whoever listens threw: it is none of the server's. */
class Listener extends Error {}

/** What a turn tells of. */
interface Tells {
  /** The watch stands. */
  stands(): void
  /** Something came of it. */
  works(): void
}

/** One reading and watching; from the second on it goes on where it was. */
function createTurn<T>(
  caller: Caller,
  of: Followed<T>,
  { signal, timeoutMs, onChange }: FollowOptions<T>,
  tells: Tells,
): () => Promise<void> {
  const { resource, path, parse } = of
  const all = new Map<string, T>()
  const more: CallOptions = { signal, timeoutMs }
  const { clock } = caller
  const what = `watch ${resource}`
  let version = ''

  function tell(): void {
    try {
      onChange(all)
    } catch (err) {
      throw new Listener('', { cause: err })
    }
  }

  async function read(): Promise<void> {
    const now = await readOf(caller, of, more)
    version = now.version
    all.clear()
    for (const [uid, value] of now.found) all.set(uid, value)
    tell()
  }

  function take({ type, object }: WatchLine): void {
    const { resourceVersion } = (object['metadata'] ?? {}) as { resourceVersion?: unknown }
    if (typeof resourceVersion === 'string' && resourceVersion !== '') version = resourceVersion
    tells.works()
    const one = type === 'BOOKMARK' ? undefined : parse(object)
    if (one === undefined) return
    if (type === 'DELETED') all.delete(one.uid)
    else all.set(one.uid, one.value)
    tell()
  }

  async function watch(): Promise<void> {
    const ask = { method: 'GET', path: watchPath(path, version) } as const
    const opened = await caller.open({ ...more, verb: 'watch', resource, of: '', ask })
    const sinceMs = clock.monotonicMs()
    tells.stands()
    for await (const line of watchLines(opened, { clock, what, silenceMs: SILENCE_MS })) take(line)
    if (clock.monotonicMs() - sinceMs < SHORT_MS) throw new KubeWatchError(what, 'short', 'it was ended at once')
    tells.works()
  }

  return async () => {
    if (version === '') await read()
    try {
      await watch()
    } catch (err) {
      if (isExpired(err)) version = ''
      throw err
    }
  }
}

/** Everything that there is, and the version at which it was so. @throws KubeWatchError when it says none */
async function readOf<T>(caller: Caller, { resource, path, parse }: Followed<T>, more: CallOptions) {
  const found = new Map<string, T>()
  let version = ''
  for await (const page of caller.pages({ ...more, resource, path })) {
    for (const item of page.items ?? []) {
      const one = parse(item)
      if (one !== undefined) found.set(one.uid, one.value)
    }
    version = page.metadata?.resourceVersion ?? ''
  }
  if (version === '')
    throw new KubeWatchError(`list ${resource}`, 'nonsense', 'it has no version; does something else answer?')
  return { found, version }
}

function watchPath(path: string, resourceVersion: string): string {
  const query = new URLSearchParams({
    watch: 'true',
    resourceVersion,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(WATCH_S),
  })
  return `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`
}

function isExpired(err: unknown): boolean {
  if (err instanceof KubeWatchError) return err.why === 'expired'
  return err instanceof KubeStatusError && err.refusal.status === 410
}
