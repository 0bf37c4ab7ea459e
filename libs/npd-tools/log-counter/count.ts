/** How often a log has a line, less how often it has another. Pure. */
import { compileToEnd, createLineMatcher } from '#pattern'

/** So many lines are looked at together. */
const BUFFER_LINES = 1000

/** Counts lines as they come. */
export interface LineCount {
  push(line: Buffer): void
  readonly count: number
}

/**
 * @param revertPattern "" for none
 * @throws PatternError
 */
export function createLineCount(pattern: string, revertPattern: string): LineCount {
  const patterns = [pattern, ...(revertPattern === '' ? [] : [revertPattern])].map((one) => compileToEnd(one))
  const matcher = createLineMatcher(patterns, { bufferLines: BUFFER_LINES })
  let count = 0
  return {
    push(line) {
      for (const match of matcher.push(line)) count += match.pattern === 0 ? 1 : -1
    },
    get count() {
      return count
    },
  }
}
