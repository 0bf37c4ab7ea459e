/** One run of one check: within its deadline, and whatever it does comes out as what was observed. */
import type { CheckRun, ConditionKey, Detail, Observation } from '#model'
import { commonDeclaration, declarationOf } from './declaration.ts'
import { CheckHangsError, CheckTimedOutError, UndeclaredError } from './errors.ts'
import { cleanEntity, keyOf } from './evaluate/entity.ts'
import { assertTellable, errorText, eventOf, observationOf, type RunReport, samplesOf } from './findings.ts'
import { createPresent, type Present } from './present.ts'
import type {
  CheckContext,
  CheckDefinition,
  CheckInstance,
  CheckResult,
  ClearedWord,
  Declaration,
  RunCheck,
} from './types.ts'

// biome-ignore lint/suspicious/noExplicitAny: a registry holds checks of every configuration type
export type AnyCheck = CheckDefinition<any>

/** After this many runs a check has named every condition it watches. */
const WHOLE_RUNS = 2

type RunFunction = RunCheck<unknown>
type Around = Omit<CheckContext<unknown>, 'signal'>

export interface Runner {
  readonly instance: CheckInstance
  readonly definition: AnyCheck
  /** What this instance may say. */
  readonly declared: Required<Declaration>
  readonly present: Present
  /** It has named every condition that it watches. */
  readonly isWhole: boolean
  /** A person's word that a condition is over: the check and the present state let go of it. Never throws. */
  clear(word: ClearedWord): void
  /**
   * Runs once; never rejects. While an earlier run hangs, says so and starts nothing.
   * @param next when it runs again, for those who read it
   * @param signal the monitor stops: the run is to end, what it says is of no interest
   * @param intervalMs how long it is to the next just now, where that is not its own interval
   */
  run(next: Date | undefined, signal: AbortSignal, intervalMs?: number): Promise<RunReport>
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
  const deadline = context.clock.sleep(ms, AbortSignal.any([signal, ended.signal])).then(
    () => {
      const err = new CheckTimedOutError(context.name, ms)
      late.abort(err)
      throw err
    },
    // Ended or stopped: the run itself has the last word.
    () => running,
  )
  // A run that notices its signal says "aborted", which is not the cause.
  return Promise.race([
    running.catch((err: unknown) => (late.signal.aborted ? deadline : Promise.reject(err))),
    deadline,
  ])
}

/** A condition, and how people call what it is about. */
type Subject = ConditionKey & Pick<Detail, 'subject'>

/** What of a check is told word by word. */
function verbatimOf({ conditions, events = [] }: Declaration) {
  return {
    types: new Set(conditions.filter(({ verbatim }) => verbatim === true).map(({ type }) => type)),
    reasons: new Set(events.filter(({ verbatim }) => verbatim === true).map(({ reason }) => reason)),
  }
}

function reasonOf(err: unknown): string {
  return err instanceof CheckTimedOutError || err instanceof CheckHangsError ? 'CheckTimedOut' : 'CheckFailed'
}

/** What an instance declares, and its run function: of one that cannot declare, one that fails with that. */
function createdOf(definition: AnyCheck, around: Around): { declared: Required<Declaration>; run: RunFunction } {
  try {
    const declared = declarationOf(definition, around.name, around.config)
    return { declared, run: definition.create(around) }
  } catch (err) {
    if (definition.declare === undefined) throw err
    return { declared: commonDeclaration(definition), run: () => Promise.reject(err) }
  }
}

/** What is said without an entity, said of this one. */
function ofEntity(result: CheckResult, entity: string): CheckResult {
  const findings = result.findings.map((finding) => ({ entity, ...finding }))
  return { ...result, findings, events: result.events?.map((happening) => ({ entity, ...happening })) ?? [] }
}

