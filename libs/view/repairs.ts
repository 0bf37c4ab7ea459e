/** What the records of repairs come to for people: attempts, what was refused, breakers, a pause. Each record counts once. */
import {
  type Act,
  type ActFigure,
  type AttemptMode,
  type AttemptOutcome,
  type BreakerWord,
  PAUSED_BY,
  type ProblemSight,
  type Remediation,
  type ToldRemediation,
  type Verdict,
} from '#model'

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

/** An attempt with everything that was told of it. */
export interface RepairAttempt {
  readonly attempt: string
  readonly mode: AttemptMode
  readonly problem: ProblemSight
  readonly act: Act
  readonly number: number
  readonly of: number
  readonly started: Date
  /** Until when a look may find it healthy, counted from the end of the act. */
  readonly verifyWithinMs: number
  readonly steps: readonly { readonly at: Date; readonly step: string; readonly detail: string }[]
  /** Absent: it runs. */
  readonly ended?: {
    readonly at: Date
    readonly outcome: AttemptOutcome
    readonly message: string
    readonly output: string
    readonly isOutputCut: boolean
    /** Absent where nobody knows how long it took. */
    readonly durationMs?: number | undefined
    readonly figures: readonly ActFigure[]
    readonly exitCode?: number | undefined
  }
  /** What was seen of the problem after it. Absent: nothing yet. */
  readonly verified?: { readonly at: Date; readonly verdict: Verdict; readonly message: string }
}

/** What a gate said when it did not let an attempt through. */
export interface RepairRefusal {
  readonly at: Date
  readonly mode: AttemptMode
  readonly problem: ProblemSight
  readonly act: Act
  readonly gate: string
  readonly reason: string
  /** At least until then. Absent: until something changes. */
  readonly until?: Date | undefined
}

/** What is known of the repairs of one problem. */
export interface ProblemRepairs {
  /** The last one. */
  readonly attempt?: RepairAttempt | undefined
  /** After the last attempt. */
  readonly refusal?: RepairRefusal | undefined
  /** When its strategies were used up. Absent: they are not. */
  readonly exhausted?: Date | undefined
}

/** A breaker that is not closed. */
export interface RepairBreaker {
  /** Of the node where it names no problem. */
  readonly fingerprint: string
  readonly strategy: string
  readonly state: Exclude<BreakerWord, 'closed'>
  readonly failures: number
  readonly since: Date
  readonly until?: Date | undefined
}

/** Nothing is begun. */
export interface RepairPause {
  readonly since: Date
  readonly by: string
  readonly why: string
  readonly until?: Date | undefined
}

/** All that the records came to. Facts are never changed: one that is another object is another fact. */
export interface RepairFacts {
  /** The first first. */
  readonly attempts: ReadonlyMap<string, RepairAttempt>
  /** The first first. */
  readonly refusals: readonly RepairRefusal[]
  /** By fingerprint. */
  readonly problems: ReadonlyMap<string, ProblemRepairs>
  readonly breakers: readonly RepairBreaker[]
  readonly paused: RepairPause | undefined
  /** Absent before it told that it began. */
  readonly began: { readonly at: Date; readonly version: string } | undefined
  /** Of the last record. */
  readonly last: Date | undefined
}

/** Folds records as they come. */
export interface Repairs {
  /** @returns false for one that was known */
  saw(record: ToldRemediation): boolean
  readonly facts: RepairFacts
}

/** Attempts and refusals that are remembered at most: as many as anybody may ask for. */
export const REPAIRS_KEPT = 1000
/** Problems that are remembered at most. */
const PROBLEMS_KEPT = 1024
const BREAKERS_KEPT = 1024
/** Journals whose last number is remembered: the stream holds a week. */
const JOURNALS_KEPT = 64
const STEPS_KEPT = 64
/** Output of all attempts together, in UTF-16 units; of those before only so much of each is kept. */
const OUTPUT_KEPT = 1024 * 1024
const OUTPUT_REST = 1024

function later(at: Date, ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(at.getTime() + ms)
}

/** The first goes where there are too many. */
function put<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key)
  map.set(key, value)
  for (const first of map.keys()) {
    if (map.size <= most) return
    map.delete(first)
  }
}

