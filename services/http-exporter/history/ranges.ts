/** The spans of time a reader can ask for. */

export type Range = '1h' | '6h' | '1d' | '1w'

interface RangeSpec {
  readonly spanMs: number
  /** The tier of samples it is drawn from. */
  readonly tier: 0 | 1 | 2
  /** One point for each step. */
  readonly stepMs: number
}

const HOUR = 3_600_000

export const RANGES = {
  '1h': { spanMs: HOUR, tier: 0, stepMs: 15_000 },
  '6h': { spanMs: 6 * HOUR, tier: 1, stepMs: 60_000 },
  '1d': { spanMs: 24 * HOUR, tier: 1, stepMs: 240_000 },
  '1w': { spanMs: 7 * 24 * HOUR, tier: 2, stepMs: 1_800_000 },
} as const satisfies Record<Range, RangeSpec>

/** Undefined for anything that is no range. */
export function parseRange(text: string): Range | undefined {
  return Object.hasOwn(RANGES, text) ? (text as Range) : undefined
}
