/** So many at a time, first come first served. */

/** Places that are taken and given back. */
export interface Slots {
  /** Resolves when there is a place, with what gives it back. Rejects with the signal's reason when aborted before. */
  take(signal: AbortSignal): Promise<() => void>
}

export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = []
  let free = count

  function giveBack(): void {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }

  /** What gives a place back, once however often it is called. */
  function taken(): () => void {
    let isHeld = true
    return () => {
      if (isHeld) giveBack()
      isHeld = false
    }
  }

  return {
    take(signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error)
      if (free > 0) {
        free--
        return Promise.resolve(taken())
      }
      return new Promise((resolve, reject) => {
        function off(): void {
          waiting.splice(waiting.indexOf(mine), 1)
          reject(signal.reason as Error)
        }
        function mine(): void {
          signal.removeEventListener('abort', off)
          resolve(taken())
        }
        signal.addEventListener('abort', off, { once: true })
        waiting.push(mine)
      })
    },
  }
}
