/** Every step at which a process that repairs may end, beside the records of its journal. In the order in which an attempt has them. */
export const STEPS = [
  // The remediator: an act by whoever carries it out, the fleet's leave for it, and what comes of it.
  'lease taken',
  'act asked for',
  'act joined',
  'act heard of',
  'look asked for',
  'lease given back',
  // host-actions: an attempt, and what is kept of it.
  'attempt admitted',
  'attempt to be kept',
  'attempt kept',
  'end to be kept',
  'end kept',
  'end told',
  // What is done to the machine: a program, a job of systemd.
  'program marked',
  'program begun',
  'program over',
  'job to be asked for',
  'job over',
] as const

/** One of {@link STEPS}. */
export type Step = (typeof STEPS)[number]

/** What is journalled, as far as its step is named by it. */
export interface SteppedRecord {
  readonly kind: string
  /** Of an act. */
  readonly step?: string
}

/** Before or after a record is written. */
export type Side = 'before' | 'after'

/** "before ended"; of an act's step "after step cordoned". Pure. */
export function recordStep(side: Side, { kind, step }: SteppedRecord): string {
  return step === undefined ? `${side} ${kind}` : `${side} ${kind} ${step}`
}
