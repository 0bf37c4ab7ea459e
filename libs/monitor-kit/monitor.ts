/** A monitor at work: its configured checks on their schedule, told on both protocols. */
import { randomInt } from 'node:crypto'
import { cleanText, type Report } from '#model'
import { readOwnUse, readTold, type Service, within } from '#service'
import { socketOf } from '#service-table'
import { createAnswers } from './answers.ts'
import { createCheckParts, type MonitorContext } from './check-parts.ts'
import { describeMonitor, metadataOf } from './describe.ts'
import { createExternalRpc } from './external-rpc.ts'
import { eventOf, partsOf, type RunReport } from './findings.ts'
import { followSource } from './follow.ts'
import { createMonitorRpc } from './monitor-rpc.ts'
import { createReportOutbox } from './outbox.ts'
import { scheduleCheck } from './schedule.ts'
import { createShared } from './shared.ts'
import { createStrain, type StrainNews, stretched } from './strain.ts'
import type { MonitorDefinition } from './types.ts'

/** A check that hangs from the start holds readiness and the first answer back no longer than this. */
const FIRST_RUNS_MS = 2000
/** At most this often a run also tells what this service counts. */
const OWN_EVERY_MS = 10_000
/** What a check gets to notice that the monitor stops. */
const STOP_GRACE_MS = 500

/** Says once that a check cannot look, and once that it can again. */
function createFailureLog({ log }: MonitorContext) {
  const failing = new Set<string>()
  return ({ runs }: RunReport) => {
    for (const { check, error } of runs) {
      if (error !== '' && !failing.has(check)) log.warn('check cannot look', { monitor: check, reason: error })
      if (error === '' && failing.has(check)) log.info('check can look again', { monitor: check })
      if (error === '') failing.delete(check)
      else failing.add(check)
    }
  }
}

function together(reports: readonly Report[]): Report | undefined {
  const last = reports.at(-1)
  return (
    last && {
      ...last,
      sequence: Math.max(...reports.map(({ sequence }) => sequence)),
      observations: reports.flatMap(({ observations }) => observations),
      events: reports.flatMap(({ events }) => events),
      metrics: reports.flatMap(({ metrics }) => metrics),
      runs: reports.flatMap(({ runs }) => runs),
      withdrawn: reports.flatMap(({ withdrawn }) => withdrawn),
      complete: reports.flatMap(({ complete }) => complete),
    }
  )
}

/**
 * @param readUse what its own limits say; of this process outside of tests
 * @throws CheckUnknownError
 */
