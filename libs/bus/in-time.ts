/** A question that must be answered in time. */
import { type Clock, within } from '#clock'

/** The promise's outcome. @throws after `ms`, saying `what` took so long */
export function inTime<T>(clock: Clock, promise: Promise<T>, ms: number, what: string): Promise<T> {
  return within(clock, promise, ms, () => {
    throw new Error(`${what} took longer than ${ms} ms`)
  })
}
