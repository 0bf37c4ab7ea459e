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

/** What the way said of itself over a request. */
function ofReadiness(
  { came, sample }: NonNullable<ApiReading['readiness']>,
  { name }: WayThere,
  { httpTimeout }: Config,
): Seen {
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

/** The way with blame put where it belongs: servers that answer do not stand behind a dead Service address. */
function withBlame(seen: Seen, way: WayThere, others: readonly Connected[]): Seen {
  if (seen.kind !== 'sick') return seen
  const [answering] = others.filter(({ probed }) => probed.ok)
  if (answering !== undefined && way.isService && seen.reason === 'NotConnected') {
    const message = `${seen.message}, while the server ${answering.name} is reached: the Service address ${way.name} leads nowhere on this node; see kube-proxy, or what the CNI has in its place`
    return {
      ...seen,
      reason: 'ServiceAddressDead',
      message,
      summary: `the Service address ${way.name} leads nowhere on this node`,
    }
  }
  if (answering !== undefined || others.length === 0) return seen
  const message = `${seen.message}; nor is any of its servers: ${others.map(({ name }) => name).join(', ')}`
  return { ...seen, reason: 'NoServerReached', message, summary: 'no API server is reached from this node' }
}

/** How each is; the way first. Where nobody is reached that is one problem, of the way. */
export function seeServers(reading: ApiReading, way: WayThere, config: Config): readonly SeenServer[] {
  const own = reading.connected.find(({ name }) => name === way.name)
  const others = reading.connected.filter(({ name }) => name !== way.name)
  const connection = own && ofConnection(own, config)
  const said = reading.readiness && ofReadiness(reading.readiness, way, config)
  const fallback: Seen =
    own === undefined
      ? { kind: 'unknown', reason: 'NotAsked', message: 'asked at the next request' }
      : { kind: 'well', message: `the API server ${way.name} is connected to` }
  const first = withBlame(connection ?? said ?? fallback, way, others)
  const isAllDead = connection?.kind === 'sick' && others.every(({ probed }) => !probed.ok)
  const rest = others.map((one): SeenServer => {
    const seen = ofConnection(one, config) ?? { kind: 'well', message: `the API server ${one.name} is connected to` }
    if (seen.kind !== 'sick') return { name: one.name, seen }
    // The others serve meanwhile; and where nobody is reached, it says nothing of this one.
    if (!isAllDead) return { name: one.name, seen: { ...seen, severity: 'warning' } }
    return { name: one.name, seen: { kind: 'unknown', reason: 'NoServerReached', message: seen.message } }
  })
  return [{ name: way.name, seen: first }, ...rest]
}

/** Who we are to it. */
export function seeIdentity({ came, sample }: Requested<Identity>, { httpTimeout }: Config): Seen {
  const summary = 'the API server does not know this account'
  if (!came.ok) {
    const { kind, message } = came.failure
    if (kind === 'unreachable' && !isJudged(sample, httpTimeout)) return lateSeen('a SelfSubjectReview', sample)
    return { kind: 'unknown', reason: 'NotAnswered', message }
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
