/** What gates are asked about a strategy for a problem, of everything that is known now. */
import type { Problem } from '#model'
import type { LadderRung } from '#remedies'
import { dryRunReason } from '../gates/judge.ts'
import type { Fit, Lease, Question } from '../gates/types.ts'
import { openingOf, truthOf } from '../know/truth.ts'
import type { Safety } from '../safety/safety.ts'
import type { DeskOptions } from './types.ts'

/** What was asked of others; absent: it is taken to be well, and asked before anything is done. */
export interface Answers {
  readonly fit?: { readonly answer: Fit }
  readonly lease?: Lease
}

/** What may free the disk that has no room for the journal is done without a record; whether it does, whoever carries it out says. */
export function mayBeUnrecorded(
  { isFull }: Pick<Safety, 'isFull'>,
  { strategy }: Pick<LadderRung, 'strategy'>,
): boolean {
  return isFull && strategy === 'disk-cleanup'
}

/** A question about this opening of a problem, as it is now. */
export function questionOf(
  { safety, known, limits, mute, clock }: Pick<DeskOptions, 'safety' | 'known' | 'limits' | 'mute' | 'clock'>,
  problem: Problem,
  rung: LadderRung,
  { fit = { answer: { refusal: '' } }, lease }: Answers = {},
): Question {
  const { state } = safety
  const isUnrecorded = mayBeUnrecorded(safety, rung)
  const muted = mute()
  const mode = dryRunReason({ limits, rung, mute: muted }) === undefined ? 'act' : 'dry-run'
  return {
    opening: openingOf(problem),
    rung,
    isDisruptive: rung.isDisruptive,
    limits,
    state,
    ledger: state.ledgers[mode],
    mode,
    truth: truthOf(known.detector(), known.around(problem)),
    mute: muted,
    fit: fit.answer,
    // Nobody holds up others by what is only told.
    lease: !rung.isDisruptive || mode === 'dry-run' ? { kind: 'not-needed' } : (lease ?? { kind: 'free' }),
    journalTrouble: isUnrecorded ? undefined : safety.trouble,
    isUnrecorded,
    nowMs: safety.nowMs(),
    wallMs: clock.now().getTime(),
  }
}
