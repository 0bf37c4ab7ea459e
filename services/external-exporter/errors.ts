/** What can go wrong here beside what a call says (libs/rpc). */

/** The longest text of somebody else's that is repeated. */
const REASON_MAX = 512

/** The exporter answered that it did not take it. */
export class NotTakenError extends Error {
  readonly code = 'NOT_TAKEN'
  /** @param reason in the exporter's own words */
  constructor(socketPath: string, reason: string) {
    const words = reason.slice(0, REASON_MAX).toWellFormed()
    super(`the exporter at ${socketPath} did not take it${words === '' ? ' and says no reason' : `: ${words}`}`)
    this.name = 'NotTakenError'
  }
}

/** The service ends before an exporter has taken it: it comes again. */
export class LaneEndedError extends Error {
  readonly code = 'LANE_ENDED'
  constructor(name: string) {
    super(`exporter ${name} has not taken it before the end; it is told after the next start`)
    this.name = 'LaneEndedError'
  }
}
