/** How long this machine has slept since it came up: CLOCK_BOOTTIME counts that, CLOCK_MONOTONIC does not. */
import { uptime } from 'node:os'
import type { Clock } from '#clock'

/** Milliseconds, but for what no clock of both says: only how it moves says something, by some ten milliseconds. */
export function createSuspended(clock: Pick<Clock, 'monotonicMs'>): () => number {
  return () => uptime() * 1000 - clock.monotonicMs()
}
