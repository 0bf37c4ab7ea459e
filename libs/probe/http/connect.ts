/** The way to the host of a URL, over its address, a socket, or a proxy. */
import type { Clock } from '#clock'
import { ProbeFailedError } from '../ask.ts'
import { failureOf, placeText } from '../failure.ts'
import { type OpenSocket, openTcp, openUnix } from '../tcp/open.ts'
import { type Handshake, secured } from '../tls/handshake.ts'
import { createTrust, type Trust } from '../tls/trust.ts'
import type { Place } from '../types.ts'
import { tunnelled } from './exchange.ts'
import type { HttpQuestion, Route } from './types.ts'
import { hostOf, portOf } from './url.ts'

/** A connection to whoever is asked. */
export interface Way extends Disposable {
  readonly socket: OpenSocket['socket']
  readonly tls: Handshake | undefined
  readonly connectMs: number
}

/** To whom, and how. */
export interface WayOptions extends Pick<HttpQuestion, 'url' | 'route' | 'trust' | 'serverName' | 'identity'> {
  readonly clock: Clock
}

let ofNode: Trust | undefined

function trustOfNode(): Trust {
  ofNode ??= createTrust()
  return ofNode
}

/** For people: where one is connected to. */
export function routeText(route: Route): string {
  switch (route.kind) {
    case 'address':
      return placeText(route.place)
    case 'socket':
      return route.path
    case 'proxy':
      return `the proxy ${placeText(route.place)}`
  }
}

async function opened(route: Route, place: Place | undefined, signal: AbortSignal): Promise<OpenSocket> {
  if (place === undefined) return openUnix(route.kind === 'socket' ? route.path : '', signal)
  try {
    return await openTcp(place, signal)
  } catch (err) {
    if (signal.aborted) throw err
    throw new ProbeFailedError(failureOf(err, routeText(route)), err)
  }
}

/** @throws ProbeFailedError of kind `certificate` for one who is not who he should be */
function verified({ verification }: Handshake, where: string): void {
  if (verification.verified) return
  const [{ code }] = verification.faults
  const message = `the certificate of ${where} is not to be trusted: ${verification.faults.map((fault) => fault.message).join('; ')}`
  throw new ProbeFailedError({ kind: 'certificate', code, message })
}

async function tunnelOver(open: OpenSocket, { url, route }: WayOptions, signal: AbortSignal): Promise<void> {
  if (route.kind !== 'proxy') return
  const target = `${url.hostname}:${portOf(url)}`
  const headers = { host: target, ...(route.authorization && { 'proxy-authorization': route.authorization }) }
  await tunnelled(open.socket, { method: 'CONNECT', target, headers, maxBodyBytes: 0, where: routeText(route) }, signal)
}

/**
 * Connects, and shakes hands where the URL is of https. Nobody is asked anything before he is known, unless `identity` is `any`.
 * @throws ProbeFailedError; the signal's reason
 */
export async function wayTo(options: WayOptions, signal: AbortSignal): Promise<Way> {
  const { clock, url, route, identity = 'verified' } = options
  const begunMs = clock.monotonicMs()
  using stack = new DisposableStack()
  const open = stack.use(await opened(route, route.kind === 'socket' ? undefined : route.place, signal))
  let way: Pick<Way, 'socket' | 'tls'> = { socket: open.socket, tls: undefined }
  if (url.protocol === 'https:') {
    await tunnelOver(open, options, signal)
    const { trust = trustOfNode(), serverName = hostOf(url) } = options
    const where = `${url.host} (${routeText(route)})`
    const { socket, handshake } = await secured(open, { clock, trust, serverName, where }, signal)
    if (identity === 'verified') verified(handshake, where)
    way = { socket, tls: handshake }
  }
  const kept = stack.move()
  return { ...way, connectMs: clock.monotonicMs() - begunMs, [Symbol.dispose]: () => kept.dispose() }
}
