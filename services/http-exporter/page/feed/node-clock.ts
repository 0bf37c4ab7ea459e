/** The node's clock as this page knows it. The reader's own clock may be wrong by hours; ages must not be. */

export interface NodeClock {
  /** A message said what time it is there. Times that are none are ignored. */
  heard(at: string): void
  /** Now on the node, epoch milliseconds; before anything was heard, the reader's own clock. */
  now(): number
}

/** @param monoMs a clock that only goes forward, in milliseconds */
export function createNodeClock(monoMs: () => number, ownNow: () => number): NodeClock {
  let offset: number | undefined
  return {
    heard(at) {
      const time = Date.parse(at)
      if (Number.isFinite(time)) offset = time - monoMs()
    },
    now: () => (offset === undefined ? ownNow() : monoMs() + offset),
  }
}
