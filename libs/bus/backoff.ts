const MIN_MS = 50
const MAX_MS = 2000

/** How long to wait after so many failures in a row: doubled each time, at most 2 s, half of it by chance. */
export function backoffMs(failures: number, maxMs: number = MAX_MS): number {
  const ceiling = Math.min(maxMs, MIN_MS * 2 ** Math.min(failures, 16))
  return ceiling / 2 + (Math.random() * ceiling) / 2
}
