/** Asks one peer: something small, and where that comes something that does not fit into one packet. */
import { type Ask, type Failure, isJudged, type Probed, type Sample, type TlsAnswer, type Trust } from '#probe'
import type { Door } from '../../probing/door.ts'
import type { Path, Peer } from './peer.ts'

/** What the echo component answers at, as the Go Node Doctor's overlay-test-server does; and what only ours has. */
const SMALL_PATH = '/healthz'
const LARGE_PATH = '/large'
/** More than a packet has on any link: jumbo frames have 9,000. */
const LARGE_BYTES = 9_001
/** More than a packet of Ethernet has (1,500 with the headers of IPv4 and TCP): of so much the first packet is full. */
const FULL_BYTES = 1_460
const BODY_BYTES = 65_536
/** On a link that is only slow large answers take long too: a small one has to come within this part of the time-out, or nothing is said. */
const FAST_SHARE = 5

/** What came of one peer in a round. */
export interface AskedPeer {
  readonly peer: Peer
  /** How long the small answer took. */
  readonly sample: Sample
  /**
   * `answers`: somebody is there, be it that he refuses; `silent`: nobody; `unjudged`: nobody can say, as this process was late, or
   * could not ask.
   */
  readonly small: 'answers' | 'silent' | 'unjudged'
  /** A connection was made: how long it took says something. */
  readonly isTimed: boolean
  /** `none`: it has nothing that is larger than a packet. `unknown`: it was not asked, or nobody can say. */
  readonly large: 'comes' | 'hangs' | 'none' | 'unknown'
  /** Why it did not answer, or could not be asked; "" where it did. */
  readonly message: string
  /** This machine could not ask. */
  readonly isOwnFault: boolean
}

/** How they are asked. */
export interface Means {
  readonly door: Door
  readonly ask: Ask
  /** Nobody is trusted by it: whatever certificate comes is a large answer. */
  readonly trust: () => Trust
}

/** What says that somebody is there. */
const THERE: readonly Failure['kind'][] = ['refused', 'reset', 'malformed', 'unexpected', 'certificate']
const OWN: readonly Failure['kind'][] = ['local', 'denied', 'name']
/** A handshake may end so after the connection was made, which then says something by itself. */
const HALF_WAY: readonly Failure['kind'][] = ['timeout', 'reset', 'malformed', 'unexpected', 'certificate']

function smallOf(peer: Peer, probed: Probed<unknown>, timeoutMs: number): AskedPeer {
  const { sample } = probed
  const base = { peer, sample, large: 'unknown', message: '', isOwnFault: false, isTimed: false } as const
  if (probed.ok) return { ...base, small: 'answers', isTimed: true }
  const { kind, message } = probed.failure
  if (THERE.includes(kind)) return { ...base, small: 'answers', message }
  if (OWN.includes(kind)) return { ...base, small: 'unjudged', message, isOwnFault: true }
  const isLate = kind === 'timeout' && !isJudged(sample, timeoutMs)
  return { ...base, small: isLate ? 'unjudged' : 'silent', message }
}

function isFast({ ms }: Sample, timeoutMs: number): boolean {
  return ms < timeoutMs / FAST_SHARE
}

/** It did not come within its time, and that was not this process's doing. */
function isMissing(probed: Probed<unknown>, timeoutMs: number): boolean {
  return !probed.ok && probed.failure.kind === 'timeout' && isJudged(probed.sample, timeoutMs)
}

function question({ address, port }: Peer, path: string) {
  const host = address.includes(':') ? `[${address.split('%')[0]}]` : address
  return {
    method: 'GET',
    url: new URL(`http://${host}:${port}${path}`),
    route: { kind: 'address', place: { address, port } },
    maxBodyBytes: BODY_BYTES,
  } as const
}

/** Hands were shaken. A kubelet whose certificate its cluster signs shows that alone (1,215 bytes in all), which is no proof of large packets. */
function shaken(peer: Peer, { sample: { lateMs }, answer }: Extract<Probed<TlsAnswer>, { ok: true }>): AskedPeer {
  const sample = { ms: answer.connectMs, lateMs }
  const large = answer.receivedBytes > FULL_BYTES ? 'comes' : 'none'
  return { peer, sample, small: 'answers', isTimed: true, large, message: '', isOwnFault: false }
}

/**
 * A node: hands are shaken with its kubelet, which writes a line into its log for who only connects. Its certificate does not fit into one
 * packet as a rule; where that does not come although a connection is made, a word of plain HTTP, to which the kubelet has a short answer,
 * tells a path that loses large packets from a kubelet that hangs.
 */
async function askNode({ door, ask, trust }: Means, peer: Peer): Promise<AskedPeer> {
  const tls = await door.probeTls(ask, { place: peer, serverName: peer.address.split('%')[0] ?? '', trust: trust() })
  if (tls.ok) return shaken(peer, tls)
  if (!HALF_WAY.includes(tls.failure.kind)) return smallOf(peer, tls, ask.timeoutMs)
  const small = smallOf(peer, await door.probeTcp(ask, peer), ask.timeoutMs)
  if (!small.isTimed) return small
  if (tls.failure.kind !== 'timeout') return { ...small, large: 'none' }
  if (!isMissing(tls, ask.timeoutMs)) return small
  const plain = await door.probeHttp(ask, question(peer, '/'))
  return { ...small, large: plain.ok && isFast(plain.sample, ask.timeoutMs) ? 'hangs' : 'unknown' }
}

/** A pod of the echo component. One that has no large answer (404) says nothing of large ones. */
async function askPod({ door, ask }: Means, peer: Peer): Promise<AskedPeer> {
  const probed = await door.probeHttp(ask, question(peer, SMALL_PATH))
  const small = smallOf(peer, probed, ask.timeoutMs)
  if (!probed.ok) return small
  // Of a large answer the first packet is full: where that is lost not one byte comes.
  let bytes = 0
  const take = (chunk: Buffer) => {
    bytes += chunk.length
  }
  const large = await door.probeHttp(ask, { ...question(peer, LARGE_PATH), take })
  if (isMissing(large, ask.timeoutMs)) {
    return { ...small, large: bytes === 0 && isFast(small.sample, ask.timeoutMs) ? 'hangs' : 'unknown' }
  }
  if (!large.ok) return small
  const came = large.answer.status === 200 && bytes + large.answer.body.length >= LARGE_BYTES
  return { ...small, large: came ? 'comes' : 'none' }
}

/** Asks all of a draw at once. */
export function askPeers(means: Means, path: Path, drawn: readonly Peer[]): Promise<readonly AskedPeer[]> {
  const askOne = path === 'node' ? askNode : askPod
  return Promise.all(drawn.map((peer) => askOne(means, peer)))
}
