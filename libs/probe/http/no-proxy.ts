/**
 * Who is asked past the proxy: the rule of Go's golang.org/x/net/http/httpproxy, by which all of Kubernetes goes. A list of addresses,
 * ranges and domains, with a port or without; a domain is meant with all below it, `.domain` and `*.domain` without itself; `*` is
 * everybody. Loopback and "localhost" never go by a proxy.
 */
import { isIPv4, isIPv6 } from 'node:net'

const LOOPBACK_V6 = addressOf('::1')

interface Range {
  readonly address: bigint
  readonly bits: number
}

interface Entry {
  readonly address?: bigint
  /** ".domain" */
  readonly suffix?: string
  /** "domain", where that itself is meant too. */
  readonly itself?: string
  /** "" for all. */
  readonly port: string
}

interface Rules {
  readonly all: boolean
  readonly ranges: readonly Range[]
  readonly entries: readonly Entry[]
}

/** The 128 bits of an address; one of IPv4 is ::ffff:a.b.c.d, as Go compares them. Undefined for all else, also for one with a zone. */
function addressOf(text: string): bigint | undefined {
  if (isIPv4(text)) return v4(text) + (0xffffn << 32n)
  if (!isIPv6(text) || text.includes('%')) return undefined
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const hex = dotted?.[1] === undefined ? text : `${dotted[1]}${wordsOf(v4(dotted[2] ?? ''))}`
  const [head = '', tail] = hex.split('::')
  const [first, last] = [groups(head), groups(tail ?? '')]
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0')
  return [...first, ...zeros, ...last].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}

function groups(text: string): string[] {
  return text === '' ? [] : text.split(':')
}

function v4(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

function wordsOf(value: bigint): string {
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
}

function isV4(address: bigint): boolean {
  return address >> 32n === 0xffffn
}

function rangeOf(text: string): Range | undefined {
  const [, network = '', length = ''] = /^([^/]*)\/(\d{1,6})$/.exec(text) ?? []
  const address = addressOf(network)
  const [most, more] = isIPv4(network) ? [32, 96] : [128, 0]
  if (address === undefined || Number(length) > most) return undefined
  const bits = Number(length) + more
  return { address: (address >> BigInt(128 - bits)) << BigInt(128 - bits), bits }
}

/** Go's net.SplitHostPort; undefined where that is an error. */
function splitHostPort(text: string): readonly [host: string, port: string] | undefined {
  const [, bracketed, host = bracketed, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text) ?? []
  return host === undefined || port === undefined ? undefined : [host, port]
}

function entryOf(text: string, toAscii: (domain: string) => string): Entry | undefined {
  const [host, port] = splitHostPort(text) ?? [text, '']
  if (host === '') return undefined
  const address = addressOf(host)
  if (address !== undefined) return { address, port }
  const domain = host.startsWith('*.') ? host.slice(1) : host
  if (domain.startsWith('.')) return { suffix: `.${toAscii(domain.slice(1))}`, port }
  const itself = toAscii(domain)
  return { suffix: `.${itself}`, itself, port }
}

function rulesOf(noProxy: string, toAscii: (domain: string) => string): Rules {
  const ranges: Range[] = []
  const entries: Entry[] = []
  for (const part of noProxy.split(',')) {
    const text = part.trim().toLowerCase()
    if (text === '') continue
    if (text === '*') return { all: true, ranges, entries }
    const range = rangeOf(text)
    const entry = range === undefined ? entryOf(text, toAscii) : undefined
    if (range !== undefined) ranges.push(range)
    if (entry !== undefined) entries.push(entry)
  }
  return { all: false, ranges, entries }
}

function isIn({ address, bits }: Range, asked: bigint): boolean {
  const rest = BigInt(128 - bits)
  return isV4(address) === isV4(asked) && address >> rest === asked >> rest
}

function isMeant(entry: Entry, host: string, address: bigint | undefined): boolean {
  if (address !== undefined) return entry.address === address
  return entry.suffix !== undefined && (host.endsWith(entry.suffix) || host === entry.itself)
}

function isLoopback(address: bigint): boolean {
  return address === LOOPBACK_V6 || (isV4(address) && ((address >> 24n) & 0xffn) === 127n)
}

/** Whom a request is for. */
export interface Target {
  /** In lower case, in ASCII; an address of IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/**
 * Whether a request to `target` goes by the proxy.
 * @param noProxy the list, as NO_PROXY has it
 * @param toAscii makes a domain of other letters one of ASCII; "" where there is none
 */
export function goesByProxy(noProxy: string, { host, port }: Target, toAscii: (domain: string) => string): boolean {
  // A zone is of no matter here, as for Go.
  const address = addressOf(host.replace(/%.*$/, ''))
  if (host === 'localhost' || (address !== undefined && isLoopback(address))) return false
  const { all, ranges, entries } = rulesOf(noProxy, toAscii)
  if (all || (address !== undefined && ranges.some((range) => isIn(range, address)))) return false
  return !entries.some((entry) => isMeant(entry, host, address) && (entry.port === '' || entry.port === String(port)))
}
