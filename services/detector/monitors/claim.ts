/** The claim of a socket to a name: by its place alone, and by who says that he listens there. */
import type { Clock } from '#clock'
import type { OpenChannel } from './channel.ts'
import type { Departures } from './departures.ts'
import type { FoundSocket } from './discovery.ts'
import { askWho, ownUsers } from './identity.ts'
import { whyNoRoom } from './room.ts'
import type { Roster } from './roster.ts'
import type { Wanted } from './wanted.ts'

/** When one that did not say who it is is asked again: it may only just have started. */
const SILENT_MS = 2000
/** The same of one that said that it is another: a process may go and leave its socket to ours. */
const ANOTHER_MS = 30_000

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

/** Whether somebody of that name is remembered who may come back, and whose place does not yield to this one. */
function isRemembered({ name, rank }: FoundSocket, wanted: Wanted, { roster, departures }: ClaimOptions): boolean {
  const member = roster.get(name)
  if (member === undefined || rank < (member.plan.place?.rank ?? rank)) return false
  return !departures.isVacant(member, wanted.config.detector.forgetAfterMs)
}

/**
 * Refuses who listens where a monitor of ours may stand and is none: nobody has its types by his place alone, nor is it there by him where
 * it is expected. Nor does anybody take its name, and with it what it said, while it is away for a moment, but one that says he is that
 * monitor and whose socket is of a user that ours runs as.
 */
export async function whyNotOurs(socket: FoundSocket, wanted: Wanted, options: ClaimOptions): Promise<Claim> {
  const { known } = wanted.found(socket)
  if (known.isByWord !== true) return GRANTED
  const { name } = known
  const { saysHeIs, hasOurOwner } = await askWho(known, options.open)
  const nowMs = options.clock.monotonicMs()
  if (saysHeIs === undefined)
    return refusedFor(
      `${name} is a name of Node Doctor's own, and who listens does not say who he is`,
      nowMs + SILENT_MS,
    )
  const again = nowMs + ANOTHER_MS
  if (saysHeIs === 'another')
    return refusedFor(
      `${name} is a name of Node Doctor's own, and this does not describe itself as that monitor; give the plug-in another name`,
      again,
    )
  if (!isRemembered(socket, wanted, options)) return GRANTED
  if (saysHeIs === 'idle')
    return refusedFor(`another monitor is named ${name}, and this one has nothing to watch here`, again)
  if (hasOurOwner) return GRANTED
  const users = ownUsers(name).join(', ')
  return refusedFor(
    `another monitor is named ${name}, and this socket is of a user that Node Doctor's own does not run as (${users}): run it as one of these, or \`node-doctor forget ${name}\` once the other is gone`,
    again,
  )
}
