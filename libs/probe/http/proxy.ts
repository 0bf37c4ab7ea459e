/** Which proxy a URL is asked by. */
import { domainToASCII } from 'node:url'
import { goesByProxy } from './no-proxy.ts'
import { hostOf, portOf } from './url.ts'

/** As the variables of the environment have them; whoever asks hands them over, nobody looks there by himself. */
export interface ProxySettings {
  /** For http://: "http://user:password@proxy:3128", "proxy:3128". */
  readonly httpProxy?: string | undefined
  /** For https://. */
  readonly httpsProxy?: string | undefined
  /** See {@link goesByProxy}. */
  readonly noProxy?: string | undefined
}

/** How a URL is asked. */
export type ProxyChoice =
  | { readonly kind: 'direct' }
  /** `host` is a name or an address; `authorization` is the value of `Proxy-Authorization`. */
  | { readonly kind: 'proxy'; readonly host: string; readonly port: number; readonly authorization: string | undefined }
  /** What is set is the address of no proxy that is spoken to; without what it may hold of a password. */
  | { readonly kind: 'unusable'; readonly message: string }

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i

function ascii(domain: string): string {
  // Go takes ASCII as it stands, whatever it is.
  return /^[\u0000-\u007f]*$/.test(domain) ? domain : domainToASCII(domain) || domain
}

function chosen(text: string, variable: string): ProxyChoice {
  const whole = HAS_SCHEME.test(text) ? text : `http://${text}`
  if (!URL.canParse(whole)) return { kind: 'unusable', message: `${variable} is no address of a proxy` }
  const proxy = new URL(whole)
  if (proxy.protocol !== 'http:')
    return { kind: 'unusable', message: `${variable} names a proxy of ${proxy.protocol}//, and only http:// is spoken` }
  return { kind: 'proxy', host: hostOf(proxy), port: portOf(proxy), authorization: credentialsOf(proxy) }
}

/** What the user and the password of a URL are in a header; undefined where it has none. */
export function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A lone per cent sign is one.
    return text
  }
}

/** The proxy that a URL is asked by. Never throws. */
export function proxyFor({ httpProxy = '', httpsProxy = '', noProxy = '' }: ProxySettings, url: URL): ProxyChoice {
  const [text, variable] = url.protocol === 'https:' ? [httpsProxy, 'httpsProxy'] : [httpProxy, 'httpProxy']
  if (text === '' || !goesByProxy(noProxy, { host: hostOf(url), port: portOf(url) }, ascii)) return { kind: 'direct' }
  return chosen(text, variable)
}
