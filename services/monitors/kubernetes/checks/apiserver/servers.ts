/** How each of the API servers is, and whose fault it is that one is not reached. Pure. */
import type { Identity } from '#kube'
import { isJudged } from '#probe'
import { lateSeen, type Seen } from '../../lasting.ts'
import type { Config } from './config.ts'
import type { ApiReading, Connected, Requested, WayThere } from './source.ts'

const CHECKS_SHOWN = 4

/** One that is not connected to. */
function ofConnection({ name, probed }: Connected, { httpTimeout }: Config): Seen | undefined {
  if (probed.ok) return undefined
  const { kind, message } = probed.failure
  if (kind === 'timeout' && !isJudged(probed.sample, httpTimeout))
    return lateSeen(`connecting to ${name}`, probed.sample)
  // This machine could not ask, so nobody else is to blame.
  if (kind === 'local' || kind === 'denied') return { kind: 'unknown', reason: 'NotAsked', message }
  return { kind: 'sick', reason: 'NotConnected', message, summary: `the API server ${name} is not reached` }
}

/** What the way said of itself over a request; undefined where nobody was asked. */
function ofReadiness(
  { came, sample }: NonNullable<ApiReading['readiness']>,
  { name }: WayThere,
  { httpTimeout }: Config,
): Seen | undefined {
  const summary = `the API server ${name} does not answer as it should`
  if (came.ok) {
    if (came.answer.kind !== 'not-ready') return { kind: 'well', message: `the API server ${name} answers` }
    const failed = came.answer.failed.slice(0, CHECKS_SHOWN).join(', ')
    const message = `the API server ${name} says that it is not ready: ${failed}`
    return {
      kind: 'sick',
      severity: 'warning',
      reason: 'NotReady',
      message,
      summary: `the API server is not ready (${failed})`,
    }
  }
  const { kind, message } = came.failure
  if (kind === 'unreachable' && !isJudged(sample, httpTimeout)) return lateSeen(`a request to ${name}`, sample)
  if (kind === 'credentials') return undefined
  const reasons = {
    unreachable: 'NotAnswered',
    unverified: 'CertificateUnverified',
    refused: 'RequestRefused',
  } as const
  return { kind: 'sick', reason: reasons[kind], message, summary }
}

/** A server by its name, as it was seen. */
export interface SeenServer {
  readonly name: string
  readonly seen: Seen
}

/** Which of both it is that leads a Service address nowhere, as far as kube-proxy says. */
function whoLeads(kubeProxy: ApiReading['kubeProxy']): string {
  if (kubeProxy === undefined) return 'see kube-proxy, or what the CNI has in its place'
  if (kubeProxy.ok)
    return kubeProxy.answer.status === 200
      ? 'kube-proxy says that it is well, so see the CNI, and what filters packets here'
      : `see kube-proxy, which answers with ${kubeProxy.answer.status} (127.0.0.1:10256)`
  const { kind, message } = kubeProxy.failure
  if (kind === 'refused') return `kube-proxy is not running (${message}); where the CNI has its place, see the CNI`
  return `see kube-proxy: ${message}`
}

/** The way with blame put where it belongs: servers that answer do not stand behind a dead Service address. */
function withBlame(seen: Seen, way: WayThere, { others, isAllDead, kubeProxy }: Around): Seen {
  if (seen.kind !== 'sick') return seen
  if (isAllDead) {
    const message = `${seen.message}; nor is any of its servers: ${others.map(({ name }) => name).join(', ')}`
    return { ...seen, reason: 'NoServerReached', message, summary: 'no API server is reached from this node' }
  }
  const [answering] = others.filter(({ probed }) => probed.ok)
  if (answering === undefined || !way.isService || seen.reason !== 'NotConnected') return seen
  const message = `${seen.message}, while the server ${answering.name} is reached: the Service address ${way.name} leads nowhere on this node; ${whoLeads(kubeProxy)}`
  return {
    ...seen,
    reason: 'ServiceAddressDead',
    message,
    summary: `the Service address ${way.name} leads nowhere on this node`,
  }
}

