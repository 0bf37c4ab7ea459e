/** Asks the nameservers that the host and the cluster name. */
import type { Host } from '#host'
import { observed, type Reading } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { type Ask, absoluteName, parseResolvConf, type ResolvConf, readResolvers, searchNames } from '#probe'
import { clusterDomain } from '../../names/cluster-domain.ts'
import type { Door } from '../../probing/door.ts'
import type { Config } from './config.ts'
import { askAll, askOnce, longestOf, type Question, type Row, type Side, type SideKind } from './questions.ts'
import { whyUnread } from './unread.ts'

/** Of a file of very many nameservers behind a stub so many are asked. */
const BEHIND_MAX = 8
/** The pod's own: with ClusterFirstWithHostNet the cluster's. */
const OWN_RESOLV_CONF = '/etc/resolv.conf'

/** A name that was looked up over the search path. */
export interface SearchLook {
  readonly kind: SideKind
  readonly name: string
  readonly server: string
  /** In the order of the path, until one had an answer, or it had taken so long that it is slow. */
  readonly tried: readonly Row[]
  /** There was no time for the rest of the path. */
  readonly isCutShort: boolean
}

export interface DnsReading {
  /** The node's; why its resolv.conf says nothing. */
  readonly node: Reading<Side>
  /** undefined: this process is told of no cluster, or it is not asked. */
  readonly cluster: Side | undefined
  readonly rows: readonly Row[]
  /** Who stands behind a stub, says nothing to us, and listens where he is asked by TLS (RFC 7858): the stub may do that. */
  readonly byTls: ReadonlySet<string>
  readonly searches: readonly SearchLook[]
}

/**
 * Answered by a nameserver itself, whoever it is (RFC 6761, 6.3), so that no name of anybody's leaves the site: it says whether the
 * nameserver speaks.
 */
const ALIVE: Question = { name: 'localhost.', type: 'A', isAlive: true, sameAnswers: false }

function questionsOf(config: Config, at: SideKind): readonly Question[] {
  const named = config.names
    .filter((one) => one.at === at)
    .map(({ name, type, sameAnswers }) => ({ name: absoluteName(name) ?? name, type, isAlive: false, sameAnswers }))
  const keys = named.map(({ name, type }) => `${name} ${type}`)
  return named.filter((_, index) => keys.indexOf(keys[index]!) === index)
}

async function nodeSide(host: Host, config: Config): Promise<Reading<Side>> {
  const resolvers = await readResolvers(host, config.resolvConfPath)
  if (!resolvers.ok) return await whyUnread(host, config.resolvConfPath, resolvers.fault)
  const { conf, behindStub = [], behindStubFault } = resolvers
  const servers = conf.isNamed ? [...new Set(conf.servers)] : []
  return observed({
    kind: 'node',
    conf,
    servers,
    behind: behindStub.filter((server) => !servers.includes(server)).slice(0, BEHIND_MAX),
    behindFault: behindStubFault,
    questions: [ALIVE, ...questionsOf(config, 'node')],
  })
}

/** The Services of a cluster, its DNS and API server among them, have addresses of the family that it was made for. */
function typeOf({ servers }: ResolvConf): 'A' | 'AAAA' {
  return servers[0]?.includes(':') === true ? 'AAAA' : 'A'
}

async function clusterSide(door: Door, config: Config): Promise<Side | undefined> {
  if (config.cluster === 'none') return undefined
  const text = await observe(() => door.ownFiles.readText(OWN_RESOLV_CONF))
  if (!text.ok) return undefined
  const conf = parseResolvConf(text.value)
  const domain = clusterDomain(conf)
  const name = domain === undefined ? undefined : absoluteName(`kubernetes.default.svc.${domain}`)
  if (name === undefined || !conf.isNamed) return undefined
  const question: Question = { name, type: typeOf(conf), isAlive: false, isNameEnough: true, sameAnswers: false }
  return {
    kind: 'cluster',
    conf,
    servers: [...new Set(conf.servers)],
    behind: [],
    questions: [question, ...questionsOf(config, 'cluster').filter((one) => one.name !== name)],
  }
}

/** As programs write it: without the last dot, so that the search path counts. */
function searchName(side: Side, config: Config): string {
  if (side.kind === 'node') return config.searchName
  return side.questions[0]?.name.replace(/\.$/, '') ?? ''
}

/** As glibc looks up, at the first nameserver that answers: one name after the other, until one has an answer. @param endMs of the clock */
async function searched(
  door: Door,
  ask: Ask,
  side: Side,
  rows: readonly Row[],
  config: Config,
  endMs: number,
): Promise<SearchLook[]> {
  const name = searchName(side, config)
  const answers = rows.filter((row) => row.side === side.kind && row.protocol === 'udp' && row.outcome === 'answered')
  const server = side.servers.find((one) => answers.some((row) => row.server === one))
  if (name === '' || server === undefined) return []
  const tried: Row[] = []
  const type = side.kind === 'cluster' ? typeOf(side.conf) : 'A'
  for (const absolute of searchNames(name, side.conf)) {
    if (ask.clock.monotonicMs() + ask.timeoutMs > endMs)
      return [{ kind: side.kind, name, server, tried, isCutShort: true }]
    const question: Question = { name: absolute, type, isAlive: false, sameAnswers: false }
    const row = await askOnce(door, ask, { side: side.kind, server, protocol: 'udp' }, question)
    tried.push(row)
    if (row.found.length > 0 || tried.reduce((sum, { ms }) => sum + ms, 0) >= config.searchWarningMs) break
  }
  return [{ kind: side.kind, name, server, tried, isCutShort: false }]
}

const TLS_PORT = 853

/** A handshake would say no more of whether the stub is answered: that is between those two. */
async function listeningByTls(door: Door, ask: Ask, side: Side, rows: readonly Row[]): Promise<readonly string[]> {
  const isSilent = (server: string) => rows.every((row) => row.server !== server || row.outcome === 'failed')
  const asked = side.behind.filter(isSilent).map(async (address) => {
    const { ok } = await door.probeTcp(ask, { address, port: TLS_PORT })
    return ok ? [address] : []
  })
  return (await Promise.all(asked)).flat()
}

/** What can be said before a run is ended for lasting too long is better than all that is not. */
const BUDGET_SHARE = 0.8

/**
 * One round: everybody is asked at once, each by himself what he is to say. An answer is waited for as long as the keys say, and less
 * where all of it would take longer than a run may.
 * @param run how it asks; its time-out is that of the whole run
 */
export async function readDns(
  host: Host,
  door: Door,
  { timeoutMs, ...around }: Ask,
  config: Config,
): Promise<DnsReading> {
  const budgetMs = timeoutMs * BUDGET_SHARE
  const endMs = around.clock.monotonicMs() + budgetMs
  const node = await nodeSide(host, config)
  const cluster = await clusterSide(door, config)
  const sides = [...(node.ok ? [node.value] : []), ...(cluster === undefined ? [] : [cluster])]
  // The last two are for who is asked by TLS, and for the search path.
  const longest = 2 + Math.max(0, ...sides.map(longestOf))
  const ask: Ask = { ...around, timeoutMs: Math.min(config.queryTimeoutMs, Math.floor(budgetMs / longest)) }
  const rows = (await Promise.all(sides.map((side) => askAll(door, ask, side, config.tcp)))).flat()
  const byTls = await Promise.all(sides.map((side) => listeningByTls(door, ask, side, rows)))
  const searches = await Promise.all(sides.map((side) => searched(door, ask, side, rows, config, endMs)))
  return { node, cluster, rows, byTls: new Set(byTls.flat()), searches: searches.flat() }
}
