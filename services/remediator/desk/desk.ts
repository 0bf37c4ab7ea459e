/**
 * Decides, over and over: what of the open problems is to be repaired now, by what, and whether it may. One act at a time, the worst problem
 * first. It acts on what is: each turn begins with what the bus has, and nothing is kept from one to the next but what the journal has.
 */
import { compareSeverity, isOpen, type Problem } from '#model'
import { isRemedy, REMEDIES } from '#remedies'
import { endedAs } from '../carry/types.ts'
import { named } from '../state/named.ts'
import type { OpenAttempt, SafetyState } from '../state/types.ts'
import { createBeginner } from './attempt.ts'
import { breakersOf, breakersToTell } from './breakers.ts'
import { consider } from './consider.ts'
import { createDoer } from './doing.ts'
import { createLettingGo } from './letting-go.ts'
import { createRefusals } from './refusals.ts'
import { openingsSeen, type SeenAt } from './seen.ts'
import type { DeskOptions } from './types.ts'
import { createVerifying } from './verifying.ts'
import { createWitness, proofNow } from './witness.ts'

/** What changes by time alone is seen within this: a check that looks no more, a detector that falls silent. */
const TURN_MS = 2_000
/** Nothing but that time has passed is written so often: journal time goes on over a reboot from there. */
const TICK_MS = 600_000
/** A journal that could not be written is tried again. */
const TROUBLED_MS = 10_000

const NO_ROOM = 'the process that began it has ended, and the journal has no room to go on with it'

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

/**
 * The same, where failures have opened the breaker of the whole node: it lets one through at a time, to show whether repairs work again, and
 * that is of the problem that was tried longest ago. Else the worst one, whose act is always declined, would keep all others out.
 */
function inProbingTurn(
  problems: Iterable<Problem>,
  { ledgers: { act } }: SafetyState,
  { breakerThreshold }: Pick<DeskOptions['limits'], 'breakerThreshold'>,
): readonly Problem[] {
  const order = inTurn(problems)
  if (act.failures.count < breakerThreshold) return order
  const triedMs = ({ fingerprint }: Problem) =>
    Math.max(0, ...Object.values(named(act.problems, fingerprint)?.acts ?? {}).map(({ lastAtMs }) => lastAtMs))
  return order.toSorted((a, b) => triedMs(a) - triedMs(b))
}

/** Rests until it is called, or a time is over. */
function createRest(clock: DeskOptions['clock'], signal: AbortSignal) {
  let isCalled = false
  let wakeUp: (() => void) | undefined
  return {
    wake(): void {
      isCalled = true
      wakeUp?.()
    },
    /** What comes from here on calls. */
    listen(): void {
      isCalled = false
    },
    async rest(ms: number): Promise<void> {
      if (isCalled) return
      const called = Promise.withResolvers<undefined>()
      const over = () => called.resolve(undefined)
      wakeUp = over
      const callOff = clock.after(ms, over)
      signal.addEventListener('abort', over, { once: true })
      await called.promise
      callOff()
      signal.removeEventListener('abort', over)
      wakeUp = undefined
    },
  }
}

/** Writes what is to be known before anything is judged: openings that are over or open again, and breakers as they are now. */
function createTelling({ safety, known, limits }: DeskOptions) {
  const witness = createWitness({ safety, known })
  return {
    /** How long nobody has seen anything, if that is so. */
    witnessed: witness,
    async openings(): Promise<void> {
      const isWitnessed = await witness()
      if (known.detector().isGoingDown) return
      const proofOf: SeenAt['proofOf'] = (ledger, problem) => proofNow({ safety, known }, ledger, problem)
      const at = { nowMs: safety.nowMs(), healthyResetMs: limits.healthyResetMs, isWitnessed, proofOf }
      for (const seen of openingsSeen(safety.state, known.problem, at)) await safety.write(seen)
    },
    async breakers(): Promise<void> {
      const now = breakersOf(safety.state, limits, safety.nowMs())
      for (const told of breakersToTell(safety.state.breakers, now)) await safety.write(told)
    },
  }
}

