/** Refusals, written down when they are others than before, and not so often that they fill the journal. */
import type { Judgement } from '../gates/judge.ts'
import type { Question } from '../gates/types.ts'
import type { Safety } from '../safety/safety.ts'

/** Two refusals of one problem stand so far apart at least: gates may take turns. */
const APART_MS = 30_000
const REMEMBERED_MAX = 512

/** How long ago and how many is no other reason. */
function reasonOf(text: string): string {
  return text.replace(/\d+(?:\.\d+)?(?: (?:s|min|h|d)\b)?/g, '#')
}

/** Writes refusals. */
export interface Refusals {
  /** Nothing where the same was said before. */
  note(question: Question, refusal: NonNullable<Judgement['refusal']>): Promise<void>
}

export function createRefusals(safety: Pick<Safety, 'state' | 'write'>): Refusals {
  const writtenMs = new Map<string, number>()

  function isNew({ ledger, opening, nowMs }: Question, said: string): boolean {
    const before = ledger.problems[opening.fingerprint]?.refused ?? ''
    if (reasonOf(before) === reasonOf(said)) return false
    const lastMs = writtenMs.get(opening.fingerprint)
    return lastMs === undefined || nowMs - lastMs >= APART_MS
  }

  return {
    async note(question, { gate, said: { text: reason, ...said } }) {
      const { opening, truth, rung, mode, nowMs } = question
      const { problem } = truth
      if (problem === undefined || !problem.isOpen || !isNew(question, `${gate}: ${reason}`)) return
      writtenMs.delete(opening.fingerprint)
      writtenMs.set(opening.fingerprint, nowMs)
      const [oldest] = writtenMs.keys()
      if (writtenMs.size > REMEMBERED_MAX && oldest !== undefined) writtenMs.delete(oldest)
      const untilMs = said.word === 'refuses' ? said.untilMs : undefined
      await safety.write({
        kind: 'refused',
        problem: problem.sight,
        act: rung.act,
        mode,
        gate,
        reason,
        ...(untilMs !== undefined && { forMs: Math.max(0, untilMs - nowMs) }),
      })
    },
  }
}
