/** What a failed request means, in words, and how long to leave the server alone. Pure. */
import { KubeAccessError, KubeStatusError, KubeUnreachableError } from '#kube'

/**
 * - `away`: no answer, or the server says later; everything waits.
 * - `denied`: it does not know us, or does not let us.
 * - `missing`: what is written to is not there.
 * - `refused`: it will never take this; to try again is of no use.
 */
export type FailureKind = 'away' | 'denied' | 'missing' | 'refused'

export interface Failure {
  readonly kind: FailureKind
  /** For people: what is wrong and what to do. */
  readonly text: string
  /** The server's own wish. */
  readonly retryAfterMs: number | undefined
}

export interface FailureContext {
  readonly nodeName: string
  /** Where that name comes from: "environment, NODE_NAME". */
  readonly nameOrigin: string
  /** Where the way to the server comes from. */
  readonly accessOrigin: string
}

function deniedText({ verb, resource, status, message }: KubeStatusError['refusal'], context: FailureContext): string {
  if (status === 401)
    return `the API server does not know who asks (401, ${context.accessOrigin}): ${message}; the token or certificate is expired or of another cluster`
  return `the account of ${context.accessOrigin} may not ${verb} ${resource} (403): ${message}; grant the verb "${verb}" on "${resource}"`
}

/** @returns undefined for what is no failure of a request, but a mistake of ours */
export function judgeFailure(err: unknown, context: FailureContext): Failure | undefined {
  if (err instanceof KubeAccessError) return { kind: 'denied', text: err.message, retryAfterMs: undefined }
  if (err instanceof KubeUnreachableError) return { kind: 'away', text: err.message, retryAfterMs: undefined }
  if (!(err instanceof KubeStatusError)) return undefined
  const { status, resource, what, message, retryAfterMs } = err.refusal
  if (status === 401 || status === 403) return { kind: 'denied', text: deniedText(err.refusal, context), retryAfterMs }
  if (status === 404 && resource.startsWith('nodes')) {
    const text = `there is no node "${context.nodeName}" (the name is from ${context.nameOrigin}); register it, or set settings.nodeName to the node's name`
    return { kind: 'missing', text, retryAfterMs }
  }
  if (status === 404) return { kind: 'missing', text: err.message, retryAfterMs }
  if (status === 429 || status >= 500 || status === 408 || status === 409)
    return { kind: 'away', text: err.message, retryAfterMs }
  return { kind: 'refused', text: `${what} was refused (${status}): ${message}`, retryAfterMs: undefined }
}
