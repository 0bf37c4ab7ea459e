/** What a look at the API servers says. Pure. */
import { type ConditionKey, type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { keyOf, type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import type { Place } from '#probe'
import { judgeLasting, type Lasting, NOT_SEEN } from '../../lasting.ts'
import { judgeLatency, type LatencyMemory, NO_LATENCY, type Timed } from '../../latency.ts'
import type { Config } from './config.ts'
import { seeIdentity, seeServers } from './servers.ts'
import type { ApiReading, WayThere } from './source.ts'

export const CONNECT_SECONDS = 'apiserver_connect_seconds'

/** What is kept of one server. */
export interface ServerMemory {
  readonly health: Lasting
  readonly latency: LatencyMemory
}

/** What one check keeps for the next. */
export interface ApiMemory {
  readonly servers: readonly Place[]
  readonly byName: ReadonlyMap<string, ServerMemory>
  readonly identity: Lasting
  /** What was said of who we are, when it was asked last. */
  readonly identityFinding: Finding | undefined
  /** When there was a request; undefined: never. */
  readonly askedMs: number | undefined
  /** When the list of servers was asked for. */
  readonly listedMs: number | undefined
  /** Something was wrong: there is a request in the next look. */
  readonly isTrouble: boolean
  readonly told: readonly ConditionKey[]
}

export const FIRST_API: ApiMemory = {
  servers: [],
  byName: new Map(),
  identity: NOT_SEEN,
  identityFinding: undefined,
  askedMs: undefined,
  listedMs: undefined,
  isTrouble: false,
  told: [],
}

export interface ApiVerdict {
  readonly memory: ApiMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
  readonly withdrawn: readonly ConditionKey[]
}

/** A cluster has another server once in months; one that is gone is noticed by its connections. */
const LIST_MS = 3_600_000

/** Whether there is a request in this look, and whether it is asked which servers there are. */
export function dueOf({ askedMs, listedMs, isTrouble }: ApiMemory, { requestInterval }: Config, nowMs: number) {
  const isPast = (since: number | undefined, ms: number) => since === undefined || nowMs - since >= ms
  return {
    isDue: isTrouble || isPast(askedMs, requestInterval),
    isListDue: isPast(listedMs, Math.max(LIST_MS, requestInterval)),
  }
}

const ENTITY = 'apiserver:'

function whyUnseen({ network, way, isNode }: ApiReading): Unobserved | 'silent' | undefined {
  if (network.kind === 'other')
    return unobserved(
      'NotHostNetwork',
      "this process has a network of its own, and not the node's; run it with hostNetwork: true",
    )
  if (network.kind === 'unknown') return unobserved('HostNetworkNotKnown', network.message)
  if (way.ok) return undefined
  return isNode ? way : 'silent'
}

/** Unknown is what was told, and each type at least. */
function unseen(before: ApiMemory, config: Config, why: Unobserved): ApiVerdict {
  const types = ['APIServerUnreachable', 'APIServerSlow', ...(config.checkAuth ? ['APIServerAuthFailing'] : [])]
  const silent = types
    .filter((type) => !before.told.some((key) => key.type === type))
    .map((type) => ({ type, entity: '' }))
  const keys = [...before.told, ...silent]
  const findings = keys.map(({ type, entity }) => unknownFinding(type, why, entity))
  return { memory: { ...before, told: keys }, findings, metrics: [], withdrawn: [] }
}

function timedOf(reading: ApiReading, name: string, way: WayThere): readonly Timed[] {
  const connection = reading.connected.find((one) => one.name === name)?.probed
  const { readiness } = reading
  return [
    ...(connection?.ok === true ? [{ what: `connecting to ${name}`, sample: connection.sample }] : []),
    ...(name === way.name && readiness?.came.ok === true
      ? [{ what: `GET /readyz at ${name}`, sample: readiness.sample }]
      : []),
  ]
}

function judgeServers(reading: ApiReading, way: WayThere, config: Config, before: ApiMemory) {
  const byName = new Map<string, ServerMemory>()
  const findings: Finding[] = []
  for (const { name, seen } of seeServers(reading, way, config)) {
    const last = before.byName.get(name) ?? { health: NOT_SEEN, latency: NO_LATENCY }
    const entity = ENTITY + name
    const options = { type: 'APIServerUnreachable', entity, healthyReason: 'Reached', needed: config.failureThreshold }
    const health = judgeLasting(seen, last.health, options)
    const latency = judgeLatency(timedOf(reading, name, way), last.latency, {
      ...{ type: 'APIServerSlow', entity, healthyReason: 'AnswersInTime', who: `the API server ${name}` },
      limits: { warning: config.latencyThreshold, critical: config.criticalLatencyThreshold },
      needed: config.sustainedSlowChecks,
      metric: seriesKey(CONNECT_SECONDS, { server: name }),
    })
    byName.set(name, { health: health.memory, latency: latency.memory })
    findings.push(health.finding, latency.finding)
  }
  return { byName, findings }
}

function unchanged(last: Finding | undefined, { requestInterval }: Config): readonly Finding[] {
  const type = 'APIServerAuthFailing'
  if (last?.health === 'unknown') return [last]
  const message =
    last === undefined
      ? 'not asked yet; it shows at the next check'
      : `${last.message} (asked every ${requestInterval / 1000} s)`
  return [{ type, health: 'healthy', pending: true, reason: 'NotAskedNow', message }]
}

function judgeIdentity({ identity, readiness }: ApiReading, config: Config, before: ApiMemory) {
  if (!config.checkAuth) return { memory: NOT_SEEN, finding: undefined, findings: [] }
  if (identity === undefined)
    return {
      memory: before.identity,
      finding: before.identityFinding,
      findings: unchanged(before.identityFinding, config),
    }
  const options = { type: 'APIServerAuthFailing', healthyReason: 'Known', needed: config.failureThreshold }
  const { memory, finding } = judgeLasting(seeIdentity(identity, readiness, config), before.identity, options)
  return { memory, finding, findings: [finding] }
}

/** Of these nothing is wrong with others: it was not their turn, or this process was late itself, and asks no more by that. */
const NOT_WRONG: readonly string[] = ['NotAskedNow', 'ProberLate']

function isWrong({ health, pending, reason }: Finding): boolean {
  return health === 'problem' || (pending === true && !NOT_WRONG.includes(reason))
}

/** Judges one look. Of a machine that is no node, and has no way to an API server, nothing is said. */
export function evaluateApi(reading: ApiReading, config: Config, before: ApiMemory, nowMs: number): ApiVerdict {
  const why = whyUnseen(reading)
  if (why === 'silent') return { memory: FIRST_API, findings: [], metrics: [], withdrawn: before.told }
  if (why !== undefined) return unseen(before, config, why)
  if (!reading.way.ok) throw new TypeError('a way that is not known was judged')
  const servers = judgeServers(reading, reading.way.value, config, before)
  const identity = judgeIdentity(reading, config, before)
  const findings = [...servers.findings, ...identity.findings]
  const told = findings.map(keyOf)
  const now = new Set(told.map(({ type, entity }) => `${type} ${entity}`))
  const { readiness } = reading
  // A token that cannot be read is looked for in each look, which asks nobody.
  const hasAsked = readiness !== undefined && (readiness.came.ok || readiness.came.failure.kind !== 'credentials')
  return {
    memory: {
      servers: reading.servers ?? before.servers,
      byName: servers.byName,
      identity: identity.memory,
      identityFinding: identity.finding,
      askedMs: hasAsked ? nowMs : before.askedMs,
      listedMs: reading.servers === undefined ? before.listedMs : nowMs,
      isTrouble: findings.some(isWrong),
      told,
    },
    findings,
    metrics: reading.connected.flatMap(({ name, probed }) =>
      probed.ok ? [{ name: CONNECT_SECONDS, labels: { server: name }, value: probed.sample.ms / 1000 }] : [],
    ),
    withdrawn: before.told.filter(({ type, entity }) => !now.has(`${type} ${entity}`)),
  }
}
