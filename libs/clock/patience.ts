/**
 * Patience with others, measured in time that this process could have heard from them: time in which it had work and no processor
 * does not count. In a container that may use a hundredth of a core an answer lies there unread for longer than any limit, and who
 * answers may be a part of the same process. Of one that has time to wait every second counts: who hangs is found at his limit. Nobody
 * is forgiven more than a minute: what has no processor for longer may be held by the very one that is waited for.
 */
import type { Clock, Starvation } from './types.ts'

/** Less is what every timer is late. */
const COUNTS_MS = 50
/** A turn that this process's own work made so late finds what came meanwhile unread: it lets that be read first. */
const UNREAD_MS = 50
/** So much more than its limit a wait may last: a whole start with a hundredth of a core. */
export const FORGIVEN_MS = 60_000
/** Where all of that went by without a processor, so much more, in which is read what came meanwhile. */
const LAST_MS = 2000
/** How far back slowness is looked for, and how much of it must have passed to say anything. */
const WINDOW_MS = 30_000
const TELLS_MS = 1000
/** The kernel adds up a thread's time at its ticks (100 to 1,000 a second): what was added last may be so old. */
const TICK_MS = 10
const UNMEASURED: Starvation = { livedMs: 0, activeMs: 0, starvedMs: 0 }

/** How much of its life this process was without a processor, in milliseconds, but for a constant. */
export function starvedMs(clock: Clock): number {
  return clock.starvation?.().starvedMs ?? 0
}

/**
 * Begins to measure work that waits for nobody, in milliseconds; what it returns says how long it has taken by itself, however busy the
 * machine is with others. What is shorter than a tick of the kernel is measured as it passed.
 */
export function measureWork(clock: Clock): () => number {
  const begunMs = clock.monotonicMs()
  const starved = starvedMs(clock)
  return () => {
    const ms = clock.monotonicMs() - begunMs
    return Math.min(ms, Math.max(0, ms - (starvedMs(clock) - starved)) + TICK_MS)
  }
}

/**
 * How many times as long as with a processor of its own this process needs now: 1 and more, over the last 15 to 30 s; where it was not
 * asked in that time, since it was.
 */
export function createSlowness(clock: Clock): () => number {
  const sample = (): Starvation => clock.starvation?.() ?? UNMEASURED
  const begun = sample()
  let newer = begun.livedMs <= WINDOW_MS ? UNMEASURED : begun
  let older = newer
  return () => {
    const now = sample()
    const livedMs = now.livedMs - older.livedMs
    const times = livedMs < TELLS_MS ? 1 : livedMs / Math.max(1, livedMs - (now.starvedMs - older.starvedMs))
    if (now.livedMs - newer.livedMs >= WINDOW_MS / 2) {
      older = newer
      newer = now
    }
    return Math.max(1, times)
  }
}

/** The longest that {@link patiently} waits for a limit of `ms`, however little of a processor this process has. */
export function longestMs(ms: number): number {
  return ms + FORGIVEN_MS + Math.min(ms, LAST_MS)
}

/**
 * Calls `act` once `ms` have passed in which this process could do its work, {@link longestMs} of it at the latest, unless what it
 * returns was called before. Where this process's own work held it up until then, what came meanwhile is read first.
 * @param forgivenMs what it may last beyond `ms`; any time (`Number.POSITIVE_INFINITY`) only where nobody is waited for
 */
export function patiently(clock: Clock, ms: number, act: () => void, forgivenMs = FORGIVEN_MS): () => void {
  const forgivenUntilMs = clock.monotonicMs() + ms + forgivenMs
  let starved = starvedMs(clock)
  let isLast = false
  let isRead = false
  let dueMs = 0
  let callOff = wait(ms)

  function wait(forMs: number): () => void {
    dueMs = clock.monotonicMs() + forMs
    return clock.after(forMs, turn)
  }

  function turn(): void {
    if (!isRead && clock.monotonicMs() - dueMs > UNREAD_MS) {
      isRead = true
      callOff = wait(1)
      return
    }
    isRead = false
    const before = starved
    starved = starvedMs(clock)
    if (isLast || starved - before < COUNTS_MS) {
      act()
      return
    }
    const leftMs = forgivenUntilMs - clock.monotonicMs()
    const moreMs = Math.min(ms, starved - before)
    isLast = moreMs >= leftMs
    callOff = wait(isLast ? Math.max(leftMs, Math.min(moreMs, LAST_MS)) : moreMs)
  }

  return () => callOff()
}
