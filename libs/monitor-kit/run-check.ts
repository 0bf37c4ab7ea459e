/** One run of one check: within its deadline, and whatever it does comes out as what was observed. */
import { aborted, type Clock, patiently } from '#clock'
import type { CheckRun, MetricSample } from '#model'
import { createBesideTurns, type Moment } from './beside-turns.ts'
import { createWords, type Words } from './cleared.ts'
import { declarationOf, plainDeclaration } from './declaration.ts'
import { CheckHangsError, CheckTimedOutError } from './errors.ts'
import { errorText, type RunReport } from './findings.ts'
import { createMeasured } from './measured.ts'
import type { Present } from './present.ts'
import { createSaying, type Said } from './saying.ts'
import type {
  CheckContext,
  CheckDefinition,
  CheckInstance,
  CheckResult,
  ClearedWord,
  Declaration,
  Follow,
  RunCheck,
} from './types.ts'
import { createWhole } from './whole.ts'

// biome-ignore lint/suspicious/noExplicitAny: a registry holds checks of every configuration type
export type AnyCheck = CheckDefinition<any, any>

type RunFunction = RunCheck<unknown>

/** What a check is given at its making. */
export type Around = Omit<CheckContext<unknown>, 'signal'>

/** What kind of run it is. */
export interface RunHow {
  /** How long it is to the next just now. Default: its own interval. */
  readonly intervalMs?: number
  /** Somebody asked for it between two turns. Default false. */
  readonly isAsked?: boolean
}

