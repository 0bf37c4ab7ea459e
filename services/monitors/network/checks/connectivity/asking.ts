/** Asks one endpoint, as its URL says, at one address of its host. */

import { aborted } from '#clock'
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
import { inTurn } from '../../names/in-turn.ts'
import type { Found } from '../../names/look-up.ts'
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
  /** Of the clock: what would not end by then is not begun. */
  readonly endMs: number
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
export function notAsked(failure: Failure, sample: Sample = NO_TIME): Attempt {
  return { sample, failure, said: '', certificate: undefined, isExpired: false }
}

/** Its name has no address: whose fault that is. Where this process was late, it is a time-out of which all was its own doing. */
export function notFound({ message, why }: Found & { ok: false }, { requestTimeoutMs: ms }: Config): Attempt {
  if (why === 'late') return notAsked({ kind: 'timeout', code: '', message }, { ms, lateMs: ms })
  return notAsked({ kind: why === 'own' ? 'local' : 'name', code: '', message })
}

/** A name that a request leads to has no address. */
class NameNotFoundError extends ProbeFailedError {
  readonly attempt: Attempt

  constructor(found: Found & { ok: false }, config: Config) {
    const attempt = notFound(found, config)
    super(attempt.failure!)
    this.attempt = attempt
  }
}

/** Statuses by which a server says that it does not know HEAD (RFC 9110, 15.5.6, 15.6.2). */
const NO_HEAD: readonly number[] = [405, 501]

const FIRST = { like: '', at: 0 } as const

/** Each try takes another one; first those of the family by which somebody was reached. @throws NameNotFoundError */
async function addressOf(
  names: Names,
  host: string,
  config: Config,
  { like, at }: { readonly like: string; readonly at: number },
): Promise<string> {
  const found = await names.find(host)
  if (!found.ok) throw new NameNotFoundError(found, config)
  const addresses = inTurn(found.addresses, like)
  return addresses[at % addresses.length]!
}

/** Where the request goes: to an address that is known, or to one of those that a name has. */
type Aim = { readonly address: string | undefined } | { readonly like: string; readonly at: number }

async function routeOf({ names, config }: Means, url: URL, aim: Aim): Promise<Route> {
  const proxy = proxyFor({ httpProxy: config.proxy, httpsProxy: config.proxy, noProxy: config.noProxy }, url)
  if (proxy.kind === 'unusable') throw localFailure(proxy.message)
  const host = proxy.kind === 'proxy' ? proxy.host : hostOf(url)
  const port = proxy.kind === 'proxy' ? proxy.port : portOf(url)
  const known = 'address' in aim ? aim.address : undefined
  const place = { address: known ?? (await addressOf(names, host, config, 'at' in aim ? aim : FIRST)), port }
  return proxy.kind === 'proxy'
    ? { kind: 'proxy', place, authorization: proxy.authorization }
    : { kind: 'address', place }
}

/** Headers that say who we are, by their names, beside those that anybody may read. */
const PERSONAL = /auth|token|key|secret|cookie|session|passw|credential/i

/** What is told to who may be anybody. */
function impersonal({ url, headers }: Endpoint): Pick<Endpoint, 'url' | 'headers'> & { readonly isLess: boolean } {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  const told = Object.fromEntries(Object.entries(headers).filter(([name]) => !PERSONAL.test(name)))
  const isLess = plain.href !== url.href || Object.keys(told).length < Object.keys(headers).length
  return { url: plain, headers: told, isLess }
}

/** Ends with the probe that waits for it. @throws the signal's reason */
function whileWaited<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  const end = aborted(signal).then((): never => {
    throw signal.reason
  })
  return Promise.race([work, end])
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

/** What a request is made of, whichever method it has. */
function questionOf(means: Means, endpoint: Endpoint, route: Route, at: number) {
  const { config } = means
  const like = 'place' in route ? route.place.address : ''
  const isAny = endpoint.url.protocol === 'https:' && !config.verifyCertificate
  const { url, headers, isLess } = isAny ? impersonal(endpoint) : { ...endpoint, isLess: false }
  const isTls = url.protocol === 'https:'
  const follow = endpoint.followRedirects
    ? (next: URL, signal: AbortSignal) => {
        if (next.protocol === 'https:') trusted(means)
        return whileWaited(signal, routeOf(means, next, { like, at }))
      }
    : undefined
  // Where http leads to https the same authorities are believed.
  const trust = isTls || (follow !== undefined && typeof means.trust !== 'string') ? trusted(means) : undefined
  const identity = config.verifyCertificate ? 'verified' : 'any'
  return { question: { url, headers, trust, route, identity, follow, maxBodyBytes: 4096 } as const, isLess }
}

function hasTime({ ask, endMs }: Means): boolean {
  return ask.clock.monotonicMs() + ask.timeoutMs <= endMs
}

async function askHttp(means: Means, endpoint: Endpoint, address: string | undefined, at: number): Promise<Attempt> {
  const { door, ask } = means
  const { method, expectedStatusCode } = endpoint
  const route = await routeOf(means, endpoint.url, { address })
  const { question, isLess } = questionOf(means, endpoint, route, at)
  const first = await door.probeHttp(ask, { ...question, method })
  const isNoHead = method === 'HEAD' && first.ok && NO_HEAD.includes(first.answer.status)
  const probed =
    isNoHead && first.answer.status !== expectedStatusCode && hasTime(means)
      ? await door.probeHttp(ask, { ...question, method: 'GET' })
      : first
  if (!probed.ok) {
    const attempt = failed(probed)
    if (probed.failure.kind !== 'certificate' || route.kind !== 'address' || !hasTime(means)) return attempt
    const { certificate, isExpired } = await askTls(means, endpoint, route.place.address)
    return { ...attempt, certificate, isExpired }
  }
  const { status, url: last, tls } = probed.answer
  const without = isLess ? '; nobody was told who we are, since verifyCertificate is false' : ''
  const message = `${status} from ${last}, and ${expectedStatusCode} is expected${without}`
  const failure: Failure | undefined =
    status === expectedStatusCode ? undefined : { kind: 'unexpected', code: String(status), message }
  const said = `${status} from ${last}`
  return { sample: probed.sample, failure, said, certificate: tls?.chain[0], isExpired: false }
}

/**
 * @param address of the host, or of its proxy; undefined: the proxy makes no sense
 * @param at which try it is, from 0
 */
export async function askEndpoint(
  means: Means,
  endpoint: Endpoint,
  address: string | undefined,
  at: number,
): Promise<Attempt> {
  const { url } = endpoint
  try {
    if (url.protocol === 'http:' || url.protocol === 'https:') return await askHttp(means, endpoint, address, at)
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
    if (err instanceof NameNotFoundError) return err.attempt
    if (err instanceof ProbeFailedError) return notAsked(err.failure)
    throw err
  }
}
