/** What one round of questions says. Pure. */
import type { MetricSample } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import { unknownFinding, unobserved } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { judgeDiffering, judgeFailing } from './judge-name.ts'
import { judgeSearch } from './judge-search.ts'
import { judgeServer, type ServerVerdict } from './judge-server.ts'
import { judgeSide, leadsNowhere, nobodyNamed, type SideVerdict } from './judge-side.ts'
import { type DnsMemory, FIRST_DNS, nameEntity, rememberAnswered, serverEntity } from './memory.ts'
import { extendPace } from './pace.ts'
import type { Side, SideKind } from './questions.ts'
import { hasSpoken, type Question, type Row } from './questions.ts'
import type { DnsReading } from './source.ts'
import { RESOLV_CONF_DANGLING, RESOLV_CONF_MISSING } from './unread.ts'

export interface DnsVerdict {
  readonly memory: DnsMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
  /** A resolv.conf of the node says nothing: whom it names is not gone. */
  readonly partial: boolean
}

/** One side with its answers and what is said of it as a whole. */
interface Judged {
  readonly side: Side
  readonly rows: readonly Row[]
  readonly verdict: SideVerdict
}

function sidesOf({ node, cluster }: DnsReading): readonly Side[] {
  const named = node.ok && node.value.servers.length > 0 ? [node.value] : []
  return [...named, ...(cluster === undefined ? [] : [cluster])]
}

function judgeSides(reading: DnsReading, config: Config, memory: DnsMemory): readonly Judged[] {
  const known = { answered: memory.answered, byTls: reading.byTls }
  return sidesOf(reading).map((side) => {
    const rows = reading.rows.filter((row) => row.side === side.kind)
    const verdict = judgeSide(side, rows, memory.sides.get(side.kind), config, known)
    return { side, rows, verdict }
  })
}

/** A nameserver of both sides is judged by all that it was asked. */
function judgeServers(
  sides: readonly Judged[],
  config: Config,
  memory: DnsMemory,
  byTls: ReadonlySet<string>,
): ReadonlyMap<string, ServerVerdict> {
  const servers = new Set(sides.flatMap(({ side }) => [...side.servers, ...side.behind]))
  const verdicts = new Map<string, ServerVerdict>()
  for (const server of servers) {
    const own = sides.filter(({ side }) => [...side.servers, ...side.behind].includes(server))
    const sideRows = own.flatMap(({ rows }) => rows)
    const rows = sideRows.filter((row) => row.server === server)
    if (rows.length === 0) continue
    if (rows.every(({ isOutOfReach }) => isOutOfReach) && !sideRows.every(({ isOutOfReach }) => isOutOfReach)) continue
    const isNew = !memory.answered.has(server) && !rows.some(hasSpoken)
    const isOfCluster = own.every(({ side }) => side.kind === 'cluster')
    verdicts.set(
      server,
      judgeServer(server, rows, memory, {
        config,
        sideRows,
        isWholeSilent: own.every(({ verdict: { whole } }) => whole.isFailing && !whole.resolvesNothing),
        isWholeDown: own.every(({ verdict: { whole } }) => whole.isDown && !whole.resolvesNothing),
        hasNeverAnswered: isNew && isOfCluster,
        isByTls: byTls.has(server) && own.every(({ side }) => !side.servers.includes(server)),
      }),
    )
  }
  return verdicts
}

function judgeNames(sides: readonly Judged[], config: Config, memory: DnsMemory) {
  const said = new Set<string>()
  const asked = sides.flatMap((judged) =>
    judged.side.questions
      .filter(({ isAlive }) => !isAlive)
      // Where nothing has ever answered it is not known whether a name does.
      .filter(() => judged.verdict.finding.reason !== 'NeverAnswered')
      .map((question) => ({ ...judged, question })),
  )
  // Of the same name the first counts.
  const first = asked.filter(({ question }) => !said.has(nameEntity(question)) && said.add(nameEntity(question)))
  const ofName = ({ rows, question }: { rows: readonly Row[]; question: Question }) =>
    rows.filter(({ name, type }) => name === question.name && type === question.type)
  const failing = first.map((one) => {
    const around = { config, whole: one.verdict.whole }
    return judgeFailing(one.question, ofName(one), one.rows, memory.failing.get(nameEntity(one.question)), around)
  })
  const differing = first
    .filter(({ question }) => question.sameAnswers)
    .map((one) => {
      const around = { config, whole: one.verdict.whole }
      return judgeDiffering(one.question, ofName(one), one.rows, memory.differing.get(nameEntity(one.question)), around)
    })
  return { failing, differing }
}

function paces(servers: ReadonlyMap<string, ServerVerdict>, memory: DnsMemory) {
  const all = Array.from(servers, ([server, { ownMs }]) => {
    const { pace, events } = extendPace(server, memory.paces.get(server), ownMs)
    return { server, pace, events }
  })
  return {
    paces: new Map(all.map(({ server, pace }) => [server, pace] as const)),
    events: all.flatMap(({ events }) => events),
  }
}

/** Whether something is looked up over a search path at all. */
function looksUp(sides: readonly Judged[], config: Config): boolean {
  return sides.some(({ side }) => side.kind === 'cluster' || config.searchName !== '')
}

function judgeLookUps(
  reading: DnsReading,
  sides: readonly Judged[],
  servers: ReadonlyMap<string, ServerVerdict>,
  config: Config,
  memory: DnsMemory,
) {
  if (!looksUp(sides, config)) return undefined
  const judged = reading.searches.map((look) => ({ ...look, isServerIll: servers.get(look.server)?.isIll === true }))
  const isWholeFailing = sides.some(({ verdict: { whole } }) => whole.isFailing || whole.isDown)
  return judgeSearch(judged, memory.search, config, isWholeFailing)
}

