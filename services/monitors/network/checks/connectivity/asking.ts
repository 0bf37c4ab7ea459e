/** Asks one endpoint, as its URL says, at one address of its host. */
import {
  type Ask,
  type Certificate,
  type Failure,
  type Probed,
  ProbeFailedError,
  proxyFor,
  type Route,
  type Sample,
  type Trust,
} from '#probe'
import type { Names } from '../../names/names.ts'
import type { Door } from '../../probing/door.ts'
import type { Config } from './config.ts'
import { type Endpoint, hostOf, portOf } from './endpoints.ts'

/** What is asked with. */
export interface Means {
  readonly door: Door
  readonly ask: Ask
  readonly names: Names
  /** Or why nobody can be believed. */
  readonly trust: Trust | string
  readonly config: Config
  /** How long all tries of an endpoint may take together, in milliseconds. */
  readonly budgetMs: number
}

/** What came of one endpoint in one round. */
export interface Attempt {
  readonly sample: Sample
  /** undefined: what was to come. */
  readonly failure: Failure | undefined
  /** What came: "200 from https://…". */
  readonly said: string
  /** Of TLS: what the endpoint has shown, also where it is not believed. */
  readonly certificate: Certificate | undefined
  /** It may not be believed for this alone: it is over. */
  readonly isExpired: boolean
}

const NO_TIME: Sample = { ms: 0, lateMs: 0 }

/** It was not even asked. */
export function notAsked(failure: Failure): Attempt {
  return { sample: NO_TIME, failure, said: '', certificate: undefined, isExpired: false }
}

/** Statuses by which a server says that it does not know HEAD (RFC 9110, 15.5.6, 15.6.2). */
const NO_HEAD: readonly number[] = [405, 501]

async function routeOf({ names, config }: Means, url: URL, address?: string): Promise<Route> {
  const proxy = proxyFor({ httpProxy: config.proxy, httpsProxy: config.proxy, noProxy: config.noProxy }, url)
  if (proxy.kind === 'unusable') throw localFailure(proxy.message)
  const host = proxy.kind === 'proxy' ? proxy.host : hostOf(url)
  const port = proxy.kind === 'proxy' ? proxy.port : portOf(url)
  const found = address !== undefined && proxy.kind === 'direct' ? undefined : await names.find(host)
  if (found?.ok === false) throw new ProbeFailedError({ kind: 'name', code: '', message: found.message })
  const place = { address: found === undefined ? address! : found.addresses[0]!, port }
  return proxy.kind === 'proxy'
    ? { kind: 'proxy', place, authorization: proxy.authorization }
    : { kind: 'address', place }
}

function localFailure(message: string): ProbeFailedError {
  return new ProbeFailedError({ kind: 'local', code: '', message })
}

/** @throws ProbeFailedError where it could not be read */
function trusted({ trust }: Means): Trust {
  if (typeof trust === 'string') throw localFailure(trust)
  return trust
}

async function shown(means: Means, { url }: Endpoint, address: string) {
  const { door, ask } = means
  const place = { address, port: portOf(url) }
  return await door.probeTls(ask, { place, serverName: hostOf(url), trust: trusted(means) })
}

function failed<Answer>(probed: Probed<Answer> & { ok: false }): Attempt {
  return { ...notAsked(probed.failure), sample: probed.sample }
}

async function askTls(means: Means, endpoint: Endpoint, address: string): Promise<Attempt> {
  const probed = await shown(means, endpoint, address)
  if (!probed.ok) return failed(probed)
  const { chain, verification } = probed.answer
  const faults = verification.verified ? [] : verification.faults
  const isExpired = faults.length > 0 && faults.every(({ kind }) => kind === 'expired')
  const message = `the certificate of ${address} is not taken: ${faults.map((fault) => fault.message).join('; ')}`
  const isTaken = faults.length === 0 || !means.config.verifyCertificate
  const failure: Failure | undefined = isTaken
    ? undefined
    : { kind: 'certificate', code: faults[0]?.code ?? '', message }
  return { sample: probed.sample, failure, said: `a handshake with ${address}`, certificate: chain[0], isExpired }
}

async function askHttp(means: Means, endpoint: Endpoint, address: string | undefined): Promise<Attempt> {
  const { door, ask, config } = means
  const { url, method, headers, expectedStatusCode } = endpoint
  const route = await routeOf(means, url, address)
  const identity = config.verifyCertificate ? 'verified' : 'any'
  const follow = endpoint.followRedirects ? (next: URL) => routeOf(means, next) : undefined
  const trust = url.protocol === 'https:' ? trusted(means) : undefined
  const question = { url, headers, trust, route, identity, follow, maxBodyBytes: 4096 } as const
  const first = await door.probeHttp(ask, { ...question, method })
  const isNoHead = method === 'HEAD' && first.ok && NO_HEAD.includes(first.answer.status)
  const probed =
    isNoHead && first.answer.status !== expectedStatusCode
      ? await door.probeHttp(ask, { ...question, method: 'GET' })
      : first
  if (!probed.ok) {
    const attempt = failed(probed)
    if (probed.failure.kind !== 'certificate' || route.kind !== 'address') return attempt
    const { certificate, isExpired } = await askTls(means, endpoint, route.place.address)
    return { ...attempt, certificate, isExpired }
  }
  const { status, url: last, tls } = probed.answer
  const isExpected = status === expectedStatusCode
  const message = `${status} from ${last}, and ${expectedStatusCode} is expected`
  const failure: Failure | undefined = isExpected ? undefined : { kind: 'unexpected', code: String(status), message }
  return {
    sample: probed.sample,
    failure,
    said: `${status} from ${last}`,
    certificate: tls?.chain[0],
    isExpired: false,
  }
}

/** @param address of the host; undefined: the proxy finds it */
export async function askEndpoint(means: Means, endpoint: Endpoint, address: string | undefined): Promise<Attempt> {
  const { url } = endpoint
  try {
    if (url.protocol === 'http:' || url.protocol === 'https:') return await askHttp(means, endpoint, address)
    if (url.protocol === 'tls:') return await askTls(means, endpoint, address ?? '')
    const probed = await means.door.probeTcp(means.ask, { address: address ?? '', port: portOf(url) })
    if (!probed.ok) return failed(probed)
    return {
      ...notAsked({ kind: 'local', code: '', message: '' }),
      failure: undefined,
      sample: probed.sample,
      said: `a connection to ${address}`,
    }
  } catch (err) {
    if (err instanceof ProbeFailedError) return notAsked(err.failure)
    throw err
  }
}
