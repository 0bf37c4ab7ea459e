/** Why a bus did not answer. Nobody outside of `units` sees them: there they are a value. */

/** What came is not what D-Bus says. */
export class BusMalformedError extends Error {
  override readonly name = 'BusMalformedError'
}

/**
 * - `no-bus`: there is no socket, or nobody listens at it
 * - `denied`: this user may not connect, or may not ask this
 * - `hung`: it took the connection, or has a queue full of them, and did not answer in time
 * - `malformed`: what came is not what D-Bus says
 * - `closed`: it ended the connection before it had answered
 * - `failed`: the connection broke in another way
 */
export type BusFailure = 'no-bus' | 'denied' | 'hung' | 'malformed' | 'closed' | 'failed'

/** The connection is over, and whatever was asked over it is not answered. */
export class BusLostError extends Error {
  override readonly name = 'BusLostError'
  readonly failure: BusFailure

  constructor(failure: BusFailure, message: string, cause?: unknown) {
    super(message, { cause })
    this.failure = failure
  }
}
