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

/** One who answers no echo requests may live all the same. @throws what the echo requests came to, where that is not known */
async function insteadOf(err: unknown, clock: Clock, question: PingQuestion, signal: AbortSignal): Promise<PingAnswer> {
  const isSilent = err instanceof ProbeFailedError && err.failure.kind === 'timeout'
  if (!isSilent || question.neighbour === undefined) throw err
  const answer = await silently(clock, question, signal).catch((second: unknown) => {
    throw second instanceof ProbeFailedError ? second : err
  })
  if (answer.kind === 'unknown') throw err
  return answer
}
