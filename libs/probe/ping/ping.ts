/** Whether somebody lives at an address. */
import type { Clock } from '#clock'
import { asked, ProbeFailedError } from '../ask.ts'
import { familyOf } from '../tcp/literal.ts'
import type { Ask, Probed } from '../types.ts'
import { echoes, pingArguments } from './echo.ts'
import { mayPing } from './rights.ts'
import { silently } from './silent.ts'
import type { PingAnswer, PingHost, PingQuestion } from './types.ts'

/**
 * Sends echo requests where this process may; else, or where none is answered and `neighbour` is given, one datagram to a port where
 * nobody listens, and looks what the kernel learns of it. The time-out is for all of it: with echo requests more than `count` intervals
 * and `waitMs`; else 8 s and more, so long does a kernel take to give a neighbour up.
 * @throws TypeError for a name instead of an address
 */
export function probePing(ask: Ask, host: PingHost, question: PingQuestion): Promise<Probed<PingAnswer>> {
  const { address } = question
  familyOf({ address, port: 9 })
  pingArguments(question)
  return asked(ask, address, async (signal) => {
    const echoing = (await mayPing(host.files)) ? echoes(host, question, signal) : undefined
    const answer = await echoing?.then(
      (statistics): PingAnswer | undefined => statistics && { kind: 'echo', ...statistics },
      (err: unknown) => insteadOf(err, ask.clock, question, signal),
    )
    return answer ?? silently(ask.clock, question, signal)
  })
}

/**
 * One who answers no echo requests may live all the same, and so may one of whom a router or a firewall says that he is not to be
 * reached: who refuses such requests, here or there, says it in the same words.
 * @throws what the echo requests came to, where that is not known
 */
async function insteadOf(err: unknown, clock: Clock, question: PingQuestion, signal: AbortSignal): Promise<PingAnswer> {
  const kind = err instanceof ProbeFailedError ? err.failure.kind : undefined
  // The program got no socket, whatever the range says (seccomp, a ping that knows raw ones alone).
  if (kind === 'denied') return await silently(clock, question, signal)
  if ((kind !== 'timeout' && kind !== 'unreachable') || question.neighbour === undefined) throw err
  const answer = await silently(clock, question, signal).catch((second: unknown) => {
    // Where this machine takes the datagram too, it may be the one who refused the echo requests.
    const isTold = second instanceof ProbeFailedError && (second.failure.kind !== 'denied' || kind === 'unreachable')
    throw isTold ? second : err
  })
  if (answer.kind !== 'unknown') return answer
  // Of a neighbour the kernel would know that he is gone: somebody refuses, and nobody knows more.
  if (kind === 'unreachable' && answer.state !== undefined) return answer
  throw err
}
