/**
 * What a request may call this server: an address, localhost, the node's name, or what the configuration names. A page
 * of somebody else's whose name was pointed here afterwards (DNS rebinding) calls it by that name, and is refused.
 */
import { isIP } from 'node:net'

/** Names inside of a cluster, which nobody outside can own. */
const CLUSTER = /^[a-z0-9-]+\.[a-z0-9-]+\.svc(?:\.cluster\.local)?$/

/** The name of a Host header without its port, in small letters; undefined where it is none. */
export function hostNameOf(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^\s:[\]/@]+))(?::\d{1,5})?$/i.exec(header)
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '')
}

/** @param names those of the node and of the configuration; "*" takes every name */
export function createHostCheck(names: readonly string[]): (header: string | undefined) => boolean {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())])
  return (header) => {
    if (known.has('*')) return true
    const name = header === undefined ? undefined : hostNameOf(header)
    if (name === undefined) return false
    return isIP(name) !== 0 || known.has(name) || CLUSTER.test(name)
  }
}

/** Two Host headers say two things; the parser of HTTP keeps the first and drops the other without a word. */
export function countHosts(rawHeaders: readonly string[]): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
}
