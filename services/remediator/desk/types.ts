/** What the desk is given: everything that it does not know by itself. */
import type { Clock } from '#clock'
import type { Problem } from '#model'
import type { LadderRung, Limits } from '#remedies'
import type { Logger } from '#service'
import type { Carrier } from '../carry/types.ts'
import type { Lease, Mute } from '../gates/types.ts'
import type { Around, KnownProblem } from '../know/truth.ts'
import type { Safety } from '../safety/safety.ts'
import type { Teller } from '../state/types.ts'

/** The node as the bus has it. */
export interface Known {
  /** Every bucket was read. */
  isKnown(): boolean
  problems(): Iterable<Problem>
  problem(fingerprint: string): Problem | undefined
  /** What else is known of it. */
  around(problem: Problem): KnownProblem
  /** Whether its monitor answers and, where the check tells when it looks, that is done. */
  isWatching(teller: Teller): boolean
  /**
   * Whether what the bus has none of is not there: it is watched, its condition is not other than well, and its check has looked since the bus
   * was read from its beginning. A store that was made anew has nothing for a moment.
   */
  isAbsent(teller: Teller): boolean
  detector(): Around
  /** The problem as the store has it now; undefined: none. Rejects where the store cannot be asked. */
  askNow(fingerprint: string): Promise<Problem | undefined>
}

/** The fleet's leave for what disturbs workloads. */
export interface LeaseDesk {
  /** As last known; nothing is taken by it. */
  peek(): Lease
  /** Takes one of the Leases; `free`: it is ours from now on. */
  take(attempt: string): Promise<Lease>
  /** @returns whether the server said that it was */
  giveBack(): Promise<boolean>
}

/** What came of asking for a look. `cannot-be-asked`: whoever tells of the problem looks when it likes, and at no asking. */
export type AskedLook = 'made' | 'not-had' | 'cannot-be-asked'

/** Whom the desk works with. */
export interface DeskOptions {
  readonly safety: Safety
  readonly known: Known
  readonly limits: Limits
  readonly ladderOf: (problem: Problem) => readonly LadderRung[]
  readonly carrierOf: (rung: Pick<LadderRung, 'strategy' | 'by'>, act: LadderRung['act']) => Carrier
  readonly mute: () => Mute
  /** What of ours stands on the node, and how a person takes it off, in words; "": nothing. Default: nothing. */
  readonly left?: (() => string) | undefined
  readonly lease: LeaseDesk
  /** Asks for a look of a check now. Resolves once it was made, or was not had. What was seen is on the bus. Never rejects. */
  readonly look: (problem: Pick<Problem, 'check' | 'source'>) => Promise<AskedLook>
  /** Done at the beginning of each turn, and waited for: what people wrote on the node, and what of ours comes off it. */
  readonly before?: (() => Promise<void>) | undefined
  /** Instead of it in a turn in which nothing may be judged, without a bus or a journal. */
  readonly standing?: (() => Promise<void>) | undefined
  readonly clock: Clock
  readonly log: Logger
}
