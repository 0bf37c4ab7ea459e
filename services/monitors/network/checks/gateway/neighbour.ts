/** What the kernel's table of neighbours says of a gateway, and whether that is news. */
import type { Clock } from '#clock'
import { type Host, HostExecError } from '#host'
import type { NeighbourState } from '#probe'
import type { Silence } from './memory.ts'

const IP_TIMEOUT_MS = 2_000
/** `ip` counts whole seconds. */
const SECOND_MS = 1_000
/**
 * So long at most it is waited for news of one that answers no more: the kernel holds an address for confirmed for 45 s (half as long again as
 * base_reachable_time, arp(7)), and takes 8 s to find out that nobody answers for it any more.
 */
export const DOUBT_MS = 60_000

const NEIGHBOUR_STATES: ReadonlySet<string> = new Set<NeighbourState>([
  ...(['INCOMPLETE', 'REACHABLE', 'STALE', 'DELAY', 'PROBE'] as const),
  ...(['FAILED', 'NOARP', 'PERMANENT', 'NONE'] as const),
])

/** It was confirmed once, and will be asked again; in the other states nobody asks, or nobody has answered. */
const AWAITED: ReadonlySet<NeighbourState> = new Set(['REACHABLE', 'STALE', 'DELAY', 'PROBE'])

/** An entry of the table. */
export interface NeighbourEntry {
  readonly state: NeighbourState
  /** Seconds since it was confirmed, rounded down; undefined: not told. */
  readonly confirmedSeconds: number | undefined
}

function entryIn(text: string): NeighbourEntry | undefined {
  const [, state = ''] = /"state":\["([A-Z]+)"/.exec(text) ?? []
  if (!NEIGHBOUR_STATES.has(state)) return undefined
  const [, confirmed] = /"confirmed":(\d{1,12})\b/.exec(text) ?? []
  return {
    state: state as NeighbourState,
    confirmedSeconds: confirmed === undefined ? undefined : Number(confirmed),
  }
}

/**
 * "[{"dst":"10.0.0.1","dev":"eth0","used":5,"confirmed":3,"updated":9,"state":["REACHABLE"]}]"; undefined for anything else. Of several
 * links the one counts on which it lives; it is dead where it is so on all of them.
 */
export function parseNeighbour(text: string): NeighbourEntry | undefined {
  const known = Array.from(text.matchAll(/\{[^{}]*\}/g), ([entry]) => entryIn(entry)).filter(
    (entry) => entry !== undefined,
  )
  return known.find(({ state }) => state === 'REACHABLE') ?? known.find(({ state }) => state !== 'FAILED') ?? known[0]
}

/**
 * What the kernel says of one neighbour: /proc/net/arp does not say whether it was confirmed lately.
 * @param link of the route that leads to it; "": any
 * @param untold is called where there is no `ip`
 */
function askKernel({ programs }: Host, link: string, untold: () => void) {
  return async (address: string, signal: AbortSignal): Promise<NeighbourEntry | 'unread' | undefined> => {
    const [plain = '', device = link] = address.split('%')
    const args = ['-s', '-j', 'neighbour', 'show', 'to', plain, ...(device === '' ? [] : ['dev', device])]
    try {
      const { stdout } = await programs.run('ip', args, { timeoutMs: IP_TIMEOUT_MS, signal })
      return parseNeighbour(stdout)
    } catch (error) {
      if (!(error instanceof HostExecError)) throw error
      // Without ip nobody here knows; one that could not be started now is there.
      if (error.code !== 'ENOENT') return 'unread'
      untold()
      return undefined
    }
  }
}

/** One gateway, whose entry is looked at once its answers are missing. */
export interface NeighbourWatch {
  state(address: string, signal: AbortSignal): Promise<NeighbourState | undefined>
  /** There is no `ip`. */
  readonly isUntold: boolean
  /** The kernel does not know yet whether it lives: that is to be seen. */
  readonly isDoubtful: boolean
  /** undefined: its answers were not missed. */
  readonly silence: Silence | undefined
}

/** Whom it is about, and where. */
export interface Watched {
  /** Of the route that leads to it; "": any. */
  readonly link: string
  /** It answered before in this boot. */
  readonly hasAnswered: boolean
  /** As it was at the last look. */
  readonly silence: Silence | undefined
}

/** Whether an entry that was confirmed before its answers were missed may say that it lives. */
export function isInDoubt({ hasAnswered, silence }: Omit<Watched, 'link'>, nowMs: number): boolean {
  if (!hasAnswered || silence?.isProved === true) return false
  return silence === undefined || nowMs - silence.sinceMs < DOUBT_MS
}

/**
 * Of one that answered before, and does not now, an address that is still held for confirmed proves nothing: only what was confirmed since
 * its answers are missing. One that never answered, or has lived on without answering, is judged by what the kernel holds it for.
 */
export function watchNeighbour(host: Host, clock: Pick<Clock, 'monotonicMs'>, watched: Watched): NeighbourWatch {
  let { silence } = watched
  let isUntold = false
  let isDoubtful = isInDoubt(watched, clock.monotonicMs())
  const ask = askKernel(host, watched.link, () => {
    isUntold = true
  })

  async function state(address: string, signal: AbortSignal): Promise<NeighbourState | undefined> {
    if (!watched.hasAnswered || silence?.isProved === true) {
      const entry = await ask(address, signal)
      return entry === 'unread' ? undefined : entry?.state
    }
    silence ??= { sinceMs: clock.monotonicMs(), isProved: false }
    const entry = await ask(address, signal)
    // What could not be read this time is no news.
    if (entry === 'unread') return undefined
    const elapsedMs = clock.monotonicMs() - silence.sinceMs
    const isAwaited = entry !== undefined && AWAITED.has(entry.state)
    isDoubtful = isAwaited && elapsedMs < DOUBT_MS
    if (!isAwaited) return entry?.state
    const { confirmedSeconds } = entry
    const isNews = confirmedSeconds !== undefined && elapsedMs >= (confirmedSeconds + 1) * SECOND_MS
    // A kernel that is told to hold addresses for confirmed for very long says no more than that.
    if (isNews || (entry.state === 'REACHABLE' && (confirmedSeconds === undefined || elapsedMs >= DOUBT_MS))) {
      silence = { ...silence, isProved: true }
      isDoubtful = false
      return 'REACHABLE'
    }
    return entry.state === 'REACHABLE' ? 'DELAY' : entry.state
  }

  return {
    state,
    get isUntold() {
      return isUntold
    },
    get isDoubtful() {
      return isDoubtful
    },
    get silence() {
      return silence
    },
  }
}
