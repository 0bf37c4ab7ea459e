/** One beat a second, on the node's full seconds, for everything that counts time. None while the tab is hidden. */
import type { NodeClock } from '../feed/node-clock.ts'

export interface Ticker {
  /** Called each second with the node's time. Returns its own removal. */
  each(work: (nowMs: number) => void): () => void
}

export function createTicker(clock: NodeClock): Ticker {
  const all = new Set<(nowMs: number) => void>()
  function beat(): void {
    const nowMs = clock.now()
    for (const work of all) work(nowMs)
  }
  function next(): void {
    // A little after the full second: a timer may fire a moment too early.
    setTimeout(
      () => {
        if (document.visibilityState === 'visible') beat()
        next()
      },
      1010 - (clock.now() % 1000),
    )
  }
  next()
  document.addEventListener('visibilitychange', beat)
  return {
    each(work) {
      all.add(work)
      return () => all.delete(work)
    },
  }
}
