/** What a look at the API servers says. Pure. */
import { type ConditionKey, type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { keyOf, type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import type { Place } from '#probe'
import { isJudged } from '#probe'
import { isToBeProven, type LastWord, lastWord } from '../../last-word.ts'
import { judgeLasting, type Lasting, NOT_SEEN, type Seen } from '../../lasting.ts'
import { judgeLatency, type LatencyMemory, NO_LATENCY, type Timed } from '../../latency.ts'
import type { Config } from './config.ts'
import { seeIdentity, seeServers } from './servers.ts'
import type { ApiReading, WayThere } from './source.ts'

export const CONNECT_SECONDS = 'apiserver_connect_seconds'

/** What is kept of one server. */
export interface ServerMemory {
  readonly health: Lasting
  readonly latency: LatencyMemory
  /** This node has connected to it. */
  readonly wasReached: boolean
  /** What the last request said of it, where nothing else does; else none. */
  readonly words: readonly LastWord[]
}

/** What one check keeps for the next. */
export interface ApiMemory {
  readonly servers: readonly Place[]
  readonly byName: ReadonlyMap<string, ServerMemory>
  readonly identity: Lasting
  /** What was said of who we are, when it was asked last. */
  readonly identityWord: LastWord | undefined
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
  identityWord: undefined,
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
  // What was said before it was unknown proves nothing after that: there is a request as soon as there can be.
  const byName = new Map([...before.byName].map(([name, one]) => [name, { ...one, words: [] }]))
  const memory = { ...before, byName, identityWord: undefined, askedMs: undefined, told: keys }
  return { memory, findings, metrics: [], withdrawn: [] }
}

function timedOf(reading: ApiReading, name: string, way: WayThere, { httpTimeout }: Config): readonly Timed[] {
  const connection = reading.connected.find((one) => one.name === name)?.probed
  const { readiness } = reading
  // One for which this process was late itself was not measured, and is none that nobody answered.
  const isTimed = connection !== undefined && (connection.ok || !isJudged(connection.sample, httpTimeout))
  return [
    ...(isTimed ? [{ what: `connecting to ${name}`, sample: connection.sample }] : []),
    ...(name === way.name && readiness?.came.ok === true
      ? [{ what: `GET /readyz at ${name}`, sample: readiness.sample }]
      : []),
  ]
}

/** When a look was. */
export interface ApiMoment {
  readonly nowMs: number
  /** When it began, by the wall clock. */
  readonly now: Date
}

/** Behind a way of its own a node may have none to the servers themselves, as where a balancer stands before them. */
function neverReached(seen: Seen, { name }: WayThere): Seen {
  if (seen.kind !== 'sick') return seen
  const message = `${seen.message}; it was never reached from this node, which may have no way to it but ${name}`
  return { kind: 'unknown', reason: 'NeverReached', message }
}

/** Servers that this node has connected to. */
export function reachedOf({ byName }: ApiMemory): ReadonlySet<string> {
  return new Set([...byName].flatMap(([name, { wasReached }]) => (wasReached ? [name] : [])))
}

function judgeServers(reading: ApiReading, way: WayThere, config: Config, before: ApiMemory, { now }: ApiMoment) {
  const byName = new Map<string, ServerMemory>()
  const findings: Finding[] = []
  for (const { name, seen } of seeServers(reading, way, config)) {
    const last = before.byName.get(name) ?? { health: NOT_SEEN, latency: NO_LATENCY, wasReached: false, words: [] }
    const wasReached = last.wasReached || reading.connected.some((one) => one.name === name && one.probed.ok)
    // Of a way that is a name a request alone says how it is.
    const isByName = name === way.name && !reading.connected.some((one) => one.name === name)
    if (isByName && reading.readiness === undefined && last.words.length > 0) {
      byName.set(name, last)
      findings.push(...last.words.map(({ finding }) => finding))
      continue
    }
    const entity = ENTITY + name
    const options = { type: 'APIServerUnreachable', entity, healthyReason: 'Reached', needed: config.failureThreshold }
    const isPast = name !== way.name && !way.isService && !wasReached
    const health = judgeLasting(isPast ? neverReached(seen, way) : seen, last.health, options)
    const latency = judgeLatency(timedOf(reading, name, way, config), last.latency, {
      ...{ type: 'APIServerSlow', entity, healthyReason: 'AnswersInTime', who: `the API server ${name}` },
      limits: { warning: config.latencyThreshold, critical: config.criticalLatencyThreshold },
      needed: config.sustainedSlowChecks,
      metric: seriesKey(CONNECT_SECONDS, { server: name }),
    })
    const said = [health.finding, latency.finding]
    const words = isByName ? said.map((one, index) => lastWord(one, now, last.words[index])) : []
    byName.set(name, { health: health.memory, latency: latency.memory, wasReached, words })
    findings.push(...(isByName ? words.map(({ finding }) => finding) : said))
  }
  return { byName, findings }
}

const NOT_ASKED_YET: Finding = {
  ...{ type: 'APIServerAuthFailing', health: 'healthy', pending: true, reason: 'NotAskedNow' },
  message: 'not asked yet; it shows at the next check',
}

function judgeIdentity({ identity, readiness }: ApiReading, config: Config, before: ApiMemory, { now }: ApiMoment) {
  if (!config.checkAuth) return { memory: NOT_SEEN, word: undefined, findings: [] }
  const { identityWord: last } = before
  if (identity === undefined) return { memory: before.identity, word: last, findings: [last?.finding ?? NOT_ASKED_YET] }
  const options = { type: 'APIServerAuthFailing', healthyReason: 'Known', needed: config.failureThreshold }
  const { memory, finding } = judgeLasting(seeIdentity(identity, readiness, config), before.identity, options)
  const word = lastWord(finding, now, last)
  return { memory, word, findings: [word.finding] }
}

/** Of these nothing is wrong with others: it was not their turn, or this process was late itself, and asks no more by that. */
const NOT_WRONG: readonly string[] = ['NotAskedNow', 'ProberLate']

function isWrong({ health, pending, reason }: Finding): boolean {
  return health === 'problem' || (pending === true && !NOT_WRONG.includes(reason))
}

/** Whether it is asked again at once: what was asked has found something wrong, or has not been found well often enough since. */
function isUnproven(word: LastWord): boolean {
  return !NOT_WRONG.includes(word.finding.reason) && isToBeProven(word)
}

/** Judges one look. Of a machine that is no node, and has no way to an API server, nothing is said. */
export function evaluateApi(reading: ApiReading, config: Config, before: ApiMemory, moment: ApiMoment): ApiVerdict {
  const why = whyUnseen(reading)
  if (why === 'silent') return { memory: FIRST_API, findings: [], metrics: [], withdrawn: before.told }
  if (why !== undefined) return unseen(before, config, why)
  if (!reading.way.ok) throw new TypeError('a way that is not known was judged')
  const servers = judgeServers(reading, reading.way.value, config, before, moment)
  const identity = judgeIdentity(reading, config, before, moment)
  const findings = [...servers.findings, ...identity.findings]
  const words = [...servers.byName.values()].flatMap((one) => one.words).concat(identity.word ?? [])
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
      identityWord: identity.word,
      askedMs: hasAsked ? moment.nowMs : before.askedMs,
      listedMs: reading.servers === undefined ? before.listedMs : moment.nowMs,
      isTrouble: findings.some(isWrong) || words.some(isUnproven),
      told,
    },
    findings,
    metrics: reading.connected.flatMap(({ name, probed }) =>
      probed.ok ? [{ name: CONNECT_SECONDS, labels: { server: name }, value: probed.sample.ms / 1000 }] : [],
    ),
    withdrawn: before.told.filter(({ type, entity }) => !now.has(`${type} ${entity}`)),
  }
}
