/** Counters between two looks. */

/** How much a counter grew; undefined when it went backwards (it was reset) or was not known before. */
export function growth(before: number | undefined, now: number): number | undefined {
  return before === undefined || now < before ? undefined : now - before
}
