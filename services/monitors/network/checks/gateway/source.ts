/** Where the default routes lead, and whether somebody lives there. */
import { type Host, HostExecError, type IpFamily, type Route } from '#host'
import { observed, type Reading } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import type { Ask, NeighbourState, PingAnswer, Probed } from '#probe'
import { readDefaultRoutes } from '../../default-routes.ts'
import { linksIgnoring } from '../../ipv6/advertisements.ts'
import { readConf } from '../../ipv6/source.ts'
import { canonicalAddress } from '../../names/canonical-address.ts'
import type { Door } from '../../probing/door.ts'
import type { Config } from './config.ts'

/** Beyond the echo requests: so long does a kernel take to give a neighbour up. */
const NEIGHBOUR_MS = 9_000
const PING_INTERVAL_MS = 200
const IP_TIMEOUT_MS = 2_000
/** Of a route with very many hops so many are asked. */
const GATEWAYS_MAX = 16

/** Somebody who was asked whether he lives. */
export interface Gateway {
  /** With its zone where it is of one link. */
  readonly address: string
  /** Of the default route, where it is of one; "" for one that is named. */
  readonly interface: string
  /** The kernel does not use it now: its interface is down, or has no carrier. */
  readonly isDown: boolean
  /** It is down, and another hop of its route is not: packets go there. */
  readonly hasOtherWay: boolean
  /** What the kernel knows of it could not be asked: there is no `ip`. */
  readonly isUntold: boolean
  /** undefined: not asked, as the way there is down. */
  readonly probed: Probed<PingAnswer> | undefined
}

/** The default routes of one family. */
export interface FamilyReading {
  readonly family: IpFamily
  /** Those that lead somewhere, the one that counts first; of a family that this machine has not, none. */
  readonly routes: Reading<readonly Route[]>
  /** Of IPv6 without one: interfaces over which it went, on all of which IPv6 is switched off now. */
  readonly off?: readonly string[]
  /** Of IPv6: interfaces over which it goes, or went, on which router advertisements are ignored. */
  readonly ignoring?: readonly string[]
}

export interface GatewayReading {
  readonly families: readonly FamilyReading[]
  readonly gateways: readonly Gateway[]
  /** How long they were waited for. */
  readonly timeoutMs: number
}

/** Over which a route goes, each once. */
export function interfacesOf({ hops }: Route): readonly string[] {
  return [...new Set(hops.map((hop) => hop.interface))]
}

function familiesOf({ addressFamily }: Config): readonly IpFamily[] {
  const families = { auto: ['v4', 'v6'], ipv4: ['v4'], ipv6: ['v6'] } as const
  return families[addressFamily]
}

/** @param over interfaces over which it went in this boot; none: not known */
async function readOff(host: Host, over: readonly string[]): Promise<readonly string[]> {
  const disabled = await readConf(host, over, 'disable_ipv6')
  const isOff = over.length > 0 && over.every((name) => (disabled.get(name) ?? 0) > 0)
  return isOff ? over : []
}

async function readFamily(host: Host, family: IpFamily, overV6: readonly string[]): Promise<FamilyReading> {
  const routes = await observe(() => readDefaultRoutes(host, family))
  // A kernel without IPv6 has no such file, and `ip` says that it knows no such family.
  const isWithout = family === 'v6' && !routes.ok && routes.reason === 'SourceMissing'
  if (!routes.ok && !isWithout) return { family, routes }
  const leading = routes.ok ? routes.value.filter(({ isRefused, hops }) => !isRefused && hops.length > 0) : []
  const reading = { family, routes: observed(leading) }
  if (family === 'v4') return reading
  const [first] = leading
  if (first !== undefined) return { ...reading, ignoring: await linksIgnoring(host, interfacesOf(first)) }
  return { ...reading, off: await readOff(host, overV6), ignoring: await linksIgnoring(host, overV6) }
}

type Unasked = Omit<Gateway, 'probed' | 'isUntold'>

