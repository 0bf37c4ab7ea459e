/** Texts of /proc/net and /proc/sys/net that tell of sockets. Each is undefined when it makes no sense. Pure. */
import { complete, count, fields } from '#monitor-kit/source'

/** /proc/net/sockstat and sockstat6: sockets in use by protocol, and pages of memory. */
export interface SocketCounts {
  readonly tcp: number
  readonly timeWait: number
  readonly udp: number
  readonly tcpPages: number
  readonly udpPages: number
}

/** "TCP: inuse 12 orphan 0 tw 376 alloc 12 mem 150" → 12 for "inuse" */
function valueIn(text: string, protocol: string, key: string): number | undefined {
  const line = new RegExp(`^${protocol}: (.*)$`, 'm').exec(text)?.[1]
  const words = fields(line ?? '')
  const at = words.indexOf(key)
  return at < 0 ? undefined : count(words[at + 1])
}

/** @param text6 of sockstat6; undefined: the kernel has no IPv6 */
export function parseSocketCounts(text: string, text6: string | undefined): SocketCounts | undefined {
  const values = complete([
    valueIn(text, 'TCP', 'inuse'),
    valueIn(text, 'TCP', 'tw'),
    valueIn(text, 'UDP', 'inuse'),
    valueIn(text, 'TCP', 'mem'),
    valueIn(text, 'UDP', 'mem'),
    text6 === undefined ? 0 : valueIn(text6, 'TCP6', 'inuse'),
    text6 === undefined ? 0 : valueIn(text6, 'UDP6', 'inuse'),
  ])
  if (values === undefined) return undefined
  const [tcp, timeWait, udp, tcpPages, udpPages, tcp6, udp6] = values as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return { tcp: tcp + tcp6, timeWait, udp: udp + udp6, tcpPages, udpPages }
}

/** tcp_mem and udp_mem: three numbers of pages, of which the last is what may not be passed. */
export function parseMaxPages(text: string): number | undefined {
  const [, , max, ...more] = complete(fields(text.trim()).map(count)) ?? []
  return max === undefined || max === 0 || more.length > 0 ? undefined : max
}

/** Ports from which the kernel takes one for a connection that asks for none. */
export interface PortRange {
  readonly first: number
  readonly last: number
  /** Ports of the range that it leaves out, from and to. */
  readonly reserved: readonly (readonly [number, number])[]
}

/** ip_local_port_range: "32768\t60999"; ip_local_reserved_ports: "8080,9148-9150". */
export function parsePortRange(text: string, reserved: string): PortRange | undefined {
  const [first, last, ...more] = fields(text.trim()).map(count)
  if (first === undefined || last === undefined || more.length > 0 || first > last || last > 65_535) return undefined
  const ranges = reserved
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .map((part): readonly [number, number] | undefined => {
      const [from, to = from, ...rest] = part.split('-').map(count)
      return from === undefined || to === undefined || rest.length > 0 ? undefined : [from, to]
    })
  const all = complete(ranges)
  return all === undefined ? undefined : { first, last, reserved: all }
}

/** Whether a connection that asks for no port may be given this one. */
export function isInRange({ first, last, reserved }: PortRange, port: number): boolean {
  return port >= first && port <= last && !reserved.some(([from, to]) => port >= from && port <= to)
}

/** How many ports a range has. */
export function sizeOf(range: PortRange): number {
  const taken = new Set(
    range.reserved.flatMap(([from, to]) => {
      const [low, high] = [Math.max(from, range.first), Math.min(to, range.last)]
      return Array.from({ length: Math.max(0, high - low + 1) }, (_, at) => low + at)
    }),
  )
  return range.last - range.first + 1 - taken.size
}

/**
 * A counter of /proc/net/snmp or netstat: a line of names and one of numbers, both after the same word.
 *
 *     Tcp: RtoAlgorithm … OutSegs RetransSegs …
 *     Tcp: 1 … 6888141 16622 …
 */
export function parseCounter(text: string, group: string, name: string): number | undefined {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith(`${group}: `))
    .map(fields)
  const at = names?.indexOf(name) ?? -1
  return at < 1 ? undefined : count(values?.[at])
}

/** /proc/net/softnet_stat, a line for each processor: hexadecimal, the second is packets for which its queue had no room. */
export function parseSoftnetDrops(text: string): number | undefined {
  const rows = text.split('\n').filter((line) => line !== '')
  const drops = complete(
    rows.map((row) => {
      const dropped = fields(row)[1]
      return dropped !== undefined && /^[\da-f]{8}$/i.test(dropped) ? Number.parseInt(dropped, 16) : undefined
    }),
  )
  return drops === undefined || drops.length === 0 ? undefined : drops.reduce((sum, dropped) => sum + dropped, 0)
}
