/** Connects to the API servers in each look; now and then, and in trouble, asks one whether it is ready and who we are to it. */
import type { Clock } from '#clock'
import type { Host, HostNetwork } from '#host'
import {
  accessAt,
  type EndpointSlice,
  type Identity,
  type KubeAccess,
  KubeAccessError,
  KubeStatusError,
  KubeUnreachableError,
  type Readiness,
} from '#kube'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import {
  type Ask,
  type HttpAnswer,
  isJudged,
  type Place,
  type Probed,
  placeText,
  type Sample,
  type Stopwatch,
  type TcpAnswer,
} from '#probe'
import { hasKubelet } from '../../here.ts'
import { placeIn, placeOf } from '../../node-kubelet/place.ts'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'

/** Why a request was not answered as it should be. */
export interface RequestFailure {
  /**
   * `unreachable`: no answer; `unverified`: somebody whom we do not know; `refused`: it answered that it does not; `credentials`:
   * nobody was asked, since our own token or certificate cannot be read.
   */
  readonly kind: 'unreachable' | 'unverified' | 'refused' | 'credentials'
  /** Of one that is refused. */
  readonly status?: number
  readonly message: string
}

/** A request, and how long it took. */
export interface Requested<Answer> {
  readonly sample: Sample
  readonly came:
    | { readonly ok: true; readonly answer: Answer }
    | { readonly ok: false; readonly failure: RequestFailure }
}

/** A server, and whether somebody listens there. */
export interface Connected {
  /** "10.96.0.1:443", "[fd00::1]:6443". */
  readonly name: string
  readonly probed: Probed<TcpAnswer>
}

/** The way by which everybody on this node reaches the API servers. */
export interface WayThere {
  readonly name: string
  /** It is a Service's address, which only kube-proxy or the CNI leads anywhere. */
  readonly isService: boolean
}

/** One look at the API servers. */
export interface ApiReading {
  readonly isNode: boolean
  readonly network: HostNetwork
  readonly way: Reading<WayThere>
  /** The way itself, where it is an address, and each server; the way first. */
  readonly connected: readonly Connected[]
  /** By the way; undefined: not asked in this look. */
  readonly readiness: Requested<Readiness> | undefined
  /** The way lost that request, which may have been dealt to a dead server; it was made again at one that takes connections. */
  readonly isDirect: boolean
  readonly identity: Requested<Identity> | undefined
  /** Servers as the cluster has them now; undefined: not asked, or not answered. */
  readonly servers: readonly Place[] | undefined
  /** What kube-proxy says of itself; undefined: not asked, as the Service address leads to somebody, or to nobody at all. */
  readonly kubeProxy: Probed<HttpAnswer> | undefined
}

/** How one look is made. */
export interface ApiLook {
  readonly host: Host
  readonly ways: Ways
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly signal: AbortSignal
  readonly config: Config
  readonly nodeName: string
  /** As they were known last. */
  readonly servers: readonly Place[]
  /** Names of those that this node has connected to. */
  readonly reached: ReadonlySet<string>
  /** There is a request in this look, whatever comes of connecting. */
  readonly isDue: boolean
  /** It is looked up in this look which servers there are. */
  readonly isListDue: boolean
}

/** A cluster has three, or five. */
export const SERVERS_MAX = 8

async function requested<Answer>(
  { stopwatch, signal }: ApiLook,
  ask: () => Promise<Answer>,
): Promise<Requested<Answer>> {
  const stop = stopwatch.start()
  try {
    const answer = await ask()
    return { sample: stop(), came: { ok: true, answer } }
  } catch (err) {
    const sample = stop()
    signal.throwIfAborted()
    if (err instanceof KubeUnreachableError) {
      const kind = err.isUnverified ? 'unverified' : 'unreachable'
      return { sample, came: { ok: false, failure: { kind, message: err.message } } }
    }
    if (err instanceof KubeStatusError)
      return {
        sample,
        came: { ok: false, failure: { kind: 'refused', status: err.refusal.status, message: err.message } },
      }
    if (err instanceof KubeAccessError)
      return { sample, came: { ok: false, failure: { kind: 'credentials', message: err.message } } }
    throw err
  }
}

/** Places of the servers of the cluster, ready or not: a dead one is what is looked for. */
export function placesIn(slice: EndpointSlice | undefined): readonly Place[] {
  const port = slice?.ports.find(({ name, protocol }) => protocol === 'TCP' && (name === 'https' || name === ''))?.port
  if (slice === undefined || port === undefined || slice.addressType === 'FQDN') return []
  const addresses = slice.endpoints.flatMap(({ addresses: [address] }) => (address === undefined ? [] : [address]))
  return [...new Set(addresses)]
    .sort()
    .slice(0, SERVERS_MAX)
    .map((address) => ({ address, port }))
}

function clientOf({ ways, config, clock, nodeName }: ApiLook, access: KubeAccess) {
  const userAgent = `node-doctor (kubernetes-monitor; ${nodeName})`
  return ways.apiServer({ access, userAgent, timeoutMs: config.httpTimeout, clock })
}

async function askServer(look: ApiLook, access: KubeAccess, name: string) {
  const client = clientOf(look, accessAt(access, `https://${name}`))
  try {
    return await requested(look, () => client.readyz({ signal: look.signal }))
  } finally {
    client.close()
  }
}

interface Asking {
  readonly access: KubeAccess
  readonly lists: boolean
  /** A server that takes connections, where the way is dealt out among such and dead ones. */
  readonly direct: string | undefined
}

