/** The way to the exporter, as people are told about it. Times are of the monotonic clock. */
export type Link =
  /** Nothing was heard yet. */
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** It ended a moment ago and is being asked for again: what is shown is no older than usual. */
  | { readonly state: 'rejoining' }
  /** `retryAtMs` is undefined while it is being tried. */
  | { readonly state: 'lost'; readonly retryAtMs?: number | undefined }

/** Without a byte for this long the stream is lost. The exporter says something every few seconds. */
export const SILENT_MS = 10_000

/** How long an ended stream may take to say something again before it counts as lost: a little over a beat. */
export const REJOIN_MS = 4000

/** A stream that lasted this long was a good one: when it ends, it is asked for again at once. */
export const STEADY_MS = 5000

/** Waits before the second and later attempts; the last one again and again. */
export const RETRY_MS = [1000, 2000, 3000, 5000] as const

export function retryDelayMs(failures: number): number {
  return RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? 0
}
