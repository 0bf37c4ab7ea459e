/** Asks all endpoints of a check, each as often as its keys say. */

import type { Clock } from '#clock'
import type { Host } from '#host'
import { observe } from '#monitor-kit/source'
import { backoffMs } from '#pace'
import { createTrust, proxyFor, systemAuthorities, type Trust, TrustInvalidError } from '#probe'
import { type Attempt, askEndpoint, type Means, notAsked } from './asking.ts'
import type { Config } from './config.ts'
import { type Endpoint, hostOf } from './endpoints.ts'

/** Between two tries at the same address: so many come back together that only chance keeps them apart. */
const RETRY = { minMs: 250, maxMs: 2_000 } as const
/** Of a name with very many addresses so many are tried. */
const ADDRESSES_MAX = 6
/** All tries of an endpoint are over by then; what is asked with is given up a little later. */
const BUDGET_MS = 20_000
/** Of the time that a run may take, for the same: who does not answer is to be found out before nobody waits any more. */
const BUDGET_SHARE = 0.8

/** How long the tries of an endpoint may take together, in milliseconds. @param timeoutMs of a run, as configured */
export function budgetOf(timeoutMs: number): number {
  return Math.min(BUDGET_MS, Math.floor(timeoutMs * BUDGET_SHARE))
}
const AUTHORITIES_BYTES = 4 * 1024 * 1024

/** What came of one endpoint in a round. */
export interface Answered {
  readonly endpoint: Endpoint
  /** Each try; the last one is what counts. */
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

/** The addresses to try, in turn; [undefined] where a proxy finds them. */
async function addressesOf(
  { names, config }: Means,
  { url }: Endpoint,
): Promise<readonly (string | undefined)[] | Attempt> {
  const proxies = { httpProxy: config.proxy, httpsProxy: config.proxy, noProxy: config.noProxy }
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:'
  if (isHttp && proxyFor(proxies, url).kind !== 'direct') return [undefined]
  const found = await names.find(hostOf(url))
  if (found.ok) return found.addresses.slice(0, ADDRESSES_MAX)
  return notAsked({ kind: found.isOwnFault ? 'local' : 'name', code: '', message: found.message })
}

async function askOne(means: Means, endpoint: Endpoint, clock: Clock, random: () => number): Promise<Answered> {
  const endMs = clock.monotonicMs() + means.budgetMs - means.ask.timeoutMs
  const addresses = await addressesOf(means, endpoint)
  if ('sample' in addresses) return { endpoint, attempts: [addresses] }
  const attempts: Attempt[] = []
  for (let at = 0; at <= means.config.retries; at++) {
    const attempt = await askEndpoint(means, endpoint, addresses[at % addresses.length])
    attempts.push(attempt)
    if (attempt.failure === undefined || attempt.failure.kind === 'local') break
    const isLast = at === means.config.retries || clock.monotonicMs() >= endMs
    if (isLast) break
    // Another address may be asked at once.
    const isSame = at + 1 >= addresses.length
    if (isSame) await clock.sleep(backoffMs(at, { ...RETRY, random }), means.ask.signal)
  }
  return { endpoint, attempts }
}

/** Asks all at once. @param random from 0 to 1, for the waits between tries */
export function askAllEndpoints(
  means: Means,
  endpoints: readonly Endpoint[],
  clock: Clock,
  random: () => number = Math.random,
): Promise<readonly Answered[]> {
  return Promise.all(endpoints.map((endpoint) => askOne(means, endpoint, clock, random)))
}
