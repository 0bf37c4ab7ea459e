/** What a URL answers. */
import { aborted } from '#clock'
import { asked, ProbeFailedError } from '../ask.ts'
import { familyOf } from '../tcp/literal.ts'
import type { Ask, Probed } from '../types.ts'
import { routeText, wayTo } from './connect.ts'
import { exchanged } from './exchange.ts'
import { credentialsOf } from './proxy.ts'
import type { HttpAnswer, HttpMethod, HttpQuestion, HttpReply, Route } from './types.ts'
import { urlText } from './url.ts'

const BODY_BYTES = 65_536
/** As many as are meant; more is a circle. */
const REDIRECTS_MAX = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
/** With these the method stays what it is (RFC 9110, 15.4). */
const KEEPS_METHOD: readonly number[] = [307, 308]
/** What says who we are. */
const PERSONAL: readonly string[] = ['authorization', 'cookie', 'proxy-authorization']

/** One of the requests of a question: the first, or one that a redirection led to. */
interface Hop {
  readonly method: HttpMethod
  readonly url: URL
  readonly route: Route
  readonly headers: Readonly<Record<string, string>>
  readonly serverName: string | undefined
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** @throws TypeError for a question that nobody should ask: a fault of the caller's */
function firstHop({ method, url, route, headers = {}, serverName, identity }: HttpQuestion): Hop {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`${url.protocol} is not spoken here; http: and https: are`)
  if (route.kind !== 'socket') familyOf(route.place)
  const credentials = credentialsOf(url)
  const all = { ...(credentials !== undefined && { authorization: credentials }), ...lowered(headers) }
  if (identity === 'any' && url.protocol === 'https:' && PERSONAL.some((name) => name in all))
    throw new TypeError('nobody is told who we are before we know who he is; without identity: any')
  return { method, url, route, headers: all, serverName }
}

/** The line and the headers of a request; a proxy of http is told the whole URL. */
function requestOf({ method, url, route, headers }: Hop) {
  const path = `${url.pathname}${url.search}`
  const isProxied = route.kind === 'proxy' && url.protocol === 'http:'
  return {
    method,
    target: isProxied ? `http://${url.host}${path}` : path,
    headers: {
      'user-agent': 'node-doctor',
      accept: '*/*',
      ...headers,
      host: headers['host'] ?? url.host,
      ...(isProxied && route.authorization && { 'proxy-authorization': route.authorization }),
    },
  }
}

/** Where a redirection leads; undefined for what is none. @throws ProbeFailedError where it leads nowhere */
function nextUrl({ url }: Hop, { status, headers }: HttpReply): URL | undefined {
  const [location] = headers['location'] ?? []
  if (!REDIRECTS.includes(status) || location === undefined) return undefined
  const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined
  if (next?.protocol === 'http:' || next?.protocol === 'https:') return next
  const message = `${urlText(url)} leads to something that is no address of http or https`
  throw new ProbeFailedError({ kind: 'unexpected', code: String(status), message })
}

/** Whoever is at another origin gets nothing that was meant for the first. */
function followed(hop: Hop, { status }: HttpReply, url: URL, route: Route): Hop {
  const isSame = url.origin === hop.url.origin
  return {
    method: KEEPS_METHOD.includes(status) || hop.method === 'HEAD' ? hop.method : 'GET',
    url,
    route,
    headers: isSame ? hop.headers : {},
    serverName: isSame ? hop.serverName : undefined,
  }
}

/** Where the next host is; who looks for it may go on for longer than the probe. @throws the signal's reason */
async function routeTo(url: URL, follow: NonNullable<HttpQuestion['follow']>, signal: AbortSignal): Promise<Route> {
  const ended = aborted(signal).then((): never => {
    throw signal.reason
  })
  const route = await Promise.race([follow(url, signal), ended])
  if (route.kind !== 'socket') familyOf(route.place)
  return route
}

async function asksOne(
  { clock }: Ask,
  question: HttpQuestion,
  hop: Hop,
  signal: AbortSignal,
): Promise<Omit<HttpAnswer, 'redirects'>> {
  const { trust, identity, take, maxBodyBytes = BODY_BYTES } = question
  using way = await wayTo({ clock, trust, identity, ...hop }, signal)
  const where = `${urlText(hop.url)} (${routeText(hop.route)})`
  const reply = await exchanged(way.socket, { ...requestOf(hop), maxBodyBytes, take, where }, signal)
  return { ...reply, url: urlText(hop.url), connectMs: way.connectMs, tls: way.tls }
}

/**
 * Asks a URL, and where `follow` says where hosts are, goes where it is sent, five times at most; the time-out is for all of it. Each
 * request has a connection of its own, and asks for no compression.
 * @throws TypeError for a question that nobody should ask
 */
export function probeHttp(ask: Ask, question: HttpQuestion): Promise<Probed<HttpAnswer>> {
  const first = firstHop(question)
  const { follow } = question
  return asked(ask, `${urlText(first.url)} (${routeText(first.route)})`, async (signal) => {
    let hop = first
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const reply = await asksOne(ask, question, hop, signal)
      const url = follow && nextUrl(hop, reply)
      if (follow === undefined || url === undefined) return { ...reply, redirects }
      hop = followed(hop, reply, url, await routeTo(url, follow, signal))
    }
    const message = `${urlText(first.url)} leads on and on: more than ${REDIRECTS_MAX} redirections`
    throw new ProbeFailedError({ kind: 'unexpected', code: '', message })
  })
}