export function createMonitor(definition: MonitorDefinition, context: MonitorContext, readUse = readOwnUse): Service {
  const { clock, log, version } = context
  const incarnation = randomInt(1, 2 ** 47)
  const outbox = createReportOutbox(incarnation)
  const stopped = new AbortController()
  const shared = createShared(definition, context, stopped.signal)
  const parts = createCheckParts(definition, context, shared.value)
  const runners = parts.map(({ runner }) => runner)
  const noteFailures = createFailureLog(context)
  let startedMs: number | undefined
  let isReady = false
  let turns: Promise<unknown> = Promise.resolve()

  let ownToldMs = Number.NEGATIVE_INFINITY

  /** What this service counts and what its process costs, with a run that comes anyway. */
  async function withOwn(run: RunReport): Promise<RunReport> {
    const nowMs = clock.monotonicMs()
    if (!rpc.isWatched || nowMs - ownToldMs < OWN_EVERY_MS) return run
    ownToldMs = nowMs
    const { samples } = await readTold(context.metrics)
    return { ...run, metrics: [...run.metrics, ...samples] }
  }

  /** @param isHeld a cursor stands behind it */
  function send(run: RunReport, isHeld: boolean): Report {
    noteFailures(run)
    const time = clock.now()
    const reports = partsOf(run).map((part) => {
      const report = outbox.add({ ...part, time }, isHeld)
      external.happened(report.events)
      rpc.tell(report)
      return report
    })
    return together(reports) ?? { ...run, time, incarnation, sequence: outbox.sequence }
  }

  async function tell(seen: RunReport): Promise<Report> {
    return send(await withOwn(seen), false)
  }

  const strain = createStrain()
  let isLooking = false

  async function tellStrain(news: StrainNews | undefined): Promise<void> {
    if (news === undefined || stopped.signal.aborted) return
    const { factor, why } = news
    const isOver = factor === 1
    const message = isOver
      ? `monitor ${definition.name} runs its checks at their own intervals again`
      : `monitor ${definition.name} is short of what it needs (${why}); its checks run at ${factor} times their intervals`
    if (isOver) log.info(message)
    else log.warn(message)
    const happening = {
      reason: isOver ? 'IntervalsRestored' : 'IntervalsStretched',
      severity: isOver ? ('info' as const) : ('warning' as const),
      entity: `monitor:${definition.name}`,
      message,
    }
    const events = [eventOf(happening, { monitor: definition.name, check: '', now: clock.now() })]
    await tell({ observations: [], withdrawn: [], events, metrics: [], runs: [], complete: [] })
  }

  /** Looks at its own limits where a check has its turn anyhow. */
  async function onTurn(lateMs: number): Promise<void> {
    const nowMs = clock.monotonicMs()
    await tellStrain(strain.turn(lateMs, nowMs))
    if (isLooking || !strain.isDue(nowMs)) return
    isLooking = true
    const use = await readUse().finally(() => {
      isLooking = false
    })
    await tellStrain(strain.limits(use, clock.monotonicMs()))
  }

  const readinessChanged = () => context.readinessChanged?.()
  /** Only the first runs change readiness. */
  const onRan = () => isReady || readinessChanged()
  const schedule = {
    clock,
    signal: stopped.signal,
    tell,
    stretch: (ms: number) => stretched(ms, strain.factor),
    onTurn,
    onRan,
  }
  const checks = runners.map((runner, index) => scheduleCheck(runner, index, schedule))
  for (const [index, { onWake }] of parts.entries()) onWake(() => checks[index]?.wake())

  /** One that is polled, and never was watched, has nobody to wait for. */
  const room = () => (external.isAsked && !rpc.wasWatched ? undefined : outbox.room())
  const follow = () =>
    parts.map(({ runner, cursors }) =>
      runner.follow === undefined
        ? undefined
        : followSource(runner, runner.follow, {
            clock,
            cursors,
            outbox: { room, onAcknowledged: outbox.onAcknowledged },
            signal: stopped.signal,
            send: (run, isHeld) => send(run, isHeld).sequence,
          }),
    )
  const byType = [...new Set(runners.flatMap(({ declared }) => declared.conditions.map(({ type }) => type)))]
  const haveRun = () => checks.every(({ hasRun }) => hasRun)

  /** Every condition that is known, for one who knows nothing. Not kept: it can be made again. */
  function presentReports(): Report[] {
    const observations = runners.flatMap((runner) => runner.present.observations())
    const complete = runners.filter(({ isWhole }) => isWhole).map(({ instance }) => instance.name)
    if (observations.length === 0 && complete.length === 0) return []
    const whole = { observations, events: [], metrics: [], runs: [], withdrawn: [], complete }
    return partsOf(whole).map((part) => outbox.number({ ...part, time: clock.now() }))
  }

  const external = createExternalRpc({
    name: definition.name,
    metadata: () => metadataOf(definition, runners, version),
    present: () =>
      byType.map((type) => ({
        type,
        conditions: runners.flatMap(({ present }) =>
          [...present.conditions.values()].filter(({ latest }) => latest.type === type),
        ),
      })),
    answer: createAnswers(checks),
    firstRuns: () => {
      if (haveRun()) return Promise.resolve()
      const running = Promise.all(checks.filter(({ hasRun }) => !hasRun).map(({ runNow }) => runNow()))
      return within(
        running.then(
          () => undefined,
          () => undefined,
        ),
        FIRST_RUNS_MS,
        () => undefined,
      )
    },
    onStop: () => context.requestStop?.('npd.external.v1.ExternalMonitor/Stop'),
  })
  const rpc = createMonitorRpc({
    outbox,
    clock,
    log,
    present: presentReports,
    clear: (word) => {
      log.info('a person cleared a condition', {
        condition: cleanText(word.type, 80),
        entity: word.entity,
        by: word.by,
      })
      for (const runner of runners) runner.clear(word)
    },
    describe: () => describeMonitor(definition, runners, { version, incarnation }),
    checkNames: () => runners.map(({ instance }) => instance.name),
    check: (name) => {
      const asked = checks.filter(({ runner }) => name === '' || runner.instance.name === name)
      if (asked.length === 0) return undefined
      return Promise.all(asked.map(({ runNow }) => runNow())).then(
        (reports) => together(reports) as NonNullable<ReturnType<typeof together>>,
      )
    },
  })

  return {
    rpc: [rpc.service, external.service],
    socketPath: socketOf({ ...definition, kind: 'monitor' }, context.runDir),
    start(signal) {
      startedMs = clock.monotonicMs()
      signal.addEventListener('abort', () => stopped.abort(signal.reason), { once: true })
      turns = Promise.all([...checks.map((check) => check.turns()), ...follow()])
      clock.sleep(FIRST_RUNS_MS, stopped.signal).then(readinessChanged, () => undefined)
      return Promise.resolve()
    },
    readiness() {
      const waitedMs = startedMs === undefined ? 0 : clock.monotonicMs() - startedMs
      const waiting = checks.filter(({ hasRun }) => !hasRun).map(({ runner }) => runner.instance.name)
      const ready = startedMs !== undefined && (waiting.length === 0 || waitedMs >= FIRST_RUNS_MS)
      isReady ||= ready
      return { ready, reason: ready ? '' : `waiting for the first run of ${waiting.join(', ')}` }
    },
    async stop() {
      stopped.abort(new Error(`monitor ${definition.name} stops`))
      rpc.end()
      // A check that hangs does not hold the process: it is left behind.
      await within(
        turns
          .then(() => Promise.all(parts.flatMap(({ memory, cursors }) => [memory.settled(), cursors.settled()])))
          .then(() => undefined),
        STOP_GRACE_MS,
        () => undefined,
      )
      await within(
        shared.close().catch((err: unknown) => log.error('what the checks had together cannot be closed', { err })),
        STOP_GRACE_MS,
        () => undefined,
      )
    },
  }
}
