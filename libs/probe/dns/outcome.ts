/** What a question says of who was asked. */
import { isJudged } from '../sample.ts'
import type { FailureKind } from '../types.ts'
import type { Tried } from './blame.ts'
import type { DnsProbed } from './types.ts'

/** It said what it had to say, or that it will not (RFC 1035, 4.1.1). */
const ANSWERS: readonly string[] = ['NOERROR', 'NXDOMAIN', 'REFUSED']
/** This machine's own doing: it could not ask. */
const OWN: readonly FailureKind[] = ['local', 'denied', 'name']

/** What a late prober may have brought about: who hears nothing of a connection for a while closes it (CoreDNS after 2 s). */
const OF_LATENESS: readonly FailureKind[] = ['timeout', 'reset']

/**
 * Whether a nameserver answered, for `blameOf`. A time-out of a prober that was itself late is held against nobody, nor a connection that
 * was closed meanwhile.
 * @param timeoutMs the one it was asked with
 */
export function dnsOutcome(probed: DnsProbed, timeoutMs: number): Tried['outcome'] {
  if (probed.ok) return ANSWERS.includes(probed.answer.rcode) ? 'answered' : 'failed'
  if (OWN.includes(probed.failure.kind)) return 'unjudged'
  const { kind } = probed.failure
  const isLate = !isJudged({ ...probed.sample, ms: timeoutMs }, timeoutMs)
  return isLate && OF_LATENESS.includes(kind) ? 'unjudged' : 'failed'
}
