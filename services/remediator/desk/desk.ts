/**
 * Decides, over and over: what of the open problems is to be repaired now, by what, and whether it may. One act at a time, the worst problem
 * first. It acts on what is: each turn begins with what the bus has, and nothing is kept from one to the next but what the journal has.
 */
import { compareSeverity, isOpen, type Problem } from '#model'
import { createAttempts } from './attempt.ts'
import { breakersChanged, breakersOf } from './breakers.ts'
import { turnOf } from './ladder.ts'
import { questionOf } from './questions.ts'
import { createRefusals } from './refusals.ts'
import { openingsSeen } from './seen.ts'
import type { DeskOptions } from './types.ts'
import { createVerifying } from './verifying.ts'

/** What changes by time alone is seen within this: a check that looks no more, a detector that falls silent. */
const TURN_MS = 2_000
/** Nothing but that time has passed is written so often: journal time goes on over a reboot from there. */
const TICK_MS = 600_000
/** A journal that could not be written is tried again. */
const TROUBLED_MS = 10_000

/** The desk at work. */
export interface Desk {
  /** Something may have changed. */
  wake(): void
  /** Works until the signal aborts. Rejects with what nobody foresaw. */
  run(): Promise<void>
  /** Of what runs now; undefined: nothing. */
  readonly running: string | undefined
}

/** Problems in the order in which they have their turn. */
export function inTurn(problems: Iterable<Problem>): readonly Problem[] {
  return [...problems]
    .filter(isOpen)
    .toSorted(
      (a, b) =>
        compareSeverity(b.severity, a.severity) ||
        a.opened.getTime() - b.opened.getTime() ||
        (a.fingerprint < b.fingerprint ? -1 : 1),
    )
}

export function createDesk(options: DeskOptions, signal: AbortSignal): Desk {
  const { safety, known, limits, ladderOf, clock } = options
  const attempts = createAttempts(options, signal)
  const verifying = createVerifying(options)
  const refusals = createRefusals(safety)
  let isCalled = false
  let wakeUp: (() => void) | undefined
  let running: Promise<void> | undefined
  let breakers = breakersOf(safety.state, limits, safety.nowMs())

  function wake(): void {
    isCalled = true
    wakeUp?.()
  }

  function begins(act: Promise<void>): void {
    running = act.finally(() => {
      running = undefined
      wake()
    })
  }

  /** What an earlier process has begun and not ended: nothing else begins before that is known. */
  async function goOn(): Promise<void> {
    // Of what was only asked nobody hears any more.
    for (const { attempt, endedAtMs } of safety.state.ledgers['dry-run'].open)
      if (endedAtMs === undefined) await attempts.lost(attempt)
    const open = safety.state.ledgers.act.open.find(({ endedAtMs }) => endedAtMs === undefined)
    if (open !== undefined && running === undefined) begins(attempts.goOn(open))
  }

  async function tellBreakers(): Promise<void> {
    const now = breakersOf(safety.state, limits, safety.nowMs())
    const changed = breakersChanged(breakers, now)
    breakers = now
    for (const told of changed) await safety.write(told)
  }

  /** @returns journal time at which it is worth asking again, though nothing came */
  async function consider(problem: Problem): Promise<number> {
    const rungs = ladderOf(problem)
    const turn = turnOf(rungs, problem.type, (rung) => questionOf(options, problem, rung))
    if (turn.kind === 'none') return Number.POSITIVE_INFINITY
    if (turn.kind === 'exhausted') {
      const { question } = turn.last
      const { truth, ledger, opening, mode } = question
      const { fingerprint } = opening
      const isTold = ledger.problems[fingerprint]?.isExhausted ?? false
      const isSettled = ledger.open.every((attempt) => attempt.opening.fingerprint !== fingerprint)
      if (!isTold && isSettled && truth.problem?.isOpen === true)
        await safety.write({ kind: 'exhausted', problem: truth.problem.sight, mode })
      return Number.POSITIVE_INFINITY
    }
    const { rung, question, judgement } = turn.judged
    if (judgement.refusal !== undefined) {
      await refusals.note(question, judgement.refusal)
      const { said } = judgement.refusal
      return (said.word === 'refuses' ? said.untilMs : undefined) ?? Number.POSITIVE_INFINITY
    }
    const begun = await attempts.begin(problem, rung)
    if (begun.kind === 'refused') await refusals.note(begun.question, begun.refusal)
    if (begun.kind === 'begun') begins(begun.running)
    return Number.POSITIVE_INFINITY
  }

  async function turn(): Promise<number> {
    if (safety.trouble !== undefined || !known.isKnown()) return Number.POSITIVE_INFINITY
    for (const seen of openingsSeen(safety.state, known.problem, {
      nowMs: safety.nowMs(),
      healthyResetMs: limits.healthyResetMs,
    }))
      await safety.write(seen)
    await options.before?.()
    let dueMs = await verifying.turn()
    await tellBreakers()
    for (const problem of inTurn(known.problems())) {
      if (running !== undefined || signal.aborted) break
      dueMs = Math.min(dueMs, await consider(problem))
    }
    return dueMs
  }

  /** A journal that failed is tried by a tick. */
  async function tick(): Promise<void> {
    const { nowMs } = safety.state
    const everyMs = safety.trouble === undefined ? TICK_MS : TROUBLED_MS
    if (safety.nowMs() - nowMs >= everyMs) await safety.write({ kind: 'tick' })
  }

  async function rest(ms: number): Promise<void> {
    if (isCalled) return
    const called = Promise.withResolvers<void>()
    wakeUp = called.resolve
    const callOff = clock.after(ms, called.resolve)
    signal.addEventListener('abort', called.resolve as () => void, { once: true })
    await called.promise
    callOff()
    signal.removeEventListener('abort', called.resolve as () => void)
    wakeUp = undefined
  }

  return {
    wake,
    get running() {
      return safety.state.ledgers.act.open.find(({ endedAtMs }) => endedAtMs === undefined)?.attempt
    },
    async run() {
      await goOn()
      while (!signal.aborted) {
        isCalled = false
        let dueMs = Number.POSITIVE_INFINITY
        try {
          await tick()
          dueMs = await turn()
        } catch (err) {
          // A record that was not written is told where it failed; nothing was begun by it.
          if (safety.trouble === undefined) throw err
        }
        await rest(Math.min(TURN_MS, Math.max(0, dueMs - safety.nowMs())))
      }
      await running
    },
  }
}
