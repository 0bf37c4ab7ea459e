/**
 * Every step at which one of the two processes that repair may be killed: `kill/` does so at each. A record that is new, or an act's step,
 * is a line here; what no test reaches fails one.
 */
import type { Remediation } from '#model'
import { recordStep, STEPS } from '#steps'

/** What is journalled beside the steps of acts. */
const RECORDS = Object.keys({
  began: true,
  tick: true,
  refused: true,
  started: true,
  ended: true,
  verified: true,
  seen: true,
  breaker: true,
  exhausted: true,
  paused: true,
  resumed: true,
  approved: true,
  reset: true,
} satisfies Record<Exclude<Remediation['kind'], 'step'>, true>)

/** Steps that acts journal, by whoever takes them; a list of an act's own stands here by its name. */
export const ACT_STEPS: readonly (readonly string[])[] = [
  // cordon, uncordon, and what takes a cordon of ours off that is proven well
  ['cordoning', 'cordoned', 'uncordoning', 'uncordoned'],
  // drain
  ['evicting', 'drained'],
  // pod-delete
  ['gone'],
  // what an earlier process did not come to give back
  ['lease-back'],
  // what was given up and might have run still, once it has ended
  ['let-go'],
  // taint, and what takes it off
  ['tainting', 'tainted', 'untainting', 'untainted'],
]

/** All of them, each once. */
export const ALL_STEPS: readonly string[] = [
  ...RECORDS.flatMap((kind) => [recordStep('before', { kind }), recordStep('after', { kind })]),
  ...[...new Set(ACT_STEPS.flat())].flatMap((step) => [
    recordStep('before', { kind: 'step', step }),
    recordStep('after', { kind: 'step', step }),
  ]),
  ...STEPS,
]