/** A journal that failed is tried by a tick. */
function createTick(safety: DeskOptions['safety']): () => Promise<void> {
  let triedMs = Number.NEGATIVE_INFINITY
  return async () => {
    const nowMs = safety.nowMs()
    const isDue = safety.isFailing ? nowMs - triedMs >= TROUBLED_MS : nowMs - safety.state.nowMs >= TICK_MS
    if (!isDue) return
    triedMs = nowMs
    await safety.write({ kind: 'tick' })
  }
}

/** The journal can be written, or what may free its disk can be done. */
function mayWork({ trouble, isFull }: DeskOptions['safety']): boolean {
  return trouble === undefined || isFull
}

/** The attempt that runs; undefined: none does. */
function runningOf({ state }: Pick<DeskOptions['safety'], 'state'>) {
  return state.ledgers.act.open.find(({ endedAtMs }) => endedAtMs === undefined)
}

/** Of what runs there the end alone is to be heard; what goes on here has steps to write. */
function isOfHost({ strategy }: Pick<OpenAttempt, 'strategy'>): boolean {
  return isRemedy(strategy) && REMEDIES[strategy].by === 'host'
}

/** One act at a time. */
function createRunning(wake: () => void) {
  let running: Promise<void> | undefined
  return {
    begins(act: Promise<void>): void {
      running = act.finally(() => {
        running = undefined
        wake()
      })
    },
    underWay: (): Promise<void> | undefined => running,
  }
}

/** A record that was not written is told where it failed; nothing was begun by it. */
function createTroubled(safety: DeskOptions['safety']) {
  return (err: unknown): number => {
    if (safety.trouble === undefined) throw err
    return Number.POSITIVE_INFINITY
  }
}

/** @param signal nothing new begins; what runs goes on without this process */
export function createDesk(options: DeskOptions, signal: AbortSignal): Desk {
  const { safety, known, clock } = options
  const doer = createDoer(options, signal)
  const verifying = createVerifying(options)
  const telling = createTelling(options)
  const tick = createTick(safety)
  const troubled = createTroubled(safety)
  const { wake, listen, rest } = createRest(clock, signal)
  const lettingGo = createLettingGo(options, wake, signal)
  const { begins, underWay } = createRunning(wake)
  const deciding = { options, refusals: createRefusals(safety), begin: createBeginner(options, doer), begins }

  async function turn(): Promise<number> {
    // Who leaves judges nothing: the next process does.
    if (known.detector().isGoingDown) return Number.POSITIVE_INFINITY
    if (!known.isKnown() || !mayWork(safety)) {
      if (safety.trouble === undefined) await telling.witnessed()
      await options.standing?.()
      return Number.POSITIVE_INFINITY
    }
    if (safety.trouble === undefined) {
      await telling.openings()
      lettingGo.turn()
    }
    await options.before?.()
    let dueMs = await verifying.turn()
    if (safety.trouble === undefined) await telling.breakers()
    for (const problem of inProbingTurn(known.problems(), safety.state, options.limits)) {
      if (underWay() !== undefined || signal.aborted) break
      dueMs = Math.min(dueMs, await consider(deciding, problem))
    }
    return dueMs
  }

  async function once(): Promise<number> {
    await tick().catch(troubled)
    return turn().catch(troubled)
  }

  /** What an earlier process has begun and not ended: nothing else begins before that is known. */
  async function goOn(): Promise<void> {
    if (underWay() !== undefined || !mayWork(safety)) return
    // Of what was only asked nobody hears any more.
    for (const { attempt } of safety.state.ledgers['dry-run'].open)
      await doer.end(attempt, endedAs('lost', 'the process that asked has ended'))
    const open = runningOf(safety)
    if (open === undefined) return
    // Its steps have no room, and what frees the disk would wait for it.
    if (safety.trouble !== undefined && !isOfHost(open)) return doer.lose(open, NO_ROOM)
    begins(doer.goOn(open))
  }

  return {
    wake,
    get running() {
      return runningOf(safety)?.attempt
    },
    async run() {
      while (!signal.aborted) {
        listen()
        await goOn()
        const dueMs = await once()
        await rest(Math.min(TURN_MS, Math.max(0, dueMs - safety.nowMs())))
      }
      await underWay()
    },
  }
}
