/** What can go wrong between us and the API server. */

/** No way to the API server is configured, or what is configured cannot be read. */
export class KubeAccessError extends Error {
  readonly code = 'KUBE_ACCESS'
  /** Where it was looked for and what is wrong there. */
  readonly fault: string
  constructor(where: string, what: string, cause?: unknown) {
    super(`cannot find the way to the API server in ${where}: ${what}`, { cause })
    this.name = 'KubeAccessError'
    this.fault = `${where}: ${what}`
  }
}

/** Nothing says where an API server is: this machine may be of no cluster. */
export class KubeNowhereError extends KubeAccessError {}

/** What a connection says whose other side has no certificate that we trust: Node's words, and OpenSSL's. */
const UNVERIFIED = /CERT|ISSUER|LEAF_SIGNATURE|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)/

/** The request got no answer: it may or may not have been done. */
export class KubeUnreachableError extends Error {
  readonly code = 'KUBE_UNREACHABLE'
  /** The system's own word: "ECONNREFUSED", "CERT_HAS_EXPIRED"; "" where it has none, as of a deadline. */
  readonly reason: string
  /** Somebody is there, and is not who he should be: nothing was asked of him, and no token was sent. */
  readonly isUnverified: boolean
  constructor(what: string, server: string, cause: unknown) {
    super(`${what} at ${server} got no answer: ${textOf(cause)}`, { cause })
    this.name = 'KubeUnreachableError'
    this.reason = reasonOf(cause)
    this.isUnverified = UNVERIFIED.test(this.reason)
  }
}

/** One of the details of a refusal: "DisruptionBudget", "The disruption budget web needs 2 healthy pods and has 2 currently". */
export interface KubeCause {
  readonly reason: string
  readonly message: string
}

/** What the server said no with: the parts of a v1 Status that matter. */
export interface KubeRefusal {
  /** "patch nodes/status n1" */
  readonly what: string
  /** As RBAC names it: get, list, create, patch, delete. */
  readonly verb: string
  /** As RBAC names it: nodes, nodes/status, events. */
  readonly resource: string
  readonly status: number
  /** Status.reason: NotFound, AlreadyExists, Forbidden, TooManyRequests … "" when there was none. */
  readonly reason: string
  readonly message: string
  /** The server's own hint, from Retry-After. */
  readonly retryAfterMs?: number | undefined
  /** Status.details.causes, at most {@link CAUSES_MAX}. Absent: none were given. */
  readonly causes?: readonly KubeCause[] | undefined
}

/** Causes of a refusal that are kept. */
export const CAUSES_MAX = 16

/** The server answered, and did not do it. */
export class KubeStatusError extends Error {
  readonly code = 'KUBE_STATUS'
  readonly refusal: KubeRefusal
  constructor(refusal: KubeRefusal) {
    super(
      `${refusal.what} was answered with ${refusal.status}${refusal.reason === '' ? '' : ` ${refusal.reason}`}: ${refusal.message}`,
    )
    this.name = 'KubeStatusError'
    this.refusal = refusal
  }
}

/**
 * Why a watch stands no more. `expired`: from which version it was to go on is not known any more (410), and everything is to be read
 * again. `silent`: nothing came for too long. `short`: it was ended at once. `nonsense`: whoever speaks there is no API server.
 */
export type WatchEnd = 'expired' | 'silent' | 'short' | 'failed' | 'nonsense'

/** A watch that stood and stands no more. What it told holds. */
export class KubeWatchError extends Error {
  readonly code = 'KUBE_WATCH'
  readonly why: WatchEnd
  constructor(what: string, why: WatchEnd, words: string) {
    super(`${what} ended: ${words}`)
    this.name = 'KubeWatchError'
    this.why = why
  }
}

function reasonOf(err: unknown): string {
  if (err instanceof Error && 'code' in err && typeof err.code === 'string') return err.code
  return err instanceof AggregateError ? reasonOf(err.errors[0]) : ''
}

function textOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  // Node puts several addresses' failures into one error without a text of its own.
  if (err instanceof AggregateError && err.message === '') return err.errors.map(textOf).join('; ')
  return err.message
}
