/** Sockets, their ports and their memory, and what TCP counts, from /proc. */
import { type Host, HostReadError } from '#host'
import { type Reading, unobserved } from '#monitor-kit/evaluate'
import { count, observe, understood } from '#monitor-kit/source'
import {
  type PortRange,
  parseCounter,
  parseMaxPages,
  parsePortRange,
  parseSocketCounts,
  parseSoftnetDrops,
  type SocketCounts,
  sizeOf,
} from './parse.ts'
import { type BusiestPlace, busiestPlace, udpPorts } from './ports.ts'

/** How the local ports are used. */
export interface PortUse {
  /** Ports that connections can be given. */
  readonly size: number
  /** The place to which most of them are taken; undefined: there are too few sockets for any to matter, so nobody was counted. */
  readonly busiest: BusiestPlace | undefined
  /** Ports that UDP has; while there are too few of its sockets to matter, at most so many. */
  readonly udp: number
}

/** What TCP counted since the network was made. */
export interface TcpCounters {
  readonly sent: number
  readonly retransmitted: number
  /** Those of `retransmitted` that ask for a connection and had no answer; 0 where the kernel does not count them. */
  readonly unanswered: number
}

export interface SocketsReading {
  readonly counts: Reading<SocketCounts>
  readonly ports: Reading<PortUse>
  /** Pages that TCP and UDP may have. */
  readonly maxPages: Reading<{ readonly tcp: number; readonly udp: number } | undefined>
  readonly tcp: Reading<TcpCounters>
  /** Connections that a full queue of a listening socket let go. */
  readonly overflows: Reading<number>
  /** Packets for which a processor had no room. */
  readonly drops: Reading<number>
}

const NET = '/proc/net'
const IPV4 = '/proc/sys/net/ipv4'

/** 100,000 sockets of IPv4. A list that is longer is not counted. */
const LIST_MAX_BYTES = 16 * 1024 * 1024

async function readParsed<T>(
  host: Host,
  path: string,
  parse: (text: string) => T | undefined,
  expected: string,
): Promise<T> {
  const text = await host.files.readText(path)
  return understood(path, text, parse(text), expected)
}

async function readIfThere(host: Host, path: string, maxBytes?: number): Promise<string | undefined> {
  try {
    return await host.files.readText(path, maxBytes === undefined ? {} : { maxBytes })
  } catch (error) {
    // A kernel without IPv6 has no such file, an older one not every setting.
    if (error instanceof HostReadError && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function readCounts(host: Host): Promise<SocketCounts> {
  const text6 = await readIfThere(host, `${NET}/sockstat6`)
  const parse = (text: string) => parseSocketCounts(text, text6)
  return readParsed(host, `${NET}/sockstat`, parse, 'TCP: inuse 12 orphan 0 tw 376 alloc 12 mem 150')
}

async function readRange(host: Host): Promise<PortRange> {
  const reserved = (await readIfThere(host, `${IPV4}/ip_local_reserved_ports`)) ?? ''
  const parse = (text: string) => parsePortRange(text, reserved)
  return readParsed(host, `${IPV4}/ip_local_port_range`, parse, '32768\t60999')
}

async function readLists(host: Host, names: readonly string[]): Promise<readonly string[]> {
  const texts = await Promise.all(names.map((name) => readIfThere(host, `${NET}/${name}`, LIST_MAX_BYTES)))
  return texts.filter((text) => text !== undefined)
}

const pause = () => new Promise(setImmediate)

async function readBusiest(host: Host, range: PortRange): Promise<BusiestPlace | undefined> {
  const reuse = count((await readIfThere(host, `${IPV4}/tcp_tw_reuse`))?.trim()) ?? 0
  return busiestPlace(await readLists(host, ['tcp', 'tcp6']), range, reuse, pause)
}

/**
 * Who takes the ports is counted socket by socket only where there are enough sockets for it to matter: the list of 100,000 takes
 * 50 ms of the kernel, and 200 ms of this process, which does other work meanwhile.
 * @param from the share of all ports from which on it matters, 0 to 1
 */
async function readPorts(host: Host, { tcp, timeWait, udp }: SocketCounts, from: number): Promise<PortUse> {
  const range = await readRange(host)
  const size = sizeOf(range)
  const matter = size * from
  if (size === 0) return { size, busiest: undefined, udp: 0 }
  return {
    size,
    busiest: tcp + timeWait < matter ? undefined : await readBusiest(host, range),
    udp: udp < matter ? udp : await udpPorts(await readLists(host, ['udp', 'udp6']), range, pause),
  }
}

async function readTcp(host: Host): Promise<TcpCounters> {
  const netstat = await readIfThere(host, `${NET}/netstat`)
  const unanswered = (netstat && parseCounter(netstat, 'TcpExt', 'TCPSynRetrans')) || 0
  const parse = (text: string): TcpCounters | undefined => {
    const sent = parseCounter(text, 'Tcp', 'OutSegs')
    const retransmitted = parseCounter(text, 'Tcp', 'RetransSegs')
    return sent === undefined || retransmitted === undefined ? undefined : { sent, retransmitted, unanswered }
  }
  return readParsed(host, `${NET}/snmp`, parse, 'Tcp: RtoAlgorithm … OutSegs RetransSegs …')
}

/** @param from the share of all ports from which on it matters who takes them, 0 to 1 */
export async function readSockets(host: Host, from: number): Promise<SocketsReading> {
  const counts = await observe(() => readCounts(host))
  const [ports, maxPages, tcp, overflows, drops] = await Promise.all([
    counts.ok ? observe(() => readPorts(host, counts.value, from)) : unobserved(counts.reason, counts.message),
    observe(async () => {
      // They are the machine's: a node in a network of its own (a container) has neither.
      const [has, hasOthers] = await Promise.all(
        ['tcp_mem', 'ip_local_port_range'].map((name) => host.files.exists(`${IPV4}/${name}`)),
      )
      if (has === false && hasOthers === true) return undefined
      return {
        tcp: await readParsed(host, `${IPV4}/tcp_mem`, parseMaxPages, '288459\t384612\t576918'),
        udp: await readParsed(host, `${IPV4}/udp_mem`, parseMaxPages, '576918\t769224\t1153836'),
      }
    }),
    observe(() => readTcp(host)),
    observe(() =>
      readParsed(
        host,
        `${NET}/netstat`,
        (text) => parseCounter(text, 'TcpExt', 'ListenOverflows'),
        'TcpExt: … ListenOverflows ListenDrops …',
      ),
    ),
    observe(() => readParsed(host, `${NET}/softnet_stat`, parseSoftnetDrops, '00459511 00000000 00000002 …')),
  ])
  return { counts, ports, maxPages, tcp, overflows, drops }
}
