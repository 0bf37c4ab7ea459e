/** Texts that say whom to ask: an address, a host, a URL. What nobody can be asked by is refused, whatever its shape. */
import { isIP } from 'node:net'

/** What ends in a number is an IPv4 address to every URL parser, or none at all (WHATWG URL, "ends in a number"). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0[xX][0-9a-fA-F]*)\.?$/
/** RFC 4007, 11; `isIP` knows fewer than interfaces may be called. */
const ZONE = /%[!-~]{1,15}$/
const URL_PARTS = /^[a-z]+:\/\/([^/?#]*)/i
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/
/** Schemes with a port of their own. */
const WITH_PORT = /^https?:/i

/**
 * Why nobody can be asked by it, as a clause that has nothing of the text; undefined: somebody can.
 * @param whom "address": of IPv4 or IPv6, with a zone or without; "host": an address, or a name; "url": with a host, and a port
 * from 1 to 65535 where its scheme has none of its own
 */
export function whomFault(whom: string, text: string): string | undefined {
  if (whom === 'url') return urlFault(text)
  const address = text.replace(ZONE, '')
  if (isIP(address) !== 0) return undefined
  if (address.includes(':')) return 'it is no IPv6 address'
  if (ENDS_IN_NUMBER.test(address)) return 'it is written as an IPv4 address and is none'
  return whom === 'host' ? undefined : 'it is no IP address'
}

function urlFault(text: string): string | undefined {
  const authority = URL_PARTS.exec(text)?.[1]
  if (authority === undefined) return undefined
  const [, host = '', port = ''] = HOST_AND_PORT.exec(authority.slice(authority.lastIndexOf('@') + 1)) ?? []
  if (host === '') return 'it names no host'
  const inBrackets = /^\[(.*)\]$/.exec(host)?.[1]
  if (host.startsWith('[') && (inBrackets === undefined || isIP(inBrackets) !== 6))
    return 'what stands in its brackets is no IPv6 address'
  if (ENDS_IN_NUMBER.test(host) && isIP(host) !== 4) return 'its host is written as an IPv4 address and is none'
  if (port === '' && !WITH_PORT.test(text)) return 'it names no port'
  if (port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    return 'its port is not a number from 1 to 65535'
  return URL.canParse(text) ? undefined : 'it is no URL'
}
