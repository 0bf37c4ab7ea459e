/** The claim of a socket to a name: by its place alone, and by who says that he listens there. */
import type { Clock } from '#clock'
import type { OpenChannel } from './channel.ts'
import type { Departures } from './departures.ts'
import type { FoundSocket } from './discovery.ts'
import { askWho } from './identity.ts'
import { whyNoRoom } from './room.ts'
import type { Roster } from './roster.ts'
import { whyNotOurs } from './stranger.ts'
import type { Wanted } from './wanted.ts'

/** Why a socket is not taken, and when that may change by itself. */
export interface Claim {
  /** "" when it may be, or is. */
  readonly why: string
  /** On the monotonic clock; `Number.POSITIVE_INFINITY`: not by itself. */
  readonly dueMs: number
}

/** It may be taken, or is. */
export const GRANTED: Claim = { why: '', dueMs: Number.POSITIVE_INFINITY }

/** It may not. @param dueMs when that may change, on the monotonic clock. Default: not by itself. */
export function refusedFor(why: string, dueMs = Number.POSITIVE_INFINITY): Claim {
  return { why, dueMs }
}

/** Who is known, and who may come back. */
export interface ClaimOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly roster: Roster
  readonly departures: Departures
  readonly open: OpenChannel
}

/** Why a socket has no claim to its name by its place alone; "" when it may be tried. */
export function whyNoClaim(
  socket: FoundSocket,
  wanted: Wanted,
  { roster, departures }: Pick<ClaimOptions, 'roster' | 'departures'>,
): string {
  const { name, rank } = socket
  const whyNot = wanted.whyNot(socket)
  if (whyNot !== '') return whyNot
  const member = roster.get(name)
  if (member === undefined) {
    const places = roster.all().flatMap(({ plan }) => plan.place ?? [])
    return whyNoRoom(socket, places)
  }
  // Of two sockets of one name the place decides, never who came first.
  const isBetter = rank < (member.plan.place?.rank ?? Number.NEGATIVE_INFINITY)
  const isFree = isBetter || departures.isVacant(member, member.plan.limits.lostAfterMs)
  return isFree ? '' : `another monitor is named ${name}`
}

/** Asks who listens where a monitor of ours may stand whether he is that one. */
export async function claimAsOurs(socket: FoundSocket, wanted: Wanted, options: ClaimOptions): Promise<Claim> {
  const { clock, roster, departures, open } = options
  const { known } = wanted.found(socket)
  if (known.isByWord !== true) return GRANTED
  const member = roster.get(known.name)
  const isRemembered = member !== undefined && !departures.isVacant(member, wanted.config.detector.forgetAfterMs)
  const refused = whyNotOurs(known, await askWho(known, open), isRemembered)
  return refused === undefined ? GRANTED : refusedFor(refused.why, clock.monotonicMs() + refused.afterMs)
}
