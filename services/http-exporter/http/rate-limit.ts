/** Requests of one address, bounded: a bucket of `burst` that fills at `perSecond`. */
import { createRate, createRates } from '#pace'

/** Addresses remembered; the longest unseen is forgotten first. */
const MAX_ADDRESSES = 1024

export interface RateLimit {
  /** Seconds to wait; 0 when the request may pass. */
  wait(address: string, nowMs: number): number
}

export function createRateLimit({ perSecond, burst }: { perSecond: number; burst: number }): RateLimit {
  const rates = createRates(MAX_ADDRESSES)
  return {
    wait(address, nowMs) {
      const rate = rates.of(address, () => createRate(perSecond, burst))
      return rate.take(nowMs) ? 0 : Math.ceil(rate.waitMs(nowMs) / 1000)
    },
  }
}
