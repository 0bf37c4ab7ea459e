/** Calls that may hang take turns, so that threads are left for all others. */

/** One call at a time for each mount that may hang, on so many of these at the same time, and so many calls elsewhere. */
export interface Turns {
  /**
   * Begins a call when it is its turn, at once where it can.
   * @param mount undefined: on none that is known to hang sooner than others
   * @returns to be called when the call has ended, or is not wanted any more
   */
  take(mount: string | undefined, begin: () => void): () => void
}

/** @param max mounts that are asked at the same time, and calls elsewhere; of both together one more */
export function createTurns(max: number): Turns {
  const asked = new Set<string>()
  const waiting = new Set<{ readonly mount: string; readonly begin: () => void }>()
  let elsewhere = 0
  const waitingElsewhere = new Set<{ readonly begin: () => void }>()
  const isFull = (): boolean => asked.size + elsewhere > max

  /** Each kind leaves the other room for one call, so neither keeps the other waiting. */
  function goOn(): void {
    for (const each of waiting) {
      if (asked.size >= max || isFull()) break
      if (asked.has(each.mount)) continue
      waiting.delete(each)
      asked.add(each.mount)
      each.begin()
    }
    for (const each of waitingElsewhere) {
      if (elsewhere >= max || isFull()) return
      waitingElsewhere.delete(each)
      elsewhere++
      each.begin()
    }
  }
  /** Waits, and is over once, whether it was begun or not. */
  function wait<T>(queue: Set<T>, turn: T, ended: () => void): () => void {
    let isOver = false
    queue.add(turn)
    goOn()
    return () => {
      if (isOver) return
      isOver = true
      if (!queue.delete(turn)) ended()
      goOn()
    }
  }
  return {
    take(mount, begin) {
      if (mount === undefined) return wait(waitingElsewhere, { begin }, () => elsewhere--)
      return wait(waiting, { mount, begin }, () => asked.delete(mount))
    },
  }
}
