/** Calls on mounts that may hang take turns, so that threads are left for all others. */

/** One call at a time for each mount, and on so many mounts at the same time. */
export interface Turns {
  /**
   * Begins a call when it is its turn, at once where it can.
   * @returns to be called when the call has ended, or is not wanted any more
   */
  take(mount: string, begin: () => void): () => void
}

/** @param max mounts that are asked at the same time */
export function createTurns(max: number): Turns {
  const asked = new Set<string>()
  const waiting = new Set<{ readonly mount: string; readonly begin: () => void }>()

  function goOn(): void {
    for (const each of waiting) {
      if (asked.size >= max) return
      if (asked.has(each.mount)) continue
      waiting.delete(each)
      asked.add(each.mount)
      each.begin()
    }
  }
  return {
    take(mount, begin) {
      const turn = { mount, begin }
      let isOver = false
      waiting.add(turn)
      goOn()
      return () => {
        if (isOver) return
        isOver = true
        if (!waiting.delete(turn)) asked.delete(mount)
        goOn()
      }
    },
  }
}
