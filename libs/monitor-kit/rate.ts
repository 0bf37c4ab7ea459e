/** What a counter grew by since it was last seen. */
export interface CounterDelta {
  /** undefined at first sight; a counter that went backwards was reset, and grew by what it has. */
  next(value: number, monoMs: number): { readonly delta: number; readonly perSecond: number } | undefined
}

export function createCounterDelta(): CounterDelta {
  let last: { value: number; monoMs: number } | undefined
  return {
    next(value, monoMs) {
      const before = last
      last = { value, monoMs }
      if (before === undefined) return undefined
      const delta = value >= before.value ? value - before.value : value
      const seconds = (monoMs - before.monoMs) / 1000
      return { delta, perSecond: seconds > 0 ? delta / seconds : 0 }
    },
  }
}
