/** What every probe is given, and what every probe answers with. */
import type { Clock } from '#clock'

/** How long something took, and how much of that may have been the prober's own doing. */
export interface Sample {
  readonly ms: number
  /** Of `ms`: in which this process worked, or wanted to and had no processor. What was answered meanwhile lay there unread. */
  readonly lateMs: number
}

/** Measures how long others take. */
export interface Stopwatch {
  /** Begins one measurement; what it returns ends it, and may be asked again. */
  start(): () => Sample
}

/** How a probe asks. */
export interface Ask {
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  /** The longest that is waited for an answer. */
  readonly timeoutMs: number
  /** Ends the probe: it rejects with the signal's reason. */
  readonly signal: AbortSignal
}

/**
 * Why there was no answer:
 * - `timeout`: nothing came in time
 * - `refused`: nobody listens there
 * - `unreachable`: no way to there, as this machine, a router or a firewall on the way says
 * - `reset`: the other side broke off
 * - `denied`: we may not ask: a firewall of this machine, or for want of a right, a certificate, a password
 * - `name`: the name was not found, or could not be asked for
 * - `certificate`: it is not who it should be
 * - `malformed`: what came is not what the protocol says
 * - `unexpected`: an answer, by the protocol, and not the one that was to come
 * - `local`: this machine could not ask (no address, no port left)
 */
export type FailureKind =
  | 'timeout'
  | 'refused'
  | 'unreachable'
  | 'reset'
  | 'denied'
  | 'name'
  | 'certificate'
  | 'malformed'
  | 'unexpected'
  | 'local'

/** No answer, and why: a value, since that is what a probe is for. */
export interface Failure {
  readonly kind: FailureKind
  /** For people: what, where, and what that means ("connection refused at 127.0.0.1:10248"). */
  readonly message: string
  /** The system's or the protocol's own word ("ECONNREFUSED", "CERT_HAS_EXPIRED"); "" where there is none. */
  readonly code: string
}

/** What came of a probe. */
export type Probed<Answer> =
  | { readonly ok: true; readonly sample: Sample; readonly answer: Answer }
  | { readonly ok: false; readonly sample: Sample; readonly failure: Failure }

/** Where something listens. */
export interface Place {
  /** An address of IPv4 or IPv6, without brackets; an IPv6 one may have a zone (`fe80::1%eth0`). */
  readonly address: string
  /** 1 to 65535. */
  readonly port: number
}
