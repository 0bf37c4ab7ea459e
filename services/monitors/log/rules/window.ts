/** How often something happened within a time, by the times that lines say. Pure. */

/**
 * Takes one more into the times of those before.
 * A clock that is set back makes no line count for longer: what lies further away than the window, on either side, is gone.
 * @param times of at most `count - 1` before, in the order of the lines
 * @returns those that count from now on; `isFull`: this one makes it so many
 */
export function countedIn(
  times: readonly number[],
  atMs: number,
  { count, withinMs }: { readonly count: number; readonly withinMs: number },
): { readonly times: readonly number[]; readonly isFull: boolean } {
  const near = times.filter((time) => Math.abs(atMs - time) < withinMs)
  near.push(atMs)
  return { times: near.slice(-(count - 1)), isFull: near.length >= count }
}

/** Whether a time lies within so long of another, on either side: a clock may be set back. */
export function isWithin(atMs: number, beforeMs: number | undefined, withinMs: number): boolean {
  return beforeMs !== undefined && Math.abs(atMs - beforeMs) < withinMs
}