/** By the clock of a boot. */
type Moment = Pick<ToldRemediation, 'bootId' | 'monoMs'>

/** What was lost ended for whoever waited for it when that was written down, whatever is said of its duration; between boots nobody knows. */
function lostMs(began: Moment | undefined, { bootId, monoMs }: Moment): number | undefined {
  return began === undefined || began.bootId !== bootId ? undefined : Math.max(0, Math.round(monoMs - began.monoMs))
}

/** What the fold moves. */
interface Held {
  readonly attempts: Map<string, RepairAttempt>
  /** When they began, by a clock that never jumps. */
  readonly moments: Map<string, Moment>
  readonly problems: Map<string, ProblemRepairs>
  readonly breakers: Map<string, RepairBreaker>
  refusals: readonly RepairRefusal[]
  paused: RepairPause | undefined
  began: RepairFacts['began']
}

function aboutProblem({ problems }: Held, { opening }: ProblemSight, news: ProblemRepairs): void {
  put(problems, opening.fingerprint, news, PROBLEMS_KEPT)
}

/** Of what is too much the output of the oldest goes first. */
function shedOutput(attempts: Map<string, RepairAttempt>): void {
  let left = OUTPUT_KEPT
  for (const [name, attempt] of [...attempts].toReversed()) {
    const { ended } = attempt
    if (ended === undefined) continue
    const rest = { ...ended, output: ended.output.slice(0, OUTPUT_REST), isOutputCut: true }
    const isWhole = ended.output.length <= Math.max(left, OUTPUT_REST)
    if (!isWhole) attempts.set(name, { ...attempt, ended: rest })
    left -= isWhole ? ended.output.length : rest.output.length
  }
}

/** An attempt that is another than before, also where it is the last of its problem. */
function moved(held: Held, before: RepairAttempt, news: Partial<RepairAttempt>): void {
  const attempt = { ...before, ...news }
  held.attempts.set(attempt.attempt, attempt)
  const { fingerprint } = attempt.problem.opening
  const known = held.problems.get(fingerprint)
  if (known?.attempt?.attempt === attempt.attempt) held.problems.set(fingerprint, { ...known, attempt })
}

/** One act at a time: what was begun before another, or in another journal, and never told its end, is over, and nobody knows how. */
function endUntold(held: Held, at: Date, isOne: (attempt: RepairAttempt) => boolean): void {
  const message = 'nobody was told how it ended'
  for (const attempt of held.attempts.values()) {
    if (attempt.ended !== undefined || !isOne(attempt)) continue
    const ended = { at, outcome: 'lost', message, output: '', isOutputCut: false, figures: [] } as const
    moved(held, attempt, { ended })
  }
}

/** It was a pause that held it back, and no other switch. */
export function isByPause({ gate, reason }: RepairRefusal): boolean {
  return gate === 'enabled' && reason.startsWith(PAUSED_BY)
}

/** What a pause held back, it holds back no more: nobody tells so of each problem. What was refused stays told, until then. */
function endPause(held: Held, at: Date): void {
  const isLonger = ({ until }: RepairRefusal) => until === undefined || until.getTime() > at.getTime()
  held.refusals = held.refusals.map((one) => (isByPause(one) && isLonger(one) ? { ...one, until: at } : one))
  for (const [fingerprint, known] of held.problems)
    if (known.refusal !== undefined && isByPause(known.refusal))
      held.problems.set(fingerprint, { ...known, refusal: undefined })
  held.paused = undefined
}

