/** Who holds the other end of a TCP connection on loopback: the kernel says the user of each socket. */
import type { Files } from './types.ts'

/** Some 200,000 sockets of the network namespace. */
const MAX_BYTES = 32 * 1024 * 1024
const ESTABLISHED = '01'

/** A TCP connection within this machine, by its two ports. */
export interface LoopbackConnection {
  readonly localPort: number
  readonly remotePort: number
}

function end(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * The user of the other end as `/proc/net/tcp` has it:
 * `29: 0100007F:858B 0100007F:CA68 01 00000000:00000000 00:00000000 00000000 65101 0 332721 2 …` (local and remote end,
 * state, queues, timer, retransmissions, uid, time-out, inode). undefined: no such connection, or nobody holds it.
 */
export function uidOfPeer(text: string, { localPort, remotePort }: LoopbackConnection): number | undefined {
  const ends = ` ${end(remotePort)} ${end(localPort)} ${ESTABLISHED} `
  const at = text.indexOf(ends)
  if (at < 0) return undefined
  const line = text.slice(at + ends.length, text.indexOf('\n', at) < 0 ? undefined : text.indexOf('\n', at))
  const [, , , uid, , inode] = line.trim().split(/\s+/)
  return uid === undefined || !/^\d+$/.test(uid) || inode === undefined || inode === '0' ? undefined : Number(uid)
}

/**
 * Asks the kernel who holds the other end of this process's connection over 127.0.0.1; the own network namespace, which
 * the containers of a pod share. @throws HostReadError
 */
export function createPeerUid(
  files: Pick<Files, 'readText'>,
): (connection: LoopbackConnection) => Promise<number | undefined> {
  return async (connection) => uidOfPeer(await files.readText('/proc/net/tcp', { maxBytes: MAX_BYTES }), connection)
}
