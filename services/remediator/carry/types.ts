/** Who carries an act out. */
import type { Act, ProblemSight, Remediation } from '#model'
import type { Fit } from '../gates/types.ts'
import type { OpenAttempt } from '../state/types.ts'

/** How an act ended. */
export type ActEnded = Omit<Extract<Remediation, { readonly kind: 'ended' }>, 'kind' | 'attempt'>

/** One attempt to be carried out. */
export interface Order {
  readonly attempt: string
  readonly act: Act
  readonly problem: ProblemSight
  /** How long it may take. */
  readonly deadlineMs: number
  /** A step is about to be done, or done: resolves when it is on the disk. */
  readonly onStep: (step: string, detail: string) => Promise<void>
  /** There was no room to write down that it begins. Default: it was written. */
  readonly isUnrecorded?: boolean
}

/** How far an earlier process came with an attempt, in which boot it began it, and whether anything more of it may be done. */
export interface Before extends Pick<OpenAttempt, 'bootId' | 'steps'> {
  /**
   * Asked by whoever would go on with it himself, before he does: what only runs elsewhere is looked at without it. Resolves with why not,
   * "" where it may. @throws the signal's reason
   */
  readonly mayGoOn: (signal: AbortSignal) => Promise<string>
}

/** Whoever carries acts out: host-actions, this process through the API server, or a plug-in. */
export interface Carrier {
  /**
   * Whether it could be done now; undefined: nobody answered. It changes nothing, and never rejects.
   * @param isUnrecorded there is no room to write it down. Default: there is
   */
  fit(act: Act, isUnrecorded?: boolean): Promise<Fit>
  /**
   * Does it, once. Rejects with the signal's reason where this process is to end: it may go on then, and is joined by the next one.
   * Anything else that goes wrong is an end.
   */
  run(order: Order, signal: AbortSignal): Promise<ActEnded>
  /** What became of an attempt that an earlier process has begun, without beginning it anew; undefined: nobody knows. */
  join(order: Order, signal: AbortSignal, before: Before): Promise<ActEnded | undefined>
  /**
   * Whether an attempt that was given up is known to have ended by now, and how in words; "": it is not. Absent: nobody could say. It
   * begins nothing, and never rejects.
   */
  isOver?(order: Omit<Order, 'onStep'>, signal: AbortSignal): Promise<string>
}

/** One that can be asked whether it would, all but the doing. */
export interface TryingCarrier extends Carrier {
  /** As `run`, and nothing is changed by it: no lease, no step. */
  tryOut(order: Omit<Order, 'onStep'>, signal: AbortSignal): Promise<ActEnded>
}

/** Whether it can be asked so. */
export function canTry(carrier: Carrier): carrier is TryingCarrier {
  return 'tryOut' in carrier
}

/** An end without output. */
export function endedAs(outcome: ActEnded['outcome'], message: string, durationMs = 0): ActEnded {
  return { outcome, message, output: '', isOutputCut: false, durationMs, figures: [] }
}
