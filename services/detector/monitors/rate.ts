/** A token bucket: `perSecond` on the average, `perSecond` at once. */
export interface Rate {
  /** Takes one; false when there is none. */
  take(monoMs: number): boolean
}

export function createRate(perSecond: number): Rate {
  let tokens = perSecond
  let at: number | undefined
  return {
    take(monoMs) {
      tokens = Math.min(perSecond, tokens + (perSecond * Math.max(0, monoMs - (at ?? monoMs))) / 1000)
      at = monoMs
      if (tokens < 1) return false
      tokens--
      return true
    },
  }
}
