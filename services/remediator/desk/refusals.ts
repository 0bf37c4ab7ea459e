/**
 * Refusals, written down when they are others than before, where they last, and not so often that they fill the journal, or push out of the
 * bus's stream what was done.
 */
import { PAUSED_BY } from '#model'
import { createRate, type Rate } from '#pace'
import type { Judgement } from '../gates/judge.ts'
import type { Question, Said } from '../gates/types.ts'
import type { Safety } from '../safety/safety.ts'
import { named } from '../state/named.ts'

/** Refusals of one problem: as many at once, and then one in this time. Gates may take turns. */
const AT_ONCE = 5
const APART_MS = 600_000
/** The same of all problems of the node: of a week, which the bus's stream holds, some 5 of its 8 MiB. */
const AT_ONCE_NODE = 256
const APART_NODE_MS = 120_000
const REMEMBERED_MAX = 512
/** What passes by itself within this is nothing to be told. */
const MOMENT_MS = 30_000
/** Each turn asks anew, within a few seconds: who was not refused for longer is refused anew. */
const GAP_MS = 10_000

type Refusal = NonNullable<Judgement['refusal']>

/** How long ago and how many is no other reason. */
function reasonOf(text: string): string {
  return text.replace(/\d+(?:\.\d+)?(?: (?:s|min|h|d)\b)?/g, '#')
}

/** Writes refusals. */
export interface Refusals {
  /** Nothing where the same was said before, where it may pass in a moment, and of a problem about which something is under way. */
  note(question: Question, refusal: Refusal): Promise<void>
}

/** As many as are looked after, those that were asked for last. */
function remembered<T>(all: Map<string, T>, key: string, make: () => T): T {
  const found = all.get(key) ?? make()
  all.delete(key)
  all.set(key, found)
  const [oldest] = all.keys()
  if (all.size > REMEMBERED_MAX && oldest !== undefined) all.delete(oldest)
  return found
}

/** Nobody knows yet, its time is nearly over, or an attempt is to be settled first: no person has to do anything. */
function mayPass({ ledger, nowMs }: Question, said: Exclude<Said, { readonly word: 'allows' }>, gate: string): boolean {
  if (said.word === 'not-known') return true
  if (said.untilMs !== undefined) return said.untilMs - nowMs < MOMENT_MS
  return ledger.open.length > 0 && (gate === 'cooldown' || gate === 'budget' || gate === 'node-breaker')
}

/** What of a problem that is about to be refused passes by itself, since when. */
interface Passing {
  sinceMs: number
  lastMs: number
}

/** @param safety where they are written; while it is in trouble nothing is */
export function createRefusals(safety: Pick<Safety, 'state' | 'write' | 'trouble'>): Refusals {
  const rates = new Map<string, Rate>()
  const passing = new Map<string, Passing>()
  const ofNode = createRate(1000 / APART_NODE_MS, AT_ONCE_NODE)

  /** It has been refused for longer than a moment, for whatever passes by itself. */
  function isLasting(fingerprint: string, nowMs: number): boolean {
    const of = remembered(passing, fingerprint, () => ({ sinceMs: nowMs, lastMs: nowMs }))
    if (nowMs - of.lastMs > GAP_MS) of.sinceMs = nowMs
    of.lastMs = nowMs
    return nowMs - of.sinceMs >= MOMENT_MS
  }

  function isNew({ ledger, opening, nowMs }: Question, said: string): boolean {
    const { fingerprint } = opening
    const before = named(ledger.problems, fingerprint)?.refused ?? ''
    if (reasonOf(before) === reasonOf(said)) return false
    // A pause is over, and nobody is shown it any more: what holds back now is not to wait for the rate of gates that take turns.
    if (before.startsWith(`enabled: ${PAUSED_BY}`)) return ofNode.take(nowMs)
    const rate = remembered(rates, fingerprint, () => createRate(1000 / APART_MS, AT_ONCE))
    return ofNode.waitMs(nowMs) === 0 && rate.take(nowMs) && ofNode.take(nowMs)
  }

  return {
    async note(question, { gate, said: told }) {
      const { truth, rung, mode, nowMs, opening, ledger } = question
      const { problem } = truth
      if (safety.trouble !== undefined || problem === undefined || !problem.isOpen || told.word === 'allows') return
      // Who leaves judges nothing, also where that came in the midst of a turn.
      if (truth.isGoingDown) return
      // What is done about it says more.
      if (ledger.open.some((open) => open.opening.fingerprint === opening.fingerprint)) return
      if (mayPass(question, told, gate) && !isLasting(opening.fingerprint, nowMs)) return
      const { text: reason } = told
      if (!isNew(question, `${gate}: ${reason}`)) return
      const untilMs = told.word === 'refuses' ? told.untilMs : undefined
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
