/** One run of one check: within its deadline, and whatever it does comes out as findings. */
import type { CheckRun, NodeEvent, Observation, Report } from '#model'
import type { Clock } from '#service'
import type { CheckContext, CheckDefinition, CheckInstance, CheckResult, Finding, Happening } from './types.ts'

// biome-ignore lint/suspicious/noExplicitAny: a registry holds checks of every configuration type
export type AnyCheck = CheckDefinition<any>

/** What a run says, before it has a sequence. */
export type RunReport = Pick<Report, 'observations' | 'events' | 'metrics' | 'runs' | 'withdrawn'>

export class CheckTimedOutError extends Error {
  readonly code = 'CHECK_TIMED_OUT'
  constructor(check: string, ms: number) {
    super(`check ${check} did not answer within ${ms} ms`)
    this.name = 'CheckTimedOutError'
  }
}

function observationOf(finding: Finding, check: string, observed: Date): Observation {
  return {
    type: finding.type,
    entity: finding.entity ?? '',
    health: finding.health,
    severity: finding.health === 'problem' ? (finding.severity ?? 'warning') : 'info',
    reason: finding.reason,
    message: finding.message,
    summary: finding.summary ?? '',
    evidence: finding.evidence,
    since: finding.since,
    check,
    pending: finding.pending,
    observed,
  }
}

function eventOf(happening: Happening, check: string, at: Date): NodeEvent {
  const when = happening.at ?? at
  return {
    id: '',
    monitor: '',
    check,
    entity: happening.entity ?? '',
    severity: happening.severity,
    reason: happening.reason,
    message: happening.message,
    firstSeen: when,
    lastSeen: when,
    count: happening.count ?? 1,
  }
}

export interface Runner {
  readonly instance: CheckInstance
  readonly definition: AnyCheck
  /** True while a run has not ended, also one whose deadline has passed. */
  readonly busy: boolean
  /** Runs once. Never rejects. While an earlier run hangs, says so and starts nothing. */
  run(next: Date | undefined): Promise<RunReport>
  /** What it said last of each of its conditions. */
  present(): readonly Observation[]
}

type RunFunction = (context: CheckContext<unknown>) => Promise<CheckResult>

/** A run that ends, fails, or is given up at its deadline. */
function withinDeadline(
  run: RunFunction,
  context: Omit<CheckContext<unknown>, 'signal'>,
  ms: number,
  onEnd: () => void,
): Promise<CheckResult> {
  const abort = new AbortController()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const err = new CheckTimedOutError(context.name, ms)
      abort.abort(err)
      reject(err)
    }, ms)
    // A check that throws before its first await must not escape either.
    Promise.resolve()
      .then(() => run({ ...context, signal: abort.signal }))
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer)
        onEnd()
      })
  })
}

export function createRunner(
  definition: AnyCheck,
  instance: CheckInstance,
  context: Omit<CheckContext<unknown>, 'signal'>,
): Runner {
  const { clock }: { clock: Clock } = context
  const run: RunFunction = definition.create(context)
  const said = new Map<string, Observation>()
  let busy = false

  /** Everything it watches is unknown: what it said of before, and what it declares without an entity. */
  function unknown(reason: string, message: string, observed: Date): Observation[] {
    const known = [...said.values()]
    const silent = definition.conditions.filter(({ type }) => !known.some((observation) => observation.type === type))
    const keys = [
      ...known.map(({ type, entity }) => ({ type, entity })),
      ...silent.map(({ type }) => ({ type, entity: '' })),
    ]
    return keys.map(({ type, entity }) =>
      observationOf({ type, entity, health: 'unknown', reason, message }, instance.name, observed),
    )
  }

  function remember(observations: readonly Observation[], withdrawn: CheckResult['withdrawn'] = []): void {
    for (const observation of observations) said.set(`${observation.type}\u0000${observation.entity}`, observation)
    for (const { type, entity } of withdrawn) said.delete(`${type}\u0000${entity}`)
  }

  function report(
    started: Date,
    beganMs: number,
    next: Date | undefined,
    error: string,
    part: Partial<RunReport>,
  ): RunReport {
    const ran: CheckRun = {
      check: instance.name,
      checkType: definition.type,
      started,
      durationUs: Math.round((clock.monotonicMs() - beganMs) * 1000),
      error,
      next,
      intervalMs: instance.intervalMs,
    }
    return { observations: [], events: [], metrics: [], withdrawn: [], ...part, runs: [ran] }
  }

  return {
    instance,
    definition,
    get busy() {
      return busy
    },
    present: () => [...said.values()],
    async run(next) {
      const started = clock.now()
      const beganMs = clock.monotonicMs()
      if (busy) {
        const message = `an earlier run of check ${instance.name} has not ended`
        const observations = unknown('CheckHangs', message, started)
        remember(observations)
        return report(started, beganMs, next, message, { observations })
      }
      busy = true
      try {
        const result = await withinDeadline(run, context, instance.timeoutMs, () => {
          busy = false
        })
        // What it declared without an entity and now sees with one is no longer unknown as a whole.
        const whole = [...said.values()].filter(
          ({ type, entity, health }) =>
            entity === '' &&
            health === 'unknown' &&
            !result.findings.some((finding) => finding.type === type && (finding.entity ?? '') === ''),
        )
        const withdrawn = [...(result.withdrawn ?? []), ...whole.map(({ type, entity }) => ({ type, entity }))]
        const observations = result.findings.map((finding) => observationOf(finding, instance.name, started))
        remember(observations, withdrawn)
        return report(started, beganMs, next, '', {
          observations,
          withdrawn,
          events: (result.events ?? []).map((happening) => eventOf(happening, instance.name, started)),
          metrics: result.metrics ?? [],
        })
      } catch (err) {
        const message = err instanceof Error ? err.message : String(err)
        const reason = err instanceof CheckTimedOutError ? 'CheckTimedOut' : 'CheckFailed'
        const observations = unknown(reason, message, started)
        remember(observations)
        return report(started, beganMs, next, message, { observations })
      }
    },
  }
}
