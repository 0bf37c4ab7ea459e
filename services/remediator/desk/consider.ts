/** One problem, and what is to be done about it now. */
import type { Problem } from '#model'
import { named } from '../state/named.ts'
import type { Begun } from './attempt.ts'
import { type JudgedRung, turnOf } from './ladder.ts'
import { questionOf } from './questions.ts'
import type { Refusals } from './refusals.ts'
import type { DeskOptions } from './types.ts'

/** Whom it is decided with. */
export interface ConsiderOptions {
  readonly options: DeskOptions
  readonly refusals: Refusals
  readonly begin: (problem: Problem, rung: JudgedRung['rung']) => Promise<Begun>
  /** An act runs from now on. */
  readonly begins: (running: Promise<void>) => void
}

const NOT_BY_ITSELF = Number.POSITIVE_INFINITY

/** It is left to people, and that is told once, when the last attempt is settled. */
async function exhaust({ safety }: DeskOptions, { question }: JudgedRung): Promise<void> {
  if (safety.trouble !== undefined) return
  const { truth, ledger, opening, mode } = question
  const { fingerprint } = opening
  const isTold = named(ledger.problems, fingerprint)?.isExhausted ?? false
  const isSettled = ledger.open.every((attempt) => attempt.opening.fingerprint !== fingerprint)
  if (!isTold && isSettled && truth.problem?.isOpen === true)
    await safety.write({ kind: 'exhausted', problem: truth.problem.sight, mode })
}

/** @returns journal time at which it is worth asking again, though nothing came */
export async function consider(
  { options, refusals, begin, begins }: ConsiderOptions,
  problem: Problem,
): Promise<number> {
  const turn = turnOf(options.ladderOf(problem), problem.type, (rung) => questionOf(options, problem, rung))
  if (turn.kind === 'none') return NOT_BY_ITSELF
  if (turn.kind === 'exhausted') {
    await exhaust(options, turn.last)
    return NOT_BY_ITSELF
  }
  const { rung, question, judgement } = turn.judged
  if (judgement.refusal !== undefined) {
    await refusals.note(question, judgement.refusal)
    const { said } = judgement.refusal
    return (said.word === 'refuses' ? said.untilMs : undefined) ?? NOT_BY_ITSELF
  }
  const begun = await begin(problem, rung)
  if (begun.kind === 'refused') await refusals.note(begun.question, begun.refusal)
  if (begun.kind === 'begun') begins(begun.running)
  return NOT_BY_ITSELF
}
