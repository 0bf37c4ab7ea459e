/**
 * Who stands where a monitor of ours may stand that is not on every machine. Its place proves nothing: whoever may make a folder there could
 * stand in it, as a plug-in called so before there was one of ours.
 */
import { monitorOfCheck } from '#config'
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { builtServices, SERVICES } from '#service-table'
import { isUnimplemented, type OpenChannel } from './channel.ts'
import type { KnownMonitor } from './declare.ts'
import { AnotherMonitorError } from './errors.ts'
import { ownerOf } from './socket-file.ts'

/** Who starts answers as soon as it listens, and others wait meanwhile for the look to end. */
const ASKED_MS = 1000

/**
 * Whom somebody says he is: `ours`, the monitor that its place is called by, with a check of it; `idle`, the same on a machine without what
 * it watches; `another`.
 */
export type SaysHeIs = 'ours' | 'idle' | 'another'

/** What is known of whoever stands there, before it is a member. */
export interface Stranger {
  /** undefined: it did not say, or not in time. */
  readonly saysHeIs: SaysHeIs | undefined
  readonly hasOurOwner: boolean
}

/** @param described undefined of one that speaks the older protocol alone, which none of ours does */
export function saysHeIs(name: string, described: DescribeResponse | undefined): SaysHeIs {
  if (described?.name !== name) return 'another'
  const { checks, conditionTypes, metrics } = described
  if (checks.length === 0 && conditionTypes.length === 0 && metrics.length === 0) return 'idle'
  return checks.some(({ checkType }) => monitorOfCheck(checkType) === name) ? 'ours' : 'another'
}

/** Users that a monitor of ours runs as: those of containers, and who starts all of it on a machine. */
export function ownUsers(name: string): readonly number[] {
  const row = builtServices(SERVICES).find((service) => service.name === name)
  const users = [0, row?.uid, row?.plainUid, process.getuid?.()]
  return [...new Set(users.filter((uid) => uid !== undefined))].toSorted((a, b) => a - b)
}

/** Whether the socket was made by a user whom a monitor of ours runs as: nobody gives a file away but root. */
export async function hasOurOwner({ name, socket }: Pick<KnownMonitor, 'name' | 'socket'>): Promise<boolean> {
  const uid = await ownerOf(socket)
  return uid !== undefined && ownUsers(name).includes(uid)
}

/**
 * How it is taken, by what it says of itself: as one of ours, and where its socket is another user's as a plug-in that nobody configured.
 * @throws AnotherMonitorError where it is not that monitor
 */
export async function takenAs(known: KnownMonitor, described: DescribeResponse | undefined): Promise<KnownMonitor> {
  if (known.isByWord !== true) return known
  if (saysHeIs(known.name, described) === 'another') throw new AnotherMonitorError(known)
  if (known.isAtHome === true || (await hasOurOwner(known))) return known
  return { ...known, origin: 'discovered' }
}

/** Asks who it is, at its socket. */
export async function askWho(known: KnownMonitor, open: OpenChannel): Promise<Stranger> {
  const channel = open(known.socket)
  try {
    const asked = channel.describe(ASKED_MS).then(
      (described) => saysHeIs(known.name, described),
      (err: unknown) => (isUnimplemented(err) ? 'another' : undefined),
    )
    const [says, isOwn] = await Promise.all([asked, hasOurOwner(known)])
    return { saysHeIs: says, hasOurOwner: isOwn }
  } finally {
    channel.close()
  }
}
