/** Links of hardware and bonds, from /sys/class/net. */
import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import { count, fields, MalformedSourceError, observe } from '#monitor-kit/source'
import { createLinkKinds, LINKS, watchedOf } from '../../links/kinds.ts'
import { readLocked } from '../../links/locked.ts'

/** Packets since the link was made, as its driver counts them. */
export interface LinkCounters {
  readonly receivedPackets: number
  readonly sentPackets: number
  readonly receiveErrors: number
  readonly sendErrors: number
  /** The card had them and the machine did not take them in time. */
  readonly missed: number
}

/** A link as the kernel shows it. */
export interface LinkState {
  readonly name: string
  /** Administratively up: somebody wants it to carry something. */
  readonly isUp: boolean
  readonly hasCarrier: boolean
  /** How often it got its carrier since it was made; undefined: the kernel does not tell. */
  readonly ups: number | undefined
  /** How often it lost it. */
  readonly downs: number | undefined
  /** Undefined without a carrier, and where the driver does not tell (virtio). */
  readonly megabits: number | undefined
  /** A member of a bond. */
  readonly isMember: boolean
  readonly counters: LinkCounters | undefined
}

/** A member of a bond. */
export interface BondMember {
  readonly name: string
  /** Why it carries nothing; "": it does. */
  readonly fault: string
}

/** A bond as the kernel shows it. */
export interface BondState {
  readonly name: string
  readonly isUp: boolean
  readonly hasCarrier: boolean
  readonly members: readonly BondMember[]
}

export type Link =
  | { readonly kind: 'link'; readonly name: string; readonly state: Reading<LinkState> }
  | { readonly kind: 'bond'; readonly name: string; readonly state: Reading<BondState> }

export interface LinksReading {
  readonly links: readonly Link[]
  /** Links that are named and not there. */
  readonly absent: readonly string[]
}

/** IFF_UP of /sys/class/net/X/flags ("0x1003"), include/uapi/linux/if.h; undefined for any other text. */
export function parseIsUp(text: string | undefined): boolean | undefined {
  const hex = /^0x([\da-f]{1,8})$/i.exec(text?.trim() ?? '')?.[1]
  return hex === undefined ? undefined : (Number.parseInt(hex, 16) & 1) === 1
}

/** /sys/class/net/X/speed in Mbit/s: -1 and 4294967295 are "not known". */
export function parseSpeed(text: string | undefined): number | undefined {
  const megabits = count(text?.trim())
  return megabits === undefined || megabits === 0 || megabits >= 4_294_967_295 ? undefined : megabits
}

const COUNTERS = ['rx_packets', 'tx_packets', 'rx_errors', 'tx_errors', 'rx_missed_errors'] as const
const STATE = ['flags', 'carrier_up_count', 'carrier_down_count', 'carrier_changes'] as const
/** What the kernel tells under its lock of interfaces, of a link and of a bond. */
const LOCKED_OF = { link: ['carrier', 'speed'], bond: ['carrier', 'bonding/slaves'] } as const
const MEMBER = 'bonding_slave/mii_status'

async function texts(host: Host, name: string, files: readonly string[]): Promise<readonly (string | undefined)[]> {
  return (await host.files.readEach(files.map((file) => `${LINKS}/${name}/${file}`))).map((text) => text?.trim())
}

/** @throws MalformedSourceError where its flags say nothing: then nothing is known of it */
function upOf(name: string, flags: string | undefined): boolean {
  const isUp = parseIsUp(flags)
  if (isUp === undefined) throw new MalformedSourceError(`${LINKS}/${name}/flags`, flags ?? '', '0x1003')
  return isUp
}

function countersOf(values: readonly (string | undefined)[]): LinkCounters | undefined {
  const [receivedPackets, sentPackets, receiveErrors, sendErrors, missed] = values.map(count)
  if (receivedPackets === undefined || sentPackets === undefined) return undefined
  if (receiveErrors === undefined || sendErrors === undefined || missed === undefined) return undefined
  return { receivedPackets, sentPackets, receiveErrors, sendErrors, missed }
}

type Locked = readonly (string | undefined)[]

async function readLink(host: Host, name: string, [carrier, speed]: Locked): Promise<LinkState> {
  const files = [...STATE, MEMBER, ...COUNTERS.map((counter) => `statistics/${counter}`)]
  const [flags, ups, downs, changes, member, ...counters] = await texts(host, name, files)
  const isUp = upOf(name, flags)
  if (isUp && carrier !== '0' && carrier !== '1')
    throw new MalformedSourceError(`${LINKS}/${name}/carrier`, carrier ?? '', '1')
  const hasCarrier = isUp && carrier === '1'
  // Before Linux 4.16 only both together are counted.
  const half = count(changes) === undefined ? undefined : Math.floor(count(changes)! / 2)
  return {
    name,
    isUp,
    hasCarrier,
    ups: count(ups) ?? half,
    downs: count(downs) ?? half,
    megabits: hasCarrier ? parseSpeed(speed) : undefined,
    isMember: member !== undefined,
    counters: countersOf(counters),
  }
}

/** 'going down' and 'going back' are delays that the bond was told to keep. */
function faultOf(mii: string | undefined, aggregator: string | undefined, active: string | undefined): string {
  if (mii === undefined) return 'is gone'
  if (mii !== 'up' && mii !== 'going down') return mii === 'going back' ? 'is coming back' : 'has no link'
  if (active !== undefined && aggregator !== undefined && aggregator !== active) return 'has no LACP partner in common'
  return ''
}

async function readBond(host: Host, name: string, [carrier, slaves]: Locked): Promise<BondState> {
  const [flags, mode, active] = await texts(host, name, ['flags', 'bonding/mode', 'bonding/ad_aggregator'])
  const isUp = upOf(name, flags)
  if (slaves === undefined) throw new MalformedSourceError(`${LINKS}/${name}/bonding/slaves`, '', 'eth0 eth1')
  const isLacp = mode?.startsWith('802.3ad') === true
  const members = await Promise.all(
    fields(slaves).map(async (member) => {
      const [mii, aggregator] = await texts(host, member, [MEMBER, 'bonding_slave/ad_aggregator_id'])
      return { name: member, fault: faultOf(mii, aggregator, isLacp ? active : undefined) }
    }),
  )
  return { name, isUp, hasCarrier: carrier === '1', members }
}

export interface LinksSource {
  /** @throws HostReadError where interfaces cannot be listed, or do not answer */
  read(named: readonly string[], ignored: readonly string[]): Promise<LinksReading>
}

export function createLinksSource(host: Host): LinksSource {
  const kinds = createLinkKinds(host)
  return {
    async read(named, ignored) {
      const all = await kinds.list()
      const watched = watchedOf(all, named, ignored).map(
        (name) => [name, all.get(name) === 'bond' ? 'bond' : 'link'] as const,
      )
      const paths = watched.flatMap(([name, kind]) => LOCKED_OF[kind].map((file) => `${LINKS}/${name}/${file}`))
      const locked = await readLocked(host, paths)
      const links = await Promise.all(
        watched.map(async ([name, kind], at): Promise<Link> => {
          const own = locked.slice(2 * at, 2 * at + 2)
          return kind === 'bond'
            ? { kind, name, state: await observe(() => readBond(host, name, own)) }
            : { kind, name, state: await observe(() => readLink(host, name, own)) }
        }),
      )
      return { links, absent: named.filter((name) => !all.has(name) && !ignored.includes(name)) }
    },
  }
}
