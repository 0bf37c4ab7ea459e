/** What goes wrong between the services and the bus, one class per cause. */

export class BusTokenError extends Error {
  readonly code = 'BUS_TOKEN'
  constructor(token: string) {
    super(`${JSON.stringify(token.slice(0, 80))} is no token of a subject or key: expected 1 to 64 of A-Za-z0-9_-`)
    this.name = 'BusTokenError'
  }
}

/** The bus is not connected, so that nothing was asked of it. */
export class BusUnavailableError extends Error {
  readonly code = 'BUS_UNAVAILABLE'
  constructor(what: string, cause?: unknown) {
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    super(`${what}: the bus is not connected${why}`, { cause })
    this.name = 'BusUnavailableError'
  }
}

/** What the detector wrote for a service is not there (yet), or not what it should be. */
export class BusCredentialsError extends Error {
  readonly code = 'BUS_CREDENTIALS'
  constructor(path: string, cause: unknown) {
    super(
      `cannot read the bus's credentials in ${path}: ${cause instanceof Error ? cause.message : String(cause)}; the detector writes them when it starts its bus`,
      { cause },
    )
    this.name = 'BusCredentialsError'
  }
}

/** Whoever answers at the bus's address is not the server that the credentials speak of. */
export class BusStrangerError extends Error {
  readonly code = 'BUS_STRANGER'
  constructor(url: string, expected: number, found: number | undefined) {
    const who = found === undefined ? 'no user that can be told' : `user ${found}`
    super(`left what answers at ${url}: it belongs to ${who}, the bus to user ${expected}; end the other process`)
    this.name = 'BusStrangerError'
  }
}

/** An external server did not prove itself. */
export class BusTlsError extends Error {
  readonly code = 'BUS_TLS'
  constructor(url: string, why: string, cause?: unknown) {
    super(`refused the bus at ${url}: ${why}`, { cause })
    this.name = 'BusTlsError'
  }
}

/** The bus is there, and its store did not take or give what was asked. */
export class BusStoreError extends Error {
  readonly code = 'BUS_STORE'
  constructor(what: string, cause: unknown) {
    super(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'BusStoreError'
  }
}

/** Whoever made the bus knew of no such reader: it has no durable there, or may not ask for it. */
export class BusReaderUnknownError extends BusStoreError {
  constructor(stream: string, durable: string, cause: unknown) {
    super(`the bus knows no reader ${durable} of ${stream}`, cause)
    this.name = 'BusReaderUnknownError'
  }
}

/** Why a value is refused for itself: its bucket has no room, or no message or reader can take it. */
export type RefusalReason = 'full' | 'oversized' | 'undecodable'

/** The bus does not take this value. It takes others: nothing is wrong with the server. */
export class BusRefusedError extends BusStoreError {
  readonly why: RefusalReason
  constructor(what: string, why: RefusalReason, cause: unknown) {
    super(what, cause)
    this.name = 'BusRefusedError'
    this.why = why
  }
}

/** There is no nats-server to start, or a program that it is started by is missing. */
export class BusServerMissingError extends Error {
  readonly code = 'BUS_SERVER_MISSING'
  constructor(cause: unknown) {
    super(
      'cannot start nats-server: setpriv, flock or nats-server is not installed; apt-get install nats-server util-linux, or set bus.url',
      { cause },
    )
    this.name = 'BusServerMissingError'
  }
}

/** Another server owns the store: a second agent runs on this node. */
export class BusLockTakenError extends Error {
  readonly code = 'BUS_LOCK_TAKEN'
  constructor(lock: string, holder: string) {
    super(
      `cannot start the bus: another process holds ${lock}${holder === '' ? '' : ` (${holder})`}; stop that agent, or choose another run directory`,
    )
    this.name = 'BusLockTakenError'
  }
}

/** The nats-server ended, or answered nobody, before it could be used. */
export class BusServerFailedError extends Error {
  readonly code = 'BUS_SERVER_FAILED'
  /** It ran and answered nobody: another try may do. */
  readonly hung: boolean
  constructor(why: string, { hung = false }: { readonly hung?: boolean } = {}) {
    super(`nats-server did not start: ${why}`)
    this.hung = hung
    this.name = 'BusServerFailedError'
  }
}
