/** What a process cannot start or go on with. */

export class IllegalTransitionError extends Error {
  readonly code = 'ILLEGAL_TRANSITION'
  constructor(service: string, from: string, to: string) {
    super(`${service} cannot go from ${from} to ${to}`)
    this.name = 'IllegalTransitionError'
  }
}

/** A command line that makes no sense: exit code 2. */
export class UsageError extends Error {
  readonly code = 'USAGE'
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** A service did not stop within its deadline. */
export class DrainTimeoutError extends Error {
  readonly code = 'DRAIN_TIMEOUT'
  constructor(service: string, ms: number) {
    super(`${service} did not stop within ${ms} ms; what it had not finished is abandoned`)
    this.name = 'DrainTimeoutError'
  }
}

/** A service does not run, and is not tried any more. */
export class ServiceDownError extends Error {
  readonly code = 'SERVICE_DOWN'
  constructor(service: string, what: string, cause: unknown) {
    super(`${service} ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'ServiceDownError'
  }
}

/** A service that has no bus asked for it. */
export class BuslessError extends Error {
  readonly code = 'BUSLESS'
  constructor(service: string) {
    super(`${service} runs in a process without a bus; start it by runService`)
    this.name = 'BuslessError'
  }
}