/** The hops of the route that counts, of each family; a link-local one is of its link. */
function gatewaysIn(families: readonly FamilyReading[]): readonly Unasked[] {
  return families.flatMap(({ routes }) => {
    const [first] = routes.ok ? routes.value : []
    return (first?.hops ?? []).flatMap((hop) => {
      // Of one that is of IPv6, for a route of IPv4, /proc does not say the address.
      if (hop.gateway === undefined || hop.gateway === '::') return []
      const zone = /^fe[89ab]/i.test(hop.gateway) ? `%${hop.interface}` : ''
      const hasOtherWay = first!.hops.some((other) => other !== hop && !other.isDown)
      const { interface: name, isDown } = hop
      return [{ address: `${hop.gateway}${zone}`, interface: name, isDown, hasOtherWay: isDown && hasOtherWay }]
    })
  })
}

const NEIGHBOUR_STATES: ReadonlySet<string> = new Set<NeighbourState>([
  ...(['INCOMPLETE', 'REACHABLE', 'STALE', 'DELAY', 'PROBE'] as const),
  ...(['FAILED', 'NOARP', 'PERMANENT', 'NONE'] as const),
])

/**
 * "[{"dst":"10.0.0.1","dev":"eth0","state":["REACHABLE"]}]"; undefined for anything else. Of several links the one counts on which it lives;
 * it is dead where it is so on all of them.
 */
export function parseNeighbourState(text: string): NeighbourState | undefined {
  const states = Array.from(text.matchAll(/"state":\["([A-Z]+)"/g), ([, state = '']) => state as NeighbourState)
  const known = states.filter((state) => NEIGHBOUR_STATES.has(state))
  return known.find((state) => state === 'REACHABLE') ?? known.find((state) => state !== 'FAILED') ?? known[0]
}

/**
 * What the kernel says of one neighbour: /proc/net/arp does not say whether it was confirmed lately.
 * @param link of the route that leads to it; "": any
 * @param untold is called where there is no `ip`
 */
function neighbourOf({ programs }: Host, link: string, untold: () => void) {
  return async (address: string, signal: AbortSignal): Promise<NeighbourState | undefined> => {
    const [plain = '', device = link] = address.split('%')
    const args = ['-j', 'neighbour', 'show', 'to', plain, ...(device === '' ? [] : ['dev', device])]
    try {
      const { stdout } = await programs.run('ip', args, { timeoutMs: IP_TIMEOUT_MS, signal })
      return parseNeighbourState(stdout)
    } catch (error) {
      if (!(error instanceof HostExecError)) throw error
      // Without ip nobody here knows; one that could not be started now is there.
      if (error.code === 'ENOENT') untold()
      return undefined
    }
  }
}

/** Of what is named and is no address. */
function notAsked(address: string): Probed<PingAnswer> {
  const message = `${address} is no address of IPv4 or IPv6; see gateways of the configuration`
  return { ok: false, sample: { ms: 0, lateMs: 0 }, failure: { kind: 'local', code: 'EINVAL', message } }
}

/** Reads the routes, and asks whoever they lead to, or who is named. @param overV6 interfaces over which that of IPv6 went in this boot */
export async function readGateways(
  host: Host,
  door: Door,
  ask: Omit<Ask, 'timeoutMs'>,
  config: Config,
  overV6: readonly string[],
): Promise<GatewayReading> {
  const families = await Promise.all(familiesOf(config).map((family) => readFamily(host, family, overV6)))
  const named = config.gateways.map((address) => ({ address, interface: '', isDown: false, hasOtherWay: false }))
  const unasked = named.length > 0 ? named : gatewaysIn(families)
  const { pingCount: count, pingTimeoutMs: waitMs } = config
  const timeoutMs = count * PING_INTERVAL_MS + waitMs + NEIGHBOUR_MS
  const question = { count, waitMs, intervalMs: PING_INTERVAL_MS }
  const byAddress = new Map(unasked.map((one) => [one.address, one]))
  async function asked(gateway: Unasked): Promise<Gateway> {
    const { address, isDown } = gateway
    let isUntold = false
    const untold = () => {
      isUntold = true
    }
    if (isDown) return { ...gateway, isUntold, probed: undefined }
    if (canonicalAddress(address) === undefined) return { ...gateway, isUntold, probed: notAsked(address) }
    const neighbour = neighbourOf(host, gateway.interface, untold)
    const probed = await door.probePing({ ...ask, timeoutMs }, host, { ...question, address, neighbour })
    return { ...gateway, isUntold, probed }
  }
  const gateways = await Promise.all([...byAddress.values()].slice(0, GATEWAYS_MAX).map(asked))
  return { families, gateways, timeoutMs }
}
