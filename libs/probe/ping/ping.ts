/** Whether somebody lives at an address. */
import { asked } from '../ask.ts'
import { familyOf } from '../tcp/literal.ts'
import type { Ask, Probed } from '../types.ts'
import { echoes, pingArguments } from './echo.ts'
import { mayPing } from './rights.ts'
import { silently } from './silent.ts'
import type { PingAnswer, PingHost, PingQuestion } from './types.ts'

/**
 * Sends echo requests where this process may, else one datagram to a port where nobody listens, and looks what the kernel learns of it.
 * The time-out is for all of it: with echo requests more than `count` intervals and `waitMs`, else 8 s and more, so long does a kernel
 * take to give a neighbour up.
 * @throws TypeError for a name instead of an address
 */
export function probePing(ask: Ask, host: PingHost, question: PingQuestion): Promise<Probed<PingAnswer>> {
  const { address } = question
  familyOf({ address, port: 9 })
  pingArguments(question)
  return asked(ask, address, async (signal): Promise<PingAnswer> => {
    const statistics = (await mayPing(host.files)) ? await echoes(host, question, signal) : undefined
    return statistics === undefined ? silently(ask.clock, question, signal) : { kind: 'echo', ...statistics }
  })
}