async function askApi(look: ApiLook, { access, lists, direct }: Asking) {
  const { config, signal } = look
  const client = clientOf(look, access)
  try {
    const readiness = await requested(look, () => client.readyz({ signal }))
    // Who does not answer is not asked for more.
    if (!readiness.came.ok) {
      const { came, sample } = readiness
      const isOurs = config.checkAuth && came.failure.kind === 'credentials'
      const identity = isOurs ? { came, sample } : undefined
      const isDirect = came.failure.kind === 'unreachable' && direct !== undefined
      const heard = isDirect ? await askServer(look, access, direct) : readiness
      return { readiness: heard, isDirect, identity, servers: undefined }
    }
    const identity = config.checkAuth ? await requested(look, () => client.whoAmI({ signal })) : undefined
    const listed =
      config.checkServers && lists
        ? await requested(look, () => client.getEndpointSlice('default', 'kubernetes', { signal }))
        : undefined
    return {
      readiness,
      isDirect: false,
      identity,
      servers: listed?.came.ok === true ? placesIn(listed.came.answer) : undefined,
    }
  } finally {
    client.close()
  }
}

async function findWay({ ways }: ApiLook): Promise<Reading<KubeAccess>> {
  try {
    return observed(await ways.access())
  } catch (err) {
    if (err instanceof KubeAccessError) return unobserved('NoCredentials', err.message)
    throw err
  }
}

/** An address that is dealt out among several servers is tried again so often: one of three that is dead is met once in three times. */
const AGAIN = 4

function askOf({ clock, stopwatch, signal, config }: ApiLook): Ask {
  return { clock, stopwatch, signal, timeoutMs: config.httpTimeout }
}

async function connectAll(look: ApiLook, places: readonly Place[]): Promise<readonly Connected[]> {
  const ask = askOf(look)
  const once = new Map(places.map((place) => [placeText(place), place]))
  return Promise.all([...once].map(async ([name, place]) => ({ name, probed: await look.ways.tcp(ask, place) })))
}

/** Whether some of them are reached and others are not. */
function isPart(servers: readonly Connected[]): boolean {
  return servers.some(({ probed }) => probed.ok) && servers.some(({ probed }) => !probed.ok)
}

/** Where some servers are reached and others are not, the Service address may have been dealt to a dead one. */
async function connectAgain(
  look: ApiLook,
  connected: readonly Connected[],
  { name, isService }: WayThere,
  place: Place | undefined,
): Promise<readonly Connected[]> {
  const own = connected.find((one) => one.name === name)
  const others = connected.filter((one) => one !== own)
  if (place === undefined || own === undefined || own.probed.ok || !isService || !isPart(others)) return connected
  const ask = askOf(look)
  const again = await Promise.all(Array.from({ length: AGAIN }, () => look.ways.tcp(ask, place)))
  const reached = again.find(({ ok }) => ok)
  return reached === undefined ? connected : [{ name, probed: reached }, ...others]
}

const KUBE_PROXY = new URL('http://127.0.0.1:10256/livez')

/** Who leads the Service address to servers, where it leads nowhere and servers answer. */
async function askKubeProxy(look: ApiLook, connected: readonly Connected[], { name, isService }: WayThere) {
  const isDead = connected.some((one) => one.name === name && !one.probed.ok)
  if (!isService || !isDead || !connected.some(({ probed }) => probed.ok)) return undefined
  const route = { kind: 'address', place: placeOf(KUBE_PROXY) } as const
  return look.ways.http(askOf(look), { method: 'GET', url: KUBE_PROXY, route })
}

const NOT_ASKED = { readiness: undefined, isDirect: false, identity: undefined, servers: undefined }
const OF_POD = "the pod's service account"

/** Looks once. */
export async function readApi(look: ApiLook): Promise<ApiReading> {
  const { config, ways, host } = look
  const isNode = await hasKubelet(host)
  const network = await ways.hostNetwork(host)
  const access = await findWay(look)
  const nothing = { isNode, network, connected: [], kubeProxy: undefined, ...NOT_ASKED }
  if (network.kind !== 'same' || !access.ok) return { ...nothing, way: access.ok ? unobserved('NotAsked', '') : access }
  const { server, origin } = access.value
  const own = placeIn(server)
  const named = config.endpoint === '' ? [] : [placeOf(new URL(config.endpoint))]
  const others = config.checkServers ? look.servers : []
  const name = own === undefined ? new URL(server).host : placeText(own)
  // Where there is no kube-proxy, pods are given the address of a server itself.
  const isService = origin.startsWith(OF_POD) && !look.servers.some((place) => placeText(place) === name)
  const way = { name, isService }
  const first = await connectAll(look, [...(own === undefined ? [] : [own]), ...named, ...others])
  const connected = await connectAgain(look, first, way, own)
  // Who could not be reached because this process was late is no reason to ask more.
  const isMissed = (one: string) => isService || one === name || look.reached.has(one)
  const isTrouble = connected.some(
    (one) => !one.probed.ok && isMissed(one.name) && isJudged(one.probed.sample, config.httpTimeout),
  )
  const isDead = connected.some((one) => one.name === name && !one.probed.ok)
  // Nobody listens on the way: a request would only say so again.
  const asks = (look.isDue || isTrouble) && !isDead
  const servers = connected.filter((one) => one.name !== name)
  const direct = isService && isPart(servers) ? servers.find(({ probed }) => probed.ok)?.name : undefined
  const asking = { access: access.value, lists: look.isListDue || isTrouble, direct }
  const asked = asks ? await askApi(look, asking) : NOT_ASKED
  const kubeProxy = await askKubeProxy(look, connected, way)
  // A server that was taken out of the cluster is no dead one.
  const there = new Set([name, ...[...named, ...(asked.servers ?? others)].map(placeText)])
  const still = connected.filter((one) => there.has(one.name))
  return { isNode, network, way: observed(way), connected: still, ...asked, kubeProxy }
}