const ABOUT_NODE = ['NodeDNSDown', 'DNSSearchSlow'] as const

/** A machine without a resolv.conf, which never had one in this boot, asks nobody; of one that leads nowhere all is said by one finding. */
function isNobodys({ node }: DnsReading, { hadServers }: DnsMemory): boolean {
  return !node.ok && [RESOLV_CONF_MISSING, RESOLV_CONF_DANGLING].includes(node.reason) && !hadServers
}

/** Whom programs ask that are told of nobody; undefined: they are told, it is not known, or never were in this boot. */
function judgeNobody({ node }: DnsReading, config: Config, { sides, hadServers }: DnsMemory) {
  if (!node.ok)
    return node.reason === RESOLV_CONF_DANGLING ? leadsNowhere(sides.get('node'), node, hadServers, config) : undefined
  return node.value.servers.length === 0 && hadServers ? nobodyNamed(sides.get('node'), config) : undefined
}

/** Who was asked before and is not now, since whom the stub asks cannot be read. */
function unknownBehind({ node }: DnsReading, memory: DnsMemory, told: readonly Finding[]): readonly Finding[] {
  const fault = node.ok ? (node.value.behindFault ?? '') : ''
  if (fault === '') return []
  const isTold = (entity: string) => told.some((one) => one.type === 'DNSServerUnhealthy' && one.entity === entity)
  return rememberedServers(memory)
    .filter((entity) => !isTold(entity))
    .map((entity) => unknownFinding('DNSServerUnhealthy', unobserved('ResolvConfUnreadable', fault), entity))
}

function rememberedServers({ ways }: DnsMemory): readonly string[] {
  return [...new Set(Array.from(ways.keys(), (key) => serverEntity(key.replace(/^\w+ /, ''))))]
}

/** The node's resolv.conf cannot be read: all that is known of its nameservers and names, and each type as a whole. */
function unknownNode(reading: DnsReading, memory: DnsMemory, told: readonly Finding[]): readonly Finding[] {
  const { node } = reading
  if (node.ok || isNobodys(reading, memory)) return []
  const all = [
    ...ABOUT_NODE.map((type) => unknownFinding(type, node)),
    ...['', ...rememberedServers(memory)].map((entity) => unknownFinding('DNSServerUnhealthy', node, entity)),
    ...['', ...memory.failing.keys()].map((entity) => unknownFinding('DNSNameFailing', node, entity)),
    ...['', ...memory.differing.keys()].map((entity) => unknownFinding('DNSAnswersDiffer', node, entity)),
    ...(reading.cluster === undefined ? [unknownFinding('ClusterDNSDown', node)] : []),
  ]
  const isTold = ({ type, entity = '' }: Finding) =>
    told.some((one) => one.type === type && (one.entity ?? '') === entity)
  return all.filter((one) => !isTold(one))
}

/** Findings, and what is kept for the next round. */
export function evaluateDns(reading: DnsReading, config: Config, memory: DnsMemory): DnsVerdict {
  const sides = judgeSides(reading, config, memory)
  const servers = judgeServers(sides, config, memory, reading.byTls)
  const { failing, differing } = judgeNames(sides, config, memory)
  const search = judgeLookUps(reading, sides, servers, config, memory)
  const { paces: nextPaces, events } = paces(servers, memory)
  const { node } = reading
  const nobody = judgeNobody(reading, config, memory)
  const told: readonly Finding[] = [
    ...sides.map(({ verdict }) => verdict.finding),
    ...(nobody === undefined ? [] : [nobody.finding]),
    ...Array.from(servers.values(), ({ finding }) => finding),
    ...[...failing, ...differing].map(({ finding }) => finding),
    ...(search === undefined ? [] : [search.finding]),
  ]
  const standings = (verdicts: readonly { entity: string; standing: DnsMemory['search'] }[]) =>
    new Map(verdicts.map(({ entity, standing }) => [entity, standing] as const))
  const spoken = reading.rows.filter(hasSpoken).map(({ server }) => server)
  // What cannot be read now has stood as it stood.
  const behind = unknownBehind(reading, memory, told)
  const isPartial = (!node.ok && !isNobodys(reading, memory)) || behind.length > 0
  const kept = isPartial ? memory : FIRST_DNS
  return {
    memory: {
      ways: new Map([...kept.ways, ...Array.from(servers.values(), ({ ways }) => ways).flat()]),
      slow: new Map([...kept.slow, ...Array.from(servers, ([server, { slow }]) => [server, slow] as const)]),
      sides: new Map([
        ...memory.sides,
        ...(nobody === undefined ? [] : [['node', nobody.standing] as const]),
        ...sides.map(({ side, verdict }): [SideKind, DnsMemory['search']] => [side.kind, verdict.standing]),
      ]),
      failing: new Map([...kept.failing, ...standings(failing)]),
      differing: new Map([...kept.differing, ...standings(differing)]),
      search: search?.standing ?? memory.search,
      paces: new Map([...kept.paces, ...nextPaces]),
      answered: rememberAnswered(memory.answered, spoken),
      hadServers: memory.hadServers || (node.ok && node.value.servers.length > 0),
    },
    findings: [...told, ...behind, ...unknownNode(reading, memory, told)],
    events,
    metrics: [...Array.from(servers.values(), ({ metrics }) => metrics).flat(), ...(search?.metrics ?? [])],
    partial: isPartial,
  }
}
