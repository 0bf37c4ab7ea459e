/** Everything that goes wrong between two processes, one class per cause. */

/** What says where a socket is, where nothing else is said. */
export const PLACE = 'run directory'

/** The path has no room in a socket's address. */
export class SocketPathTooLongError extends Error {
  readonly code = 'SOCKET_PATH_TOO_LONG'
  constructor(path: string, bytes: number, place = PLACE) {
    super(`cannot listen on ${path}: ${bytes} bytes, and a Unix socket's path may have 107; choose a shorter ${place}`)
    this.name = 'SocketPathTooLongError'
  }
}

/** Another process answers on the socket’s path. */
export class SocketInUseError extends Error {
  readonly code = 'SOCKET_IN_USE'
  constructor(path: string, place = PLACE) {
    super(`cannot listen on ${path}: another process answers there; stop it, or choose another ${place}`)
    this.name = 'SocketInUseError'
  }
}

/** Something that is no socket lies at the path. */
export class SocketPathTakenError extends Error {
  readonly code = 'SOCKET_PATH_TAKEN'
  /** @param what "a file that is no socket" */
  constructor(path: string, what: string, place = PLACE) {
    super(`cannot listen on ${path}: ${what} is there; remove it, or choose another ${place}`)
    this.name = 'SocketPathTakenError'
  }
}

/** The socket cannot be made there. */
export class SocketUnwritableError extends Error {
  readonly code = 'SOCKET_UNWRITABLE'
  constructor(path: string, cause: unknown, place = PLACE) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`cannot listen on ${path}: ${why}; make its folder writable for this user, or choose another ${place}`, {
      cause,
    })
    this.name = 'SocketUnwritableError'
  }
}

/** A call that did not get its answer. `code` is gRPC's word: "UNAVAILABLE", "DEADLINE_EXCEEDED". */
export class RpcError extends Error {
  readonly code: string
  /** The socket's path. */
  readonly path: string
  /** "/nodedoctor.v1.Monitor/Describe" */
  readonly method: string
  /** What the other side, or the connection, says of it. */
  readonly details: string
  constructor(path: string, method: string, code: string, details: string, cause?: unknown) {
    super(`${method} on ${path}: ${code}${details === '' ? '' : `: ${details}`}`, { cause })
    this.name = 'RpcError'
    this.code = code
    this.path = path
    this.method = method
    this.details = details
  }
}
