/** The endpoints that the keys name. Pure. */
import { plainAddress } from '#model'
import type { Config } from './config.ts'

/** One thing that is asked. */
export interface Endpoint {
  /** What it is called in conditions. */
  readonly name: string
  readonly url: URL
  readonly method: 'HEAD' | 'GET' | 'OPTIONS'
  readonly expectedStatusCode: number
  readonly followRedirects: boolean
  readonly headers: Readonly<Record<string, string>>
}

/** The host of a URL without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** 0 where none is named, of a scheme that has none of its own. */
export function portOf({ port, protocol }: URL): number {
  return port === '' ? (PORTS[protocol] ?? 0) : Number(port)
}

/** What can be asked, and what is written there that cannot. @param checkName what `url` is called by */
export function endpointsOf(
  config: Config,
  checkName: string,
): { endpoints: readonly Endpoint[]; faults: readonly string[] } {
  const { url, method, expectedStatusCode, followRedirects, headers } = config
  const own = url === '' ? [] : [{ url, name: checkName, method, expectedStatusCode, followRedirects, headers }]
  const endpoints = new Map<string, Endpoint>()
  const faults: string[] = []
  for (const [at, one] of [...own, ...config.endpoints].entries()) {
    const parsed = URL.canParse(one.url) ? new URL(one.url) : undefined
    if (parsed === undefined || portOf(parsed) === 0 || hostOf(parsed) === '') {
      // Never the text itself: there may be a password in it.
      faults.push(
        `endpoint ${one.name || at + 1} has no address that can be asked: a host, and a port where the scheme has none`,
      )
      continue
    }
    const name = one.name === '' ? plainAddress(parsed) : one.name
    if (!endpoints.has(name)) endpoints.set(name, { ...one, name, url: parsed })
    else
      faults.push(
        `endpoint ${at + 1} is called ${name} as another one is, so it is not asked; give it a name of its own`,
      )
  }
  return { endpoints: [...endpoints.values()], faults }
}