export function createRunner(definition: AnyCheck, instance: CheckInstance, monitor: string, around: Around): Runner {
  const { clock, log }: Around = around
  const { name } = instance
  const { declared, run } = createdOf(definition, around)
  const types = declared.conditions.map(({ type }) => type)
  /** What it says without an entity is about this. */
  const ownEntity = definition.instances === 'many' ? cleanEntity(name) : ''
  const verbatim = verbatimOf(declared)
  const present = createPresent()
  /** When the run began that has not ended. */
  let runningSinceMs: number | undefined
  /** Types that are unknown as a whole, because nothing was ever seen of them. */
  const wholly = new Set<string>()
  /** Runs that saw everything they should. One alone may lack what needs two readings. */
  let whole = 0
  /** Words that came while a run was under way: the check hears of them when it has ended, what that run saw is older. */
  const forCheck: ClearedWord[] = []
  const forPresent: ClearedWord[] = []

  /** Everything it watches is unknown: what it said of before, and what it declares and never saw. */
  function unknown(err: unknown, observed: Date): Observation[] {
    const known = [...present.conditions.values()].map(({ latest }) => latest)
    const silent = types.filter((type) => !known.some((observation) => observation.type === type))
    for (const type of silent) wholly.add(type)
    const keys: Subject[] = [...known, ...silent.map((type) => ({ type, entity: ownEntity }))]
    return keys.map(({ type, entity, subject }) =>
      observationOf(
        { type, entity, subject, health: 'unknown', reason: reasonOf(err), message: errorText(err) },
        name,
        observed,
      ),
    )
  }

  /** What was unknown as a whole and is seen in its parts now. */
  function replaced(result: CheckResult): ConditionKey[] {
    const whole = [...wholly].filter(
      (type) => !result.findings.some((finding) => finding.type === type && (finding.entity ?? '') === ownEntity),
    )
    wholly.clear()
    return whole.map((type) => ({ type, entity: ownEntity }))
  }

  function seen(result: CheckResult, observed: Date): Omit<RunReport, 'runs' | 'complete'> {
    const withdrawn = [...(result.withdrawn ?? []), ...replaced(result)].map(keyOf)
    const told = result.findings.filter(({ type }) => types.includes(type))
    const said = {
      observations: told.map((finding) => observationOf(finding, name, observed, verbatim.types.has(finding.type))),
      withdrawn,
      events: (result.events ?? []).map((happening) =>
        eventOf(happening, { monitor, check: name, now: observed, isVerbatim: verbatim.reasons.has(happening.reason) }),
      ),
      metrics: samplesOf(result.metrics),
    }
    assertTellable(said)
    present.note(said.observations, withdrawn)
    return said
  }

  function undeclared(result: CheckResult): string {
    const strange = result.findings.map(({ type }) => type).filter((type) => !types.includes(type))
    return strange.length === 0 ? '' : errorText(new UndeclaredError(name, [...new Set(strange)]))
  }

  function failed(err: unknown, observed: Date): Omit<RunReport, 'runs' | 'complete'> {
    const observations = unknown(err, observed)
    present.note(observations, [])
    return { observations, withdrawn: [], events: [], metrics: [] }
  }

  function letGo(word: ClearedWord): void {
    try {
      run.cleared?.(word)
    } catch (err) {
      log.error('check cannot let go of what a person cleared', { err })
    }
  }

  function runEnded(): void {
    runningSinceMs = undefined
    for (const word of forCheck.splice(0)) letGo(word)
  }

  function afterwards<T>(said: T): T {
    for (const word of forPresent.splice(0)) present.clear(word, clock.now())
    return said
  }

  return {
    instance,
    definition,
    declared,
    present,
    get isWhole() {
      return whole >= WHOLE_RUNS
    },
    clear(word) {
      if (!types.includes(word.type)) return
      present.clear(word, clock.now())
      if (runningSinceMs === undefined) letGo(word)
      else {
        forCheck.push(word)
        forPresent.push(word)
      }
    },
    async run(next, signal, intervalMs = instance.intervalMs) {
      const started = clock.now()
      const beganMs = clock.monotonicMs()
      function ran(error: string): CheckRun[] {
        const durationUs = Math.round((clock.monotonicMs() - beganMs) * 1000)
        return [{ check: name, checkType: definition.type, started, durationUs, error, next, intervalMs }]
      }
      try {
        if (runningSinceMs !== undefined) throw new CheckHangsError(name, beganMs - runningSinceMs)
        runningSinceMs = beganMs
        const seenNow = await withinDeadline(run, around, instance.timeoutMs, signal, runEnded)
        const result = ownEntity === '' ? seenNow : ofEntity(seenNow, ownEntity)
        const said = afterwards(seen(result, started))
        if (result.partial !== true) whole++
        const isTold = result.partial !== true && whole >= WHOLE_RUNS
        return { ...said, runs: ran(undeclared(result)), complete: isTold ? [name] : [] }
      } catch (err) {
        return { ...afterwards(failed(err, started)), runs: ran(errorText(err)), complete: [] }
      }
    },
  }
}
