/** Asks all endpoints of a check, each as often as its keys say. */

import type { Host } from '#host'
import { observe } from '#monitor-kit/source'
import { backoffMs } from '#pace'
import { createTrust, type FailureKind, proxyFor, systemAuthorities, type Trust, TrustInvalidError } from '#probe'
import { inTurn } from '../../names/in-turn.ts'
import { type Attempt, askEndpoint, type Means, notFound } from './asking.ts'
import type { Config } from './config.ts'
import { type Endpoint, hostOf } from './endpoints.ts'

/** Between two tries at the same address: so many come back together that only chance keeps them apart. */
const RETRY = { minMs: 250, maxMs: 2_000 } as const
/** All tries of an endpoint are over in so much of what a run may take. */
const BUDGET_SHARE = 0.8
const AUTHORITIES_BYTES = 4 * 1024 * 1024

/** What came of one endpoint in a round. */
export interface Answered {
  readonly endpoint: Endpoint
  /** Each try: one that was answered is the last. */
  readonly attempts: readonly Attempt[]
}

/** Reads whom the host believes, or the file that is named; what cannot be read is told in words. */
export type ReadTrust = () => Promise<Trust | string>

function trustIn(authorities: string | undefined, where: string): Trust | string {
  try {
    return createTrust({ authorities })
  } catch (err) {
    if (!(err instanceof TrustInvalidError)) throw err
    return `${where}: ${err.message}`
  }
}

/** Made anew where the file has changed alone: to read the authorities of a machine takes 7 ms of processor. */
export function createReadTrust(host: Host, { authoritiesPath }: Config): ReadTrust {
  let known: { readonly text: string | undefined; readonly trust: Trust | string } | undefined
  const read = () =>
    authoritiesPath === ''
      ? systemAuthorities(host.files)
      : host.files.readText(authoritiesPath, { maxBytes: AUTHORITIES_BYTES })
  return async () => {
    const text = await observe(read)
    if (!text.ok) return text.message
    if (known === undefined || known.text !== text.value) {
      known = { text: text.value, trust: trustIn(text.value, authoritiesPath || 'the authorities of the host') }
    }
    return known.trust
  }
}

/** How long a run has for what it asks, and how long for one answer. @param timeoutMs of a run */
export function timesOf({ requestTimeoutMs }: Config, timeoutMs: number) {
  const budgetMs = timeoutMs * BUDGET_SHARE
  return { budgetMs, requestTimeoutMs: Math.min(requestTimeoutMs, Math.floor(budgetMs / 2)) }
}

/** The addresses to try, in turn, of the endpoint or of its proxy; [undefined] where the proxy makes no sense. */
async function addressesOf(
  { names, config }: Means,
  { url }: Endpoint,
): Promise<readonly (string | undefined)[] | Attempt> {
  const proxies = { httpProxy: config.proxy, httpsProxy: config.proxy, noProxy: config.noProxy }
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:'
  const proxy = isHttp ? proxyFor(proxies, url) : ({ kind: 'direct' } as const)
  if (proxy.kind === 'unusable') return [undefined]
  const found = await names.find(proxy.kind === 'proxy' ? proxy.host : hostOf(url))
  return found.ok ? inTurn(found.addresses) : notFound(found, config)
}

/** There is no way from here to that address, which says nothing of another one. */
const NO_WAY: readonly FailureKind[] = ['local', 'denied', 'unreachable']

async function askOne(means: Means, endpoint: Endpoint, random: () => number): Promise<Answered> {
  const addresses = await addressesOf(means, endpoint)
  if ('sample' in addresses) return { endpoint, attempts: [addresses] }
  const { ask, config, endMs } = means
  const attempts: Attempt[] = []
  let retries = 0
  for (let at = 0; ; at++) {
    const attempt = await askEndpoint(means, endpoint, addresses[at % addresses.length], at)
    attempts.push(attempt)
    const { failure } = attempt
    const isOther = at + 1 < addresses.length
    const isNoWay = failure !== undefined && NO_WAY.includes(failure.kind)
    if (failure === undefined || (failure.kind === 'local' && !isOther)) break
    if (!isNoWay || !isOther) retries++
    if (retries > config.retries || ask.clock.monotonicMs() + ask.timeoutMs > endMs) break
    // Another address may be asked at once.
    if (!isOther) await ask.clock.sleep(backoffMs(retries - 1, { ...RETRY, random }), ask.signal)
  }
  return { endpoint, attempts }
}

/** Asks all at once. @param random from 0 to 1, for the waits between tries */
export function askAllEndpoints(
  means: Means,
  endpoints: readonly Endpoint[],
  random: () => number = Math.random,
): Promise<readonly Answered[]> {
  return Promise.all(endpoints.map((endpoint) => askOne(means, endpoint, random)))
}
