/** What of an address Go does not take: node-problem-detector says it, whereas an address that nobody has is only not well. Pure. */
import { isIPv6 } from 'node:net'
import { quote } from '#golang'

/** Beside letters and digits, what a host may have (net/url). */
const HOST_CHARACTERS = /^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]$/
const USER_CHARACTERS = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/
const PORT = /^(?::[0-9]*)?$/

/** @param isHost only bytes beyond ASCII, and "%" itself, may be escaped there */
function escapeFault(text: string, isHost: boolean): string | undefined {
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? ''
    if (character === '%') {
      const escaped = text.slice(i, i + 3)
      const isEscape = /^%[0-9A-Fa-f]{2}$/.test(escaped)
      const isTaken = isEscape && (!isHost || escaped === '%25' || Number.parseInt(escaped[1] ?? '', 16) >= 8)
      if (!isTaken) return `invalid URL escape ${quote(escaped)}`
      i += 2
    } else if (isHost && character < '\u0080' && !HOST_CHARACTERS.test(character)) {
      return `invalid character ${quote(character)} in host name`
    }
  }
  return undefined
}

function literalFault(host: string): string | undefined {
  const end = host.lastIndexOf(']')
  if (end < 0) return "missing ']' in host"
  const port = host.slice(end + 1)
  if (!PORT.test(port)) return `invalid port ${quote(port)} after host`
  const [name = ''] = host.slice(1, end).split('%25')
  const fault = escapeFault(name, true)
  if (fault !== undefined) return fault
  return isIPv6(name) ? undefined : `invalid host: ParseAddr(${quote(name)}): unable to parse IP`
}

function hostFault(host: string): string | undefined {
  const bracket = host.lastIndexOf('[')
  if (bracket > 0) return 'invalid IP-literal'
  if (bracket === 0) return literalFault(host)
  const port = host.includes(':') ? host.slice(host.indexOf(':')) : ''
  if (!PORT.test(port)) return `invalid port ${quote(port)} after host`
  return escapeFault(host, true)
}

/** @param url "http://" and what stands behind it @returns what Go says of one that it cannot read */
export function urlFault(url: string): string | undefined {
  const [before = '', fragment = ''] = url.split(/#(.*)/s, 2)
  const said = (text: string | undefined, whole = before) =>
    text === undefined ? undefined : `parse ${quote(whole)}: ${text}`
  if (/[\u0000-\u001f\u007f]/.test(before)) return said('net/url: invalid control character in URL')
  const [rest = ''] = before.slice('http://'.length).split('?', 1)
  const slash = rest.includes('/') ? rest.indexOf('/') : rest.length
  const authority = rest.slice(0, slash)
  const at = authority.lastIndexOf('@')
  const user = authority.slice(0, Math.max(at, 0))
  const fault =
    hostFault(authority.slice(at + 1)) ??
    (USER_CHARACTERS.test(user) ? escapeFault(user, false) : 'net/url: invalid userinfo') ??
    escapeFault(rest.slice(slash), false)
  return said(fault) ?? said(escapeFault(fragment, false), url)
}
