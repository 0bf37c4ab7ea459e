/** Where the default routes lead, and whether somebody lives there. */
import type { Host, IpFamily, Route } from '#host'
import { observed, type Reading } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import type { Ask, PingAnswer, Probed } from '#probe'
import { readDefaultRoutes } from '../../default-routes.ts'
import { linksIgnoring } from '../../ipv6/advertisements.ts'
import { readConf } from '../../ipv6/source.ts'
import { canonicalAddress } from '../../names/canonical-address.ts'
import type { Door } from '../../probing/door.ts'
import type { Config } from './config.ts'
import type { GatewayMemory, Silence } from './memory.ts'
import { isInDoubt, watchNeighbour } from './neighbour.ts'

/** Beyond the echo requests: so long does a kernel take to give a neighbour up. */
const NEIGHBOUR_MS = 9_000
/** While the kernel has to find out, others look soon: what lies behind is held back until then. */
const DOUBTED_MS = 800
const PING_INTERVAL_MS = 200
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
  /** It answered before and does not now, and the kernel does not know yet whether it lives. */
  readonly isDoubtful: boolean
  /** Since when its answers are missing; undefined: they are not. */
  readonly silence: Silence | undefined
  /** How long it was waited for, or would have been: in doubt nobody is accused, and little is asked of this process. */
  readonly timeoutMs: number
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

type Unasked = Pick<Gateway, 'address' | 'interface' | 'isDown' | 'hasOtherWay'>

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

/** Of what is named and is no address. */
function notAsked(address: string): Probed<PingAnswer> {
  const message = `${address} is no address of IPv4 or IPv6; see gateways of the configuration`
  return { ok: false, sample: { ms: 0, lateMs: 0 }, failure: { kind: 'local', code: 'EINVAL', message } }
}

/** What of the memory counts for who is asked, and how. */
type Known = Pick<GatewayMemory, 'overV6' | 'answering' | 'silences'>

function answers(probed: Probed<PingAnswer>): boolean {
  return probed.ok && (probed.answer.kind === 'echo' || probed.answer.kind === 'port-unreachable')
}

/** Asks one of them. */
async function askGateway(
  host: Host,
  door: Door,
  ask: Omit<Ask, 'timeoutMs'>,
  { pingCount: count, pingTimeoutMs: waitMs }: Config,
  { gateway, known }: { readonly gateway: Unasked; readonly known: Known },
): Promise<Gateway> {
  const { address, interface: link } = gateway
  const watched = { link, hasAnswered: known.answering.has(address), silence: known.silences.get(address) }
  const neighbourMs = isInDoubt(watched, ask.clock.monotonicMs()) ? DOUBTED_MS : NEIGHBOUR_MS
  const echoMs = count * PING_INTERVAL_MS + waitMs
  const timeoutMs = echoMs + neighbourMs
  const unasked = { ...gateway, isUntold: false, isDoubtful: false, silence: watched.silence, timeoutMs }
  if (gateway.isDown) return { ...unasked, probed: undefined }
  if (canonicalAddress(address) === undefined) return { ...unasked, probed: notAsked(address) }
  const watch = watchNeighbour(host, ask.clock, watched)
  const question = { count, waitMs, intervalMs: PING_INTERVAL_MS, address, neighbour: watch.state }
  const probed = await door.probePing({ ...ask, timeoutMs }, host, question)
  const { isUntold, isDoubtful, silence } = watch
  if (answers(probed)) return { ...unasked, isUntold, silence: undefined, probed }
  return {
    ...unasked,
    isUntold,
    isDoubtful,
    silence,
    timeoutMs: isDoubtful ? echoMs + NEIGHBOUR_MS : timeoutMs,
    probed,
  }
}

/** Reads the routes, and asks whoever they lead to, or who is named. */
export async function readGateways(
  host: Host,
  door: Door,
  ask: Omit<Ask, 'timeoutMs'>,
  config: Config,
  known: Known,
): Promise<GatewayReading> {
  const families = await Promise.all(familiesOf(config).map((family) => readFamily(host, family, known.overV6)))
  const named = config.gateways.map((address) => ({ address, interface: '', isDown: false, hasOtherWay: false }))
  const unasked = named.length > 0 ? named : gatewaysIn(families)
  const byAddress = new Map(unasked.map((one) => [one.address, one]))
  const chosen = [...byAddress.values()].slice(0, GATEWAYS_MAX)
  const gateways = await Promise.all(chosen.map((gateway) => askGateway(host, door, ask, config, { gateway, known })))
  return { families, gateways }
}
