/** How somebody else's program is asked again after it failed: of a monitor and of an exporter alike. */
import { z } from 'zod'
import { durationOrNanoseconds } from './kinds.ts'

/** The most that makes sense of a number of tries. */
export const TRIES_MAX = 1_000_000

const wait = { min: '100ms', max: '24h' }

/** `retryPolicy`: node-problem-detector's names and defaults. */
export const retryPolicy = z.strictObject({
  maxAttempts: z
    .int()
    .min(1)
    .max(TRIES_MAX)
    .default(5)
    .describe('Tries in a row that fail before it is said to be lost. It is tried on, after the longest wait'),
  backoffMultiplier: z
    .number()
    .min(1)
    .max(1000)
    .default(2)
    .describe('How much longer each wait is than the one before'),
  initialBackoff: durationOrNanoseconds(wait).prefault('1s').describe('The first wait'),
  maxBackoff: durationOrNanoseconds(wait).prefault('5m').describe('The longest wait'),
})

/** `healthCheck.errorThreshold`. */
export const errorThreshold = z
  .int()
  .min(1)
  .max(TRIES_MAX)
  .default(3)
  .describe('Failures in a row after which it is asked once for each wait of `retryPolicy`, and no more')
