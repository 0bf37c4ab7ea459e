/** Everything that can go wrong here, one class for each cause. */
import type { LogFields } from '#service'

/** An error's own words. */
export function reasonOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  const code = 'code' in err && typeof err.code === 'string' ? err.code : ''
  return code === '' || err.message.includes(code) ? err.message : `${code}: ${err.message}`
}

/** A port that cannot be listened on. It is tried again; the other port goes on. */
export class ListenError extends Error {
  readonly code = 'LISTEN_FAILED'
  constructor(address: string, setting: string, cause: unknown) {
    super(`cannot listen on ${address}: ${reasonOf(cause)}; ${adviceFor(cause, setting)}`, { cause })
    this.name = 'ListenError'
  }
}

function adviceFor(cause: unknown, setting: string): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') return `end the program that uses it, or set ${setting} to a free port`
  if (code === 'EACCES') return `a port below 1024 needs CAP_NET_BIND_SERVICE; set ${setting} to another`
  if (code === 'EADDRNOTAVAIL') return 'the machine has no such address; set bindAddress to one it has'
  return `see ${setting}`
}

/** Certificate or key cannot be used. */
export class TlsFileError extends Error {
  readonly code = 'TLS_FILES'
  constructor(certFile: string, keyFile: string, cause: unknown) {
    super(
      `cannot use certificate ${certFile || '(unset)'} with key ${keyFile || '(unset)'}: ${reasonOf(cause)}; ` +
        'set exporters.http.tlsCertFile and tlsKeyFile to a PEM pair that this process may read',
      { cause },
    )
    this.name = 'TlsFileError'
  }
}

/** A log's fields for a port that is not served: what a machine may well be like has a code and words, anything else its stack. */
export function toldOf(failure: ListenError | TlsFileError): LogFields {
  const { cause, message: reason } = failure
  if (cause instanceof Error && 'code' in cause) return { code: cause.code, reason }
  return failure instanceof TlsFileError ? { code: failure.code, reason } : { err: failure }
}

/** The history file cannot be used. The history goes on in memory. */
export class HistoryFileError extends Error {
  readonly code = 'HISTORY_FILE'
  /** True: its content is of no use, and a new file may take its place. */
  readonly damaged: boolean
  constructor(path: string, damaged: boolean, cause: unknown) {
    super(`cannot use the history ${path}: ${reasonOf(cause)}`, { cause })
    this.name = 'HistoryFileError'
    this.damaged = damaged
  }
}
