/** Words that all checks have in common that ask others. Pure. */
import { NOT_SUSTAINED } from '#model'
import type { Finding } from '#monitor-kit'
import { type Unobserved, unobserved } from '#monitor-kit/evaluate'
import { LATE_ROUNDS, type Standing } from './standing.ts'

/** Nobody is accused by a prober that was itself late, and nobody is cleared. */
export const PROBER_LATE: Unobserved = unobserved(
  'ProberLate',
  `${LATE_ROUNDS} rounds in a row could not be judged: this process was kept from working for more than a fifth of the limit; give it more CPU`,
)

/** Why it is not known how somebody stands. @param couldNotAsk why this machine could not ask, each; none: it was late */
export function unjudged(couldNotAsk: readonly string[]): Unobserved {
  const [first] = couldNotAsk
  if (first === undefined) return PROBER_LATE
  return unobserved('CouldNotAsk', `${LATE_ROUNDS} rounds in a row this machine could not ask: ${first}`)
}

/** What is about whom. */
export interface About {
  readonly type: string
  readonly entity?: string
  /** What was seen. */
  readonly message?: string
}

/**
 * The finding of what does not count yet, or of a round that nobody could judge: the condition stays as it was.
 * @param needed rounds in a row; absent: the round could not be judged
 */
export function pendingFinding({ message = '', ...about }: About, standing: Standing, needed?: number): Finding {
  const base = { ...about, health: 'healthy', pending: true } as const
  if (needed === undefined) {
    const why = `not known: ${standing.unjudged} of ${LATE_ROUNDS} rounds in a row could not be judged, since this process was late or could not ask`
    return { ...base, reason: 'NotJudged', message: why }
  }
  const seen = `seen in ${standing.failed} of ${needed} checks in a row`
  return { ...base, reason: NOT_SUSTAINED, message: message === '' ? seen : `${message} (${seen})` }
}
