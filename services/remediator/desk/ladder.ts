/** Whose turn it is among the strategies for a problem. Pure. */
import type { LadderRung } from '#remedies'
import { type Judgement, judge } from '../gates/judge.ts'
import type { Question } from '../gates/types.ts'

/** One strategy, and what the gates say of it. */
export interface JudgedRung {
  readonly rung: LadderRung
  readonly question: Question
  readonly judgement: Judgement
}

/** What a ladder comes to now. */
export type Turn =
  /** Nothing of it is for this problem. */
  | { readonly kind: 'none' }
  /** Every strategy has used up its attempts. */
  | { readonly kind: 'exhausted'; readonly last: JudgedRung }
  | { readonly kind: 'turn'; readonly judged: JudgedRung }

/** Why a strategy has no turn for a problem of this type, whatever the gates say; "": it has. */
export function whyLeftOut({ isEnabled, types, refusal }: LadderRung, type: string): string {
  if (!isEnabled) return 'it is switched off in the configuration (enabled: false)'
  if (types !== undefined && !types.includes(type)) return `it is for ${types.join(', ')} (for)`
  return refusal
}

/** Whether a strategy is for a problem of this type at all. */
export function isFor(rung: LadderRung, type: string): boolean {
  return whyLeftOut(rung, type) === ''
}

/** The first strategy that has attempts left. A refusal of any other gate hands the turn to nobody: it is no failure. */
export function turnOf(rungs: readonly LadderRung[], type: string, ask: (rung: LadderRung) => Question): Turn {
  const mine = rungs.filter((rung) => isFor(rung, type))
  let last: JudgedRung | undefined
  for (const rung of mine) {
    const question = ask(rung)
    const judgement = judge(question)
    last = { rung, question, judgement }
    if (judgement.gates.find(({ gate }) => gate === 'attempts')?.said.word === 'allows')
      return { kind: 'turn', judged: last }
  }
  return last === undefined ? { kind: 'none' } : { kind: 'exhausted', last }
}
