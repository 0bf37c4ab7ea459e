/** Whether a neighbour lives, asked without any right: a datagram to a port where nobody listens, and what the kernel learns of it. */
import { aborted, type Clock } from '#clock'
import { ProbeFailedError } from '../ask.ts'
import { failureOf } from '../failure.ts'
import { type Datagrams, openDatagrams } from '../ntp/datagrams.ts'
import type { Failure } from '../types.ts'
import type { NeighbourState, PingAnswer, PingQuestion } from './types.ts'

/** discard (RFC 863): what comes there is thrown away, where anybody listens at all. */
const DISCARD_PORT = 9
const FIRST_LOOK_MS = 100
const LOOK_MAX_MS = 1000

/** Words that say whether somebody lives; of all others the kernel does not know it itself yet. */
const ALIVE: NeighbourState = 'REACHABLE'
const DEAD: NeighbourState = 'FAILED'
const ASKING: NeighbourState = 'INCOMPLETE'
/**
 * Who is asked for so long and has not answered is not there: the kernel asks three times, each second (arp(7): mcast_solicit). On a node
 * that goes on sending there the next packet makes it ask anew, and hardly ever is it seen to have given up.
 */
const ASKED_IN_VAIN_MS = 4000

/**
 * Looks until the kernel knows, or waiting is over: an entry that has gone stale is asked 5 s after it was used, three times
 * (arp(7): delay_first_probe_time, ucast_solicit).
 */
async function looked(clock: Clock, { address, neighbour }: PingQuestion, signal: AbortSignal): Promise<PingAnswer> {
  let state: NeighbourState | undefined
  let askingSinceMs: number | undefined
  for (let pauseMs = FIRST_LOOK_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LOOK_MAX_MS)) {
    try {
      await (neighbour === undefined ? aborted(signal) : clock.sleep(pauseMs, signal))
      state = await neighbour?.(address, signal)
    } catch (err) {
      if (!signal.aborted) throw err
    }
    if (state === ALIVE) return { kind: 'neighbour' }
    askingSinceMs = state === ASKING ? (askingSinceMs ?? clock.monotonicMs()) : undefined
    const isInVain = askingSinceMs !== undefined && clock.monotonicMs() - askingSinceMs >= ASKED_IN_VAIN_MS
    if (state === DEAD || isInVain) throw new ProbeFailedError(gone(address))
  }
  return { kind: 'unknown', state }
}

function gone(address: string): Failure {
  return { kind: 'unreachable', code: DEAD, message: `nobody on the link answers for ${address}` }
}

/** Resolves when something comes back: an answer, or that the port is closed. Rejects with what this machine says of it. */
async function answered(clock: Clock, { socket, send }: Datagrams): Promise<PingAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PingAnswer>()
  const begunMs = clock.monotonicMs()
  const lives = (): void => resolve({ kind: 'port-unreachable', ms: clock.monotonicMs() - begunMs })
  const failed = (err: NodeJS.ErrnoException): void => (err.code === 'ECONNREFUSED' ? lives() : reject(err))
  socket.on('error', failed)
  socket.on('message', lives)
  send(new Uint8Array(1)).catch(failed)
  return promise
}

/**
 * Asks until somebody is known to live or not, or the time of the probe is up.
 * @throws ProbeFailedError where nobody lives there; the system's error where nothing can be sent, and nobody knows
 */
export async function silently(clock: Clock, question: PingQuestion, signal: AbortSignal): Promise<PingAnswer> {
  using datagrams = await openDatagrams({ address: question.address, port: DISCARD_PORT })
  const found = new AbortController()
  const looking = looked(clock, question, AbortSignal.any([signal, found.signal]))
  try {
    return await Promise.race([answered(clock, datagrams), looking])
  } catch (err) {
    const failure = failureOf(err, question.address)
    if (question.neighbour === undefined || failure.kind !== 'denied') throw err
    // A firewall of this machine took it: what else is sent there still shows whether somebody lives.
    const answer = await looking
    if (answer.kind === 'unknown') throw new ProbeFailedError(failure, err)
    return answer
  } finally {
    found.abort()
  }
}
