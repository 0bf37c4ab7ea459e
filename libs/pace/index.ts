/** How often something may happen, and how long to wait before it is tried again. Pure: time and chance are arguments. */
export { type Backoff, type BackoffOptions, backoffMs, createBackoff } from './backoff.ts'
export {
  type Breaker,
  type BreakerPolicy,
  CLOSED,
  callBy,
  type Failed,
  failedBy,
  isExhausted,
  waitMsOf,
} from './breaker.ts'
export { createRate, type Rate } from './rate.ts'
export { createRates, type Rates } from './rates.ts'
