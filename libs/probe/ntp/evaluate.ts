/** What an answer of an NTP server says of this machine's clock. */
import { betweenMs, type NtpPacket, toTimestamp } from './packet.ts'

/** Both clocks at one moment. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
  /** How far apart the two were read. */
  readonly doubtMs: number
}

/** What a server answers. */
export type NtpAnswer =
  | {
      readonly kind: 'time'
      /** The server's clock less ours: positive where ours is behind. */
      readonly offsetMs: number
      /** The true time is within so much of the server's: half the way to it and back, and what it says of its own way to a clock. */
      readonly errorMs: number
      /** There and back, without what the server took. */
      readonly delayMs: number
      readonly stratum: number
      /** Whether the last minute of this day has 61 or 59 seconds. */
      readonly leap: 'none' | 'insert' | 'delete'
    }
  /** It does not know the time itself. */
  | { readonly kind: 'unsynchronised'; readonly stratum: number; readonly reference: string }
  /** It wants to be left alone: `RATE` (asked too often), `DENY`, `RSTR`. */
  | { readonly kind: 'kiss'; readonly code: string }
  /** Somebody set this machine's clock meanwhile, by so much: nothing is known of it before it is asked again. */
  | { readonly kind: 'stepped'; readonly byMs: number }

/** Words of a server that has only just begun, or was set: no refusal (RFC 5905, 7.4). */
const NOT_YET: readonly string[] = ['', 'INIT', 'STEP']
const STRATUM_MAX = 15
const LEAP_UNKNOWN = 3
const LEAPS = ['none', 'insert', 'delete'] as const
/** The wall clock is read in whole milliseconds: two readings are so far apart without a step. */
const RESOLUTION_MS = 1
/** So far two clocks of one machine may run apart within a probe: a clock that is slewed runs up to a tenth too fast (chronyd), both do. */
const STEP_MS = 2
/** A server whose clock is slewed counts so much more than there was (chronyd, maxslewrate). */
const SLEWED = 1.1

/** By how much the wall clock was set between two moments; 0 for what reading them may have been. */
export function steppedMs(begun: Moment, ended: Moment): number {
  const byMs = ended.wallMs - begun.wallMs - (ended.monotonicMs - begun.monotonicMs)
  return Math.abs(byMs) > STEP_MS + RESOLUTION_MS + begun.doubtMs + ended.doubtMs ? byMs : 0
}

/**
 * How long it took is counted by the monotonic clock alone, so that nothing else than the offset is asked of the wall clock, once.
 * @returns undefined for an answer that no server can give: it left before the request came there, or lay there for longer than it took
 *   in all, as with one whose clock was set meanwhile
 */
export function evaluateNtp(packet: NtpPacket, begun: Moment, ended: Moment): NtpAnswer | undefined {
  const { leap, stratum, reference, receive, transmit } = packet
  if (stratum === 0 && !NOT_YET.includes(reference)) return { kind: 'kiss', code: reference }
  const direction = LEAPS[leap]
  if (direction === undefined || leap === LEAP_UNKNOWN || stratum === 0 || stratum > STRATUM_MAX)
    return { kind: 'unsynchronised', stratum, reference }
  const heldMs = betweenMs(receive, transmit)
  if (transmit === 0n || receive === 0n || heldMs < 0) return undefined
  const byMs = steppedMs(begun, ended)
  if (byMs !== 0) return { kind: 'stepped', byMs }
  const tookMs = ended.monotonicMs - begun.monotonicMs
  if (heldMs > SLEWED * tookMs + RESOLUTION_MS + begun.doubtMs + ended.doubtMs) return undefined
  const delayMs = Math.max(0, tookMs - heldMs)
  // The clock stood anywhere within the millisecond that it was read as.
  const middleMs = begun.wallMs + RESOLUTION_MS / 2 + tookMs / 2
  const offsetMs = betweenMs(toTimestamp(middleMs), receive) + heldMs / 2
  const errorMs = delayMs / 2 + packet.rootDelayMs / 2 + packet.rootDispersionMs + RESOLUTION_MS / 2 + begun.doubtMs
  return { kind: 'time', offsetMs, errorMs, delayMs, stratum, leap: direction }
}
