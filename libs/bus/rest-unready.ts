import type { Clock } from '#clock'

/** The net below what a destination says itself; all streams are looked at in one wake. */
export const NOT_READY_MS = 2000

/** Until the destination may be back, and no longer than `mostMs`. */
export async function restUnready(
  waiting: {
    readonly clock: Clock
    readonly signal: AbortSignal
    /** Calls when it may be ready. @returns its end */
    readonly onReady: (listener: () => void) => () => void
  },
  mostMs = NOT_READY_MS,
): Promise<void> {
  const { clock, signal, onReady } = waiting
  const told = new AbortController()
  const end = onReady(() => told.abort())
  const netMs = NOT_READY_MS - (clock.monotonicMs() % NOT_READY_MS)
  await clock.sleep(Math.min(netMs, mostMs), AbortSignal.any([signal, told.signal])).catch(() => undefined)
  end()
}
