/** Whose connections take up the local ports: a port is free for another place while it is taken for this one. Pure. */
import { isInRange, type PortRange } from './parse.ts'

/** The place to which most local ports are taken. */
export interface BusiestPlace {
  /** "10.0.0.5:443" */
  readonly place: string
  readonly ports: number
  /** Of those in TIME_WAIT: closed, and kept for a minute. */
  readonly timeWait: number
}

const TIME_WAIT = '06'
const LISTEN = '0A'

/** tcp_tw_reuse: a port in TIME_WAIT is taken again for a new connection; 2: to this machine itself alone. */
function isTakenAgain(state: string, remote: string, reuse: number): boolean {
  return state === TIME_WAIT && (reuse === 1 || (reuse === 2 && isLoopback(remote)))
}

function isLoopback(remote: string): boolean {
  return /^[\dA-F]{6}7F:/.test(remote) || remote.startsWith('00000000000000000000000001000000:')
}

/** ::ffff:10.0.0.5 of IPv6 is 10.0.0.5: they share the ports. */
function withoutMapping(address: string): string {
  return address.replace(/^0{16}FFFF0000/, '')
}

/** Little-endian groups of four bytes, as /proc/net/tcp has them. */
export function addressText(hex: string): string {
  const groups = hex.match(/.{8}/g) ?? []
  const bytes = groups.flatMap((group) => (group.match(/../g) ?? []).reverse()).map((byte) => Number.parseInt(byte, 16))
  if (bytes.length === 4) return bytes.join('.')
  const words = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2]! << 8) | bytes[at * 2 + 1]!).toString(16))
  return `[${words.join(':').replace(/(^|:)0(:0)+(:|$)/, '::')}]`
}

const LINE = /^ *\d+: ([\dA-F]{8,32}):([\dA-F]{4}) ([\dA-F]{8,32}):([\dA-F]{4}) ([\dA-F]{2}) /

/**
 * The place with the most local ports of the range taken, of the texts of /proc/net/tcp and tcp6; undefined: none is.
 *
 *     0: 0100007F:A605 00000000:0000 0A 00000000:00000000 …
 */
export function busiestPlace(texts: readonly string[], range: PortRange, reuse: number): BusiestPlace | undefined {
  const places = new Map<string, { ports: number; timeWait: number }>()
  for (const text of texts) {
    for (const line of text.split('\n')) {
      const [, local, port, remote, remotePort, state] = LINE.exec(line) ?? []
      if (local === undefined || port === undefined || remote === undefined || state === undefined) continue
      const far = `${withoutMapping(remote)}:${remotePort}`
      if (state === LISTEN || !isInRange(range, Number.parseInt(port, 16)) || isTakenAgain(state, far, reuse)) continue
      // Each local address has all the ports of its own.
      const key = `${withoutMapping(local)} ${far}`
      const place = places.get(key) ?? { ports: 0, timeWait: 0 }
      place.ports++
      if (state === TIME_WAIT) place.timeWait++
      places.set(key, place)
    }
  }
  const [busiest] = [...places].sort((a, b) => b[1].ports - a[1].ports)
  if (busiest === undefined) return undefined
  const [address = '', port = ''] = busiest[0].split(' ')[1]!.split(':')
  return { place: `${addressText(address)}:${Number.parseInt(port, 16)}`, ...busiest[1] }
}

/** How many local ports of the range UDP has, of the texts of /proc/net/udp and udp6: sockets that share one count once. */
export function udpPorts(texts: readonly string[], range: PortRange): number {
  const ports = texts
    .flatMap((text) => text.split('\n'))
    .map((line) => Number.parseInt(LINE.exec(line)?.[2] ?? '', 16))
    .filter((port) => isInRange(range, port))
  return new Set(ports).size
}