/** What the way is held against. */
interface Around {
  readonly others: readonly Connected[]
  /** Neither the way nor any server is reached. */
  readonly isAllDead: boolean
  readonly kubeProxy: ApiReading['kubeProxy']
}

function seeWay(reading: ApiReading, way: WayThere, config: Config): Seen {
  const own = reading.connected.find(({ name }) => name === way.name)
  const others = reading.connected.filter((one) => one !== own)
  const connection = own && ofConnection(own, config)
  if (connection !== undefined) return connection
  const said = reading.readiness && ofReadiness(reading.readiness, way, config)
  // The address is dealt to servers, of which one is known to be dead: that is told of it alone.
  const isDealt =
    way.isService &&
    !reading.isDirect &&
    others.some(({ probed }) => !probed.ok) &&
    others.some(({ probed }) => probed.ok)
  if (said !== undefined && !(isDealt && said.kind === 'sick' && said.reason === 'NotAnswered')) return said
  if (own === undefined) return { kind: 'unknown', reason: 'NotAsked', message: 'asked at the next request' }
  return { kind: 'well', message: `the API server ${way.name} is connected to` }
}

/** How each is; the way first. Where nobody is reached that is one problem, of the way. */
export function seeServers(reading: ApiReading, way: WayThere, config: Config): readonly SeenServer[] {
  const others = reading.connected.filter(({ name }) => name !== way.name)
  const seen = seeWay(reading, way, config)
  // Of a way that is a name, a request without an answer says that it is not connected to.
  const isByName = others.length === reading.connected.length
  const isUnreached = seen.kind === 'sick' && seen.reason === (isByName ? 'NotAnswered' : 'NotConnected')
  const isAllDead = isUnreached && others.length > 0 && others.every(({ probed }) => !probed.ok)
  const first = withBlame(seen, way, { others, isAllDead, kubeProxy: reading.kubeProxy })
  const rest = others.map((one): SeenServer => {
    const its = ofConnection(one, config) ?? { kind: 'well', message: `the API server ${one.name} is connected to` }
    if (its.kind !== 'sick') return { name: one.name, seen: its }
    // The others serve meanwhile; and where nobody is reached, it says nothing of this one.
    if (!isAllDead) return { name: one.name, seen: { ...its, severity: 'warning' } }
    return { name: one.name, seen: { kind: 'unknown', reason: 'NoServerReached', message: its.message } }
  })
  return [{ name: way.name, seen: first }, ...rest]
}

/** Who we are to it. @param readiness what it said to us just before; servers before 1.28 have no SelfSubjectReview */
export function seeIdentity(
  { came, sample }: Requested<Identity>,
  readiness: ApiReading['readiness'],
  { httpTimeout }: Config,
): Seen {
  const summary = 'the API server does not know this account'
  if (!came.ok) {
    const { kind, status, message } = came.failure
    if (kind === 'unreachable' && !isJudged(sample, httpTimeout)) return lateSeen('a SelfSubjectReview', sample)
    const hasTaken = readiness?.came.ok === true && readiness.came.answer.kind !== 'unauthorised'
    if (status === 404 && hasTaken)
      return { kind: 'well', message: 'it takes our token, and does not say who we are (no SelfSubjectReview)' }
    return { kind: 'unknown', reason: kind === 'credentials' ? 'NoCredentials' : 'NotAnswered', message }
  }
  const { answer } = came
  if (answer.kind === 'known' && answer.name !== 'system:anonymous')
    return { kind: 'well', message: `it knows us as ${answer.name}` }
  const sick = { kind: 'sick', severity: 'warning', reason: 'NotKnown', summary } as const
  if (answer.kind === 'forbidden') return { ...sick, reason: 'Forbidden', message: answer.message }
  const message =
    'the API server does not know our token (401): it has expired, is of another cluster, or its account is gone'
  return {
    ...sick,
    message:
      answer.kind === 'unknown'
        ? message
        : 'the API server takes us for nobody (system:anonymous): no token reaches it',
  }
}
