/** How large an expression is once its repetitions are written out: compiling it takes as long. */

/** What is taken at a place of an expression as one: a quoted text, an escape, a class, a number of times, a character. */
export const TOKEN =
  /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[\s\S]|[^\]\\])*\]|\{\d{1,4}(?:,\d{0,4})?\}|[\s\S]/y

/** Of all patterns of a file together: about two seconds. Those that NPD ships have 2,000 at most. */
const SIZE_MAX = 300_000

/** Characters, classes and groups, as often as they are repeated. */
export function sizeOf(pattern: string): number {
  // Of each group that is open: what came before its last part, and that part.
  const open: { total: number; last: number }[] = []
  let [total, last] = [0, 0]
  TOKEN.lastIndex = 0
  for (let token = TOKEN.exec(pattern); token !== null; token = TOKEN.exec(pattern)) {
    const [taken] = token
    const [, least, most] = /^\{(\d+),?(\d*)\}$/.exec(taken) ?? []
    if (least !== undefined) last *= Math.max(Number(least), Number(most ?? 0), 1)
    else if (taken === '(') {
      open.push({ total, last })
      total = 0
      last = 1
    } else if (taken === ')') {
      const inside = total + last
      const outer = open.pop() ?? { total: 0, last: 0 }
      total = outer.total + outer.last
      last = inside
    } else {
      total += last
      last = taken.startsWith('\\Q') ? taken.length : 1
    }
  }
  return open.reduce((sum, outer) => sum + outer.total + outer.last, total + last)
}

/** Room for the patterns of one file. */
export interface PatternRoom {
  /** Whether there is room for one more; what does not fit takes none. */
  take(pattern: string): boolean
}

export function createPatternRoom(): PatternRoom {
  let left = SIZE_MAX
  return {
    take(pattern) {
      const size = sizeOf(pattern)
      if (size > left) return false
      left -= size
      return true
    },
  }
}