export interface Runner {
  readonly instance: CheckInstance
  readonly definition: AnyCheck
  /** What this instance may say. */
  readonly declared: Required<Declaration>
  /** What it is given but for a run's signal. */
  readonly context: Around
  /** How it follows its source; undefined: it does not. */
  readonly follow: Follow<unknown> | undefined
  readonly present: Present
  /** What was measured last, by a run or its follower: what says nothing of it, or fails, leaves it as it is for three intervals. */
  readonly samples: readonly MetricSample[]
  /** It has named every condition that it watches, and knows of each: it follows its source, if it has one, and there was room for all. */
  readonly isWhole: boolean
  /**
   * What a follower says, as it is told.
   * @param at when it said so, however late there is room for it
   * @throws what is wrong with it
   */
  tell(result: CheckResult, at: Moment): RunReport
  /**
   * It follows its source.
   * @returns what is so again that it could not know meanwhile; undefined: nothing
   */
  follows(): RunReport | undefined
  /** Its following has not failed for a while: no run of it is a failed one by that. */
  settled(): void
  /**
   * It does not follow its source: what no run of it names is unknown.
   * @param next when it begins to follow anew
   */
  fail(err: unknown, next: Date): RunReport
  /** A person's word that a condition is over: the check and the present state let go of it. Never throws. */
  clear(word: ClearedWord): void
  /**
   * Runs once; never rejects. While an earlier run hangs, says so and starts nothing.
   * @param next when it runs again, for those who read it
   * @param signal the monitor stops: the run is to end, what it says is of no interest
   */
  run(next: Date | undefined, signal: AbortSignal, how?: RunHow): Promise<RunReport>
  /**
   * Runs once with a caller's parameters; never rejects. Nothing of it is kept.
   * @returns what is told of it to him; undefined while an earlier run hangs
   */
  answer(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Said | undefined>
}

/** A run that ends, fails, or is given up at its deadline. `onEnd` is told when it has really ended. */
async function withinDeadline(
  run: RunFunction,
  context: Around,
  ms: number,
  signal: AbortSignal,
  onEnd: () => void,
): Promise<CheckResult> {
  const late = new AbortController()
  const ended = new AbortController()
  // A check that throws before its first await must not escape either.
  const running = Promise.resolve()
    .then(() => run({ ...context, signal: AbortSignal.any([signal, late.signal]) }))
    .finally(() => {
      ended.abort()
      onEnd()
    })
  const over = AbortSignal.any([signal, ended.signal])
  const deadline = new Promise<CheckResult>((resolve, reject) => {
    const callOff = patiently(context.clock, ms, () => {
      const err = new CheckTimedOutError(context.name, ms)
      late.abort(err)
      reject(err)
    })
    // Ended or stopped: the run itself has the last word.
    void aborted(over).then(() => {
      callOff()
      resolve(running)
    })
  })
  // A run that notices its signal says "aborted", which is not the cause.
  return Promise.race([
    running.catch((err: unknown) => (late.signal.aborted ? deadline : Promise.reject(err))),
    deadline,
  ])
}

/** What it says that it could not look at; "": nothing. */
function incompleteOf({ incomplete }: CheckResult): string {
  return incomplete === undefined ? '' : errorText(incomplete)
}

interface Created {
  readonly declared: Required<Declaration>
  readonly run: RunFunction
  readonly follow: Follow<unknown> | undefined
}

/**
 * What an instance declares, and its functions: one that cannot be made fails with that, follows nothing, and its types stay
 * declared, since what is no longer declared would be taken for over.
 */
function createdOf(definition: AnyCheck, around: Around): Created {
  let declared: Required<Declaration> | undefined
  try {
    declared = declarationOf(definition, around.name, around.config)
    const run = definition.create(around)
    return { declared, run, follow: run.follow ?? definition.follow }
  } catch (err) {
    const run = () => Promise.reject(err)
    return { declared: declared ?? plainDeclaration(definition, around.config), run, follow: undefined }
  }
}

/** Runs of one check, one at a time; one that passed its deadline is under way until it really ends. */
function createRuns(run: RunFunction, around: Around, timeoutMs: number, words: Words) {
  let sinceMs: number | undefined

  function ended(): void {
    sinceMs = undefined
    words.lookEnded()
  }

  return {
    /** When the one that is under way began. */
    get sinceMs() {
      return sinceMs
    },
    /** @throws what the run throws, CheckTimedOutError; CheckHangsError while an earlier one is under way */
    async begin(signal: AbortSignal, { parameters = around.parameters, isAsked = false } = {}): Promise<CheckResult> {
      const nowMs = around.clock.monotonicMs()
      if (sinceMs !== undefined) throw new CheckHangsError(around.name, nowMs - sinceMs)
      sinceMs = nowMs
      words.lookBegan()
      return withinDeadline(run, { ...around, parameters, ...(isAsked && { isAsked }) }, timeoutMs, signal, ended)
    },
  }
}

/** What a run took: time, the processor, and what it was kept from it. */
type Taken = Pick<CheckRun, 'durationUs' | 'costUs' | 'lateUs'>

const NOTHING: Taken = { durationUs: 0 }

/** Begins to measure; what it returns says what was taken since. */
function createTaken(clock: Clock): () => Taken {
  const beganMs = clock.monotonicMs()
  const before = clock.starvation?.(true)
  const us = (ms: number) => Math.max(0, Math.round(ms * 1000))
  return () => {
    const durationUs = us(clock.monotonicMs() - beganMs)
    const now = clock.starvation?.(true)
    if (before === undefined || now === undefined) return { durationUs }
    const lateMs = now.starvedMs - before.starvedMs
    return { durationUs, costUs: us(now.activeMs - before.activeMs - lateMs), lateUs: us(lateMs) }
  }
}

export function createRunner(definition: AnyCheck, instance: CheckInstance, monitor: string, around: Around): Runner {
  const { clock }: Around = around
  const { name } = instance
  const { declared, run, follow } = createdOf(definition, around)
  const saying = createSaying({ monitor, name, declared, instances: definition.instances })
  const { present } = saying
  const beside = createBesideTurns(saying)
  const words = createWords(run, present, around)
  const runs = createRuns(run, around, instance.timeoutMs, words)
  const whole = createWhole(() => follow === undefined || beside.isFollowing)
  const measured = createMeasured(clock)
  let rhythmMs = instance.intervalMs

  function ran(started: Date, taken: Taken, error: string, next: Date | undefined, intervalMs: number): CheckRun[] {
    return [{ check: name, checkType: definition.type, started, ...taken, error, next, intervalMs }]
  }

  return {
    instance,
    definition,
    declared,
    context: around,
    follow,
    present,
    get samples() {
      return measured.samples
    },
    get isWhole() {
      return whole.isWhole
    },
    clear(word) {
      const isDeclared = declared.conditions.some(({ type }) => type === word.type)
      if (isDeclared) words.clear(word, runs.sinceMs !== undefined)
    },
    tell(result, at) {
      const said = beside.tell(result, at)
      measured.take(said.metrics, at.monotonicMs, Math.max(rhythmMs, instance.intervalMs))
      const error = saying.refused(result)
      whole.heard(result, error)
      const runs = error === '' ? [] : ran(at.time, NOTHING, error, undefined, instance.intervalMs)
      return { ...said, runs, complete: [] }
    },
    follows() {
      const said = beside.follows(clock.now())
      return said && { ...said, runs: [], complete: [] }
    },
    settled: beside.settled,
    fail(err, next) {
      const observed = clock.now()
      const runs = ran(observed, NOTHING, errorText(err), next, instance.intervalMs)
      return { ...beside.fail(err, observed), runs, complete: [] }
    },
    async answer(parameters, signal) {
      if (runs.sinceMs !== undefined) return undefined
      const observed = clock.now()
      try {
        return words.without(saying.heard(await runs.begin(signal, { parameters }), observed))
      } catch (err) {
        return words.without(saying.unheard(err, observed))
      }
    },
    async run(next, signal, { intervalMs = instance.intervalMs, isAsked = false } = {}) {
      rhythmMs = intervalMs
      const started = clock.now()
      const beganMs = clock.monotonicMs()
      const taken = createTaken(clock)
      const end = (error: string) => ran(started, taken(), error, next, intervalMs)
      try {
        const result = await runs.begin(signal, { isAsked })
        const said = words.afterwards(beside.looked(result, { started, beganMs, isAsked }))
        measured.take(said.metrics, beganMs, Math.max(intervalMs, instance.intervalMs))
        const refused = saying.refused(result)
        const error = refused || incompleteOf(result) || (beside.failure === undefined ? '' : errorText(beside.failure))
        return { ...said, runs: end(error), complete: whole.saw(result, refused, isAsked) ? [name] : [] }
      } catch (err) {
        const said = beside.lookFailed(err, started)
        // One that hangs has seen nothing, and that is known since now.
        if (!(err instanceof CheckHangsError)) words.afterwards(said)
        return { ...said, runs: end(errorText(err)), complete: [] }
      }
    },
  }
}