/** What each kind of record says to people. Those that are not here say nothing by themselves. */
const SAID: { readonly [K in Remediation['kind']]?: (held: Held, what: Kind<K>, at: Date, moment: Moment) => void } = {
  began(held, { version, nodeUid }, at) {
    // What it hears of its node is no beginning.
    if (nodeUid === undefined || held.began === undefined) held.began = { at, version }
  },
  refused(held, { problem, act, mode, gate, reason, forMs }, at) {
    const refusal = { at, mode, problem, act, gate, reason, until: later(at, forMs) }
    held.refusals = [...held.refusals, refusal].slice(-REPAIRS_KEPT)
    aboutProblem(held, problem, { ...held.problems.get(problem.opening.fingerprint), refusal })
  },
  started(held, { kind: _, cooldownMs: __, approval: ___, ...words }, at, moment) {
    endUntold(held, at, ({ mode }) => mode === words.mode)
    const attempt = { ...words, started: at, steps: [] }
    put(held.attempts, attempt.attempt, attempt, REPAIRS_KEPT)
    put(held.moments, attempt.attempt, moment, REPAIRS_KEPT)
    const { exhausted } = held.problems.get(words.problem.opening.fingerprint) ?? {}
    aboutProblem(held, words.problem, { attempt, exhausted })
  },
  step(held, { attempt, step, detail }, at) {
    const known = held.attempts.get(attempt)
    if (known) moved(held, known, { steps: [...known.steps, { at, step, detail }].slice(-STEPS_KEPT) })
  },
  ended(held, { kind: _, attempt, ...words }, at, moment) {
    const known = held.attempts.get(attempt)
    if (known === undefined) return
    const durationMs = words.outcome === 'lost' ? lostMs(held.moments.get(attempt), moment) : words.durationMs
    moved(held, known, { ended: { at, ...words, durationMs } })
    shedOutput(held.attempts)
  },
  verified(held, { attempt, verdict, message }, at) {
    const known = held.attempts.get(attempt)
    if (known) moved(held, known, { verified: { at, verdict, message } })
  },
  seen(held, { opening, forgets }) {
    const known = held.problems.get(opening.fingerprint)
    // What was refused of an opening that is over is refused of nothing.
    if (known)
      held.problems.set(opening.fingerprint, {
        attempt: known.attempt,
        ...(forgets ? {} : { exhausted: known.exhausted }),
      })
  },
  breaker(held, { of, state, failures, forMs }, at) {
    const { fingerprint = '', strategy = '' } = of ?? {}
    const key = JSON.stringify([fingerprint, strategy])
    held.breakers.delete(key)
    if (state === 'closed') return
    put(
      held.breakers,
      key,
      { fingerprint, strategy, state, failures, since: at, until: later(at, forMs) },
      BREAKERS_KEPT,
    )
  },
  exhausted(held, { problem }, at) {
    aboutProblem(held, problem, { ...held.problems.get(problem.opening.fingerprint), exhausted: at })
  },
  paused(held, { by, why, forMs }, at) {
    held.paused = { since: at, by, why, until: later(at, forMs) }
  },
  resumed(held, _, at) {
    endPause(held, at)
  },
  reset(held, { fingerprint }) {
    if (fingerprint === '') {
      held.problems.clear()
      held.breakers.clear()
      held.paused = undefined
    }
    held.problems.delete(fingerprint)
    for (const [key, breaker] of held.breakers) if (breaker.fingerprint === fingerprint) held.breakers.delete(key)
  },
}

/** Before the first record. */
export function createRepairs(): Repairs {
  const held: Held = {
    attempts: new Map(),
    moments: new Map(),
    problems: new Map(),
    breakers: new Map(),
    refusals: [],
    paused: undefined,
    began: undefined,
  }
  /** The last number that was seen of each journal. */
  const numbers = new Map<string, number>()
  let last: Date | undefined
  let facts: RepairFacts | undefined

  return {
    saw({ journal, sequence, time, bootId, monoMs, what }) {
      if (sequence <= (numbers.get(journal) ?? 0)) return false
      // Another journal is another memory: what an earlier one was held back by is over.
      if (numbers.size > 0 && !numbers.has(journal)) {
        held.breakers.clear()
        held.problems.clear()
        held.paused = undefined
        endUntold(held, time, () => true)
      }
      put(numbers, journal, sequence, JOURNALS_KEPT)
      last = time
      const said = SAID[what.kind] as ((of: Held, what: Remediation, at: Date, moment: Moment) => void) | undefined
      said?.(held, what, time, { bootId, monoMs })
      facts = undefined
      return true
    },
    get facts() {
      facts ??= {
        attempts: new Map(held.attempts),
        refusals: held.refusals,
        problems: new Map(held.problems),
        breakers: [...held.breakers.values()],
        paused: held.paused,
        began: held.began,
        last,
      }
      return facts
    },
  }
}
