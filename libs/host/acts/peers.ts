/** Who the machine is connected to over TCP: of its network, in whichever this process is. */
import type { Files } from '../files/types.ts'
import { ipv4Of, ipv6Of } from '../network/address-text.ts'

/** The kernel's own limit of sockets is far above; what is behind this is not read. */
const MAX_BYTES = 16 * 1024 * 1024
/** include/net/tcp_states.h */
const ESTABLISHED = '01'
/** In IPv6's writing, what is IPv4: its first twelve bytes, as this machine has them in memory (x64, arm64). */
const MAPPED = '0000000000000000FFFF0000'
const LINE = /^ *\d+: [\dA-F]+:[\dA-F]{4} ([\dA-F]+):([\dA-F]{4}) ([\dA-F]{2}) /

/** "B80D0120000000000000000002000000": each four bytes are a number as this machine has it in memory. */
function addressOf(hex: string): string | undefined {
  if (hex.length === 8) return ipv4Of(hex)
  if (hex.startsWith(MAPPED)) return ipv4Of(hex.slice(MAPPED.length))
  const groups = hex.match(/.{8}/g) ?? []
  return ipv6Of(groups.map((group) => Buffer.from(group, 'hex').reverse().toString('hex')).join(''))
}

/**
 * The other ends of what /proc/net/tcp and tcp6 have as established, by their port:
 *
 *     sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *      0: 0100000A:9C40 0200000A:192B 01 00000000:00000000 00:00000000 00000000     0        0 41
 */
export function parsePeers(text: string, ports: ReadonlySet<number>): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, address = '', port = '', state = ''] = LINE.exec(line) ?? []
    if (state !== ESTABLISHED || !ports.has(Number.parseInt(port, 16))) return []
    return addressOf(address) ?? []
  })
}

/** Addresses on whose ports the machine has a connection now. @throws HostReadError */
export async function peersOn(files: Files, ports: ReadonlySet<number>): Promise<ReadonlySet<string>> {
  const v4 = await files.readText('/proc/1/net/tcp', { maxBytes: MAX_BYTES })
  // Without IPv6 there is no such file.
  const v6 = await files.readText('/proc/1/net/tcp6', { maxBytes: MAX_BYTES }).catch(() => '')
  return new Set([v4, v6].flatMap((text) => parsePeers(text, ports)))
}
