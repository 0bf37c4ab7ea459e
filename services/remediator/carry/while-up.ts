/** What goes through the API server, or is a plug-in's, is not begun on a machine that is going down either: who has its bus says so. */
import type { Carrier } from './types.ts'

/**
 * The same carrier, that begins nothing while host-actions says that the machine is going down. Where it is away, or does not answer,
 * that is not known, and keeps nobody.
 */
export function whileUp<C extends Carrier>(carrier: C, host: Pick<Carrier, 'fit'>): C {
  return {
    ...carrier,
    async fit(act, isUnrecorded) {
      const [machine, fit] = await Promise.all([host.fit(act), carrier.fit(act, isUnrecorded)])
      return machine?.isGoingDown === true ? machine : fit
    },
  }
}
