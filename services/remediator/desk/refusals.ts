/** Refusals, written down when they are others than before, and not so often that they fill the journal. */
import { createRate, type Rate } from '#pace'
import type { Judgement } from '../gates/judge.ts'
import type { Question } from '../gates/types.ts'
import type { Safety } from '../safety/safety.ts'
import { named } from '../state/named.ts'

/** Refusals of one problem: as many at once, and then one in this time. Gates may take turns. */
const AT_ONCE = 5
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

export function createRefusals(safety: Pick<Safety, 'state' | 'write' | 'trouble'>): Refusals {
  const rates = new Map<string, Rate>()

  function rateOf(fingerprint: string): Rate {
    const rate = rates.get(fingerprint) ?? createRate(1000 / APART_MS, AT_ONCE)
    rates.delete(fingerprint)
    rates.set(fingerprint, rate)
    const [oldest] = rates.keys()
    if (rates.size > REMEMBERED_MAX && oldest !== undefined) rates.delete(oldest)
    return rate
  }

  function isNew({ ledger, opening, nowMs }: Question, said: string): boolean {
    const before = named(ledger.problems, opening.fingerprint)?.refused ?? ''
    if (reasonOf(before) === reasonOf(said)) return false
    return rateOf(opening.fingerprint).take(nowMs)
  }

  return {
    async note(question, { gate, said: { text: reason, ...said } }) {
      // Where nothing can be written nothing is.
      if (safety.trouble !== undefined) return
      const { truth, rung, mode, nowMs } = question
      const { problem } = truth
      if (problem === undefined || !problem.isOpen || !isNew(question, `${gate}: ${reason}`)) return
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
