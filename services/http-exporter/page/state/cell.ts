/** A value that parts of the page follow. Whoever follows hears of changes once a frame, however many there were. */

export interface Cell<T> {
  readonly value: T
  set(value: T): void
  /** Returns its own removal. */
  follow(listener: () => void): () => void
}

export interface Frames {
  /** Calls once before the next paint; in a hidden tab, where nothing is painted, within half a second. */
  request(work: () => void): void
}

const HIDDEN_MS = 500

export function createFrames(): Frames {
  let waiting = new Set<() => void>()
  function run(): void {
    const due = waiting
    waiting = new Set()
    for (const work of due) work()
  }
  return {
    request(work) {
      if (waiting.size === 0) {
        if (document.visibilityState === 'visible') requestAnimationFrame(run)
        else setTimeout(run, HIDDEN_MS)
      }
      waiting.add(work)
    },
  }
}

export function createCell<T>(first: T, frames: Frames): Cell<T> {
  let value = first
  const listeners = new Set<() => void>()
  function tell(): void {
    for (const listener of [...listeners]) listener()
  }
  return {
    get value() {
      return value
    },
    set(next) {
      if (Object.is(next, value)) return
      value = next
      if (listeners.size > 0) frames.request(tell)
    },
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
