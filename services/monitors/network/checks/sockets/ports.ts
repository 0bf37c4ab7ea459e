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

/** So many lines are counted in one go: 3 ms. A list of 100,000 would hold up whoever else is asked by this process. */
const SLICE = 1_000

/** Lets other work have its turn. */
export type Pause = () => Promise<unknown>

/** Each line of the texts, one after the other. */
async function forEachLine(texts: readonly string[], pause: Pause, take: (line: string) => void): Promise<void> {
  let taken = 0
  for (const text of texts) {
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from)
      const to = end < 0 ? text.length : end
      take(text.slice(from, to))
      from = to + 1
      if (++taken % SLICE === 0) await pause()
    }
  }
}

interface Place {
  ports: number
  timeWait: number
}

/** The ports that each place has, and which has most. */
function createPlaces(range: PortRange, reuse: number) {
  const places = new Map<string, Place>()
  let busiest: readonly [string, Place] | undefined
  return {
    get busiest() {
      return busiest
    },
    take(line: string): void {
      const [, local, port, remote, remotePort, state] = LINE.exec(line) ?? []
      if (local === undefined || port === undefined || remote === undefined || state === undefined) return
      const far = `${withoutMapping(remote)}:${remotePort}`
      if (state === LISTEN || !isInRange(range, Number.parseInt(port, 16)) || isTakenAgain(state, far, reuse)) return
      // Each local address has all the ports of its own.
      const key = `${withoutMapping(local)} ${far}`
      const place = places.get(key) ?? { ports: 0, timeWait: 0 }
      place.ports++
      if (state === TIME_WAIT) place.timeWait++
      places.set(key, place)
      if (busiest === undefined || place.ports > busiest[1].ports) busiest = [key, place]
    },
  }
}

/**
 * The place with the most local ports of the range taken, of the texts of /proc/net/tcp and tcp6; undefined: none is.
 *
 *     0: 0100007F:A605 00000000:0000 0A 00000000:00000000 …
 */
export async function busiestPlace(
  texts: readonly string[],
  range: PortRange,
  reuse: number,
  pause: Pause,
): Promise<BusiestPlace | undefined> {
  const places = createPlaces(range, reuse)
  await forEachLine(texts, pause, places.take)
  if (places.busiest === undefined) return undefined
  const [key, { ports, timeWait }] = places.busiest
  const [address = '', port = ''] = key.split(' ')[1]!.split(':')
  return { place: `${addressText(address)}:${Number.parseInt(port, 16)}`, ports, timeWait }
}

/** How many local ports of the range UDP has, of the texts of /proc/net/udp and udp6: sockets that share one count once. */
export async function udpPorts(texts: readonly string[], range: PortRange, pause: Pause): Promise<number> {
  const ports = new Set<number>()
  await forEachLine(texts, pause, (line) => {
    const port = Number.parseInt(LINE.exec(line)?.[2] ?? '', 16)
    if (isInRange(range, port)) ports.add(port)
  })
  return ports.size
}
