/** What a signal to `up` means: the first says stop, a later one kill. Pure: time is an argument. */

/**
 * One Ctrl-C comes several times: the terminal signals the whole group, and npx, its shell and the launcher each pass on what
 * they got. This long after the first, in milliseconds, another is the same word.
 */
export const ECHO_MS = 500

export type StopWord = 'stop' | 'echo' | 'kill'

/** @returns what is meant by a signal that comes at `nowMs`, on the monotonic clock, in the order in which they come */
export function createStopWords(): (nowMs: number) => StopWord {
  let firstMs: number | undefined
  return (nowMs) => {
    if (firstMs === undefined) {
      firstMs = nowMs
      return 'stop'
    }
    return nowMs - firstMs <= ECHO_MS ? 'echo' : 'kill'
  }
}
