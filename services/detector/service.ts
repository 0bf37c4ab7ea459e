/** The detector's composition: monitors → engine → outbox → bus, with its own socket beside. Wiring only. */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { REFUSED_TOLD } from '#config'
import { createHost } from '#host'

import {
  DEFAULT_LIMITS,
  DETECTOR,
  isOpen,
  type MetricDescriptor,
  type MetricSample,
  type MonitorState,
  nextAbsenceMs,
} from '#model'
import type { Heartbeat } from '#proto/nodedoctor/v1/types.ts'
import { defineService, type Service, type ServiceContext } from '#service'
import { socketOf } from '#service-table'
import { toProtoSample } from '#wire'
import { createBusJudge } from './bus-judge.ts'
import { startBusLink } from './bus-link.ts'
import { type DetectorConfig, detectorSlice } from './config.ts'
import { createEngine } from './engine.ts'
import type { Engine } from './engine-types.ts'
import { createEventLedger } from './events/ledger.ts'
import { createExpecting } from './expected-here.ts'
import { createKeptEvents } from './kept-events.ts'
import { createDetectorMetrics } from './metrics.ts'
import { createFleet } from './monitors/fleet.ts'
import { ownershipOf } from './monitors/ownership.ts'
import { mostThingsOf } from './monitors/reading.ts'
import { createOpenChannel } from './monitors/rpc-channel.ts'
import { wantedOf } from './monitors/wanted.ts'
import { createOutbox } from './outbox/outbox.ts'
import { createOwnWord } from './own-word.ts'
import { createAsked } from './rpc/asked.ts'
import { createDetectorRpc } from './rpc/service.ts'
import { snapshot } from './rpc/snapshot.ts'
import { createProblemFile } from './store/problem-file.ts'
import { createReadBack } from './store/read-back-state.ts'
import { startTicks, type Ticks } from './ticks.ts'

/** How long a start waits for the bus before it goes on without what the buckets hold. */
const READ_BACK_MS = 5000

/** Whether nobody named it: one that is not known any more was found as well. */
function isDiscovered(monitor: MonitorState | undefined): boolean {
  return monitor === undefined || monitor.origin === 'discovered'
}

/** Keys of the configuration without an effect: one process of the node says so, each with what to write in its place. */
function tellRefused({ config: { refused }, log }: Pick<ServiceContext<DetectorConfig>, 'config' | 'log'>): void {
  for (const { key, text, origin } of refused.slice(0, REFUSED_TOLD))
    log.warn('a key of the configuration is refused', { key, why: text, origin })
  if (refused.length > REFUSED_TOLD)
    log.warn('further keys of the configuration are refused', { count: refused.length - REFUSED_TOLD })
}

/** Told after what dropped them has been taken. */
function tellDropped(engine: Engine, total: number): void {
  engine.event({
    reason: 'BusChangesDropped',
    severity: 'error',
    entity: '',
    message: `the bus was away for longer than the queue holds; ${total} facts were dropped since the start`,
  })
}

/** Keeps the open problems beyond a reboot, and says when that fails. */
function keepProblems({ stateDir, clock, log }: ServiceContext<unknown>, engine: Engine, bootId: () => string) {
  return createProblemFile({
    path: join(stateDir, 'detector', 'problems.pb'),
    clock,
    current: () => ({ bootId: bootId(), problems: [...engine.state.problems.values()].filter(isOpen) }),
    onState: (failed) => {
      if (failed === undefined) log.info('open problems are kept beyond a reboot again')
      else log.warn('open problems cannot be kept beyond a reboot', { err: failed })
    },
  })
}

/** What a monitor declares of the names of these samples. */
function describedOf(monitor: MonitorState | undefined, samples: readonly MetricSample[]): MetricDescriptor[] {
  const names = new Set(samples.map(({ name }) => name))
  return monitor?.metrics.filter(({ name }) => names.has(name)) ?? []
}

function createDetector(context: ServiceContext<DetectorConfig>): Service {
  const { config, clock, log, version, nodeName } = context
  const incarnation = randomInt(1, 2 ** 47)
  const started = clock.now()
  const ledger = createEventLedger({
    monotonicMs: clock.monotonicMs,
    absentReaders: config.absentReaders,
    isDiscovered: (monitor) => monitor !== DETECTOR && isDiscovered(engine.state.monitors.get(monitor)),
    isReady: () => bus?.isReady() ?? false,
    onError: (err) => log.warn('the bus does not say what was taken of its events', { err }),
  })
  const outbox = createOutbox({
    clock,
    onLost: ledger.lost,
    isPlugIn: (monitor) => engine.isPlugIn(monitor),
    onDropped: (total) => setImmediate(() => tellDropped(engine, total)),
  })
  const ownership = ownershipOf(config)
  let bus: Awaited<ReturnType<typeof startBusLink>> | undefined
  const { messageBytes, conditionsPerMonitor, eventsPerReport, entitiesPerType } = config.detector.limits
  const limits = { ...DEFAULT_LIMITS, conditionsPerMonitor, eventsPerReport, entitiesPerType }
  const engine = createEngine({
    version,
    clock,
    incarnation,
    ownership,
    forgetAfterMs: config.detector.forgetAfterMs,
    limits,
    publish: outbox.put,
    offer: ledger.offer,
    onShed: (shed) => metrics.shed(shed),
    publishMetrics: (monitor, time, samples) =>
      bus?.writer.publishMetrics({
        monitor,
        time,
        samples: samples.map(toProtoSample),
        described: describedOf(engine.state.monitors.get(monitor), samples),
      }) ?? 0,
  })
  const metrics = createDetectorMetrics(context.metrics, {
    state: engine.state,
    outbox,
    serverRestarts: () => bus?.serverRestarts ?? 0,
  })
  /** Not the node's: the bus server is a child of this process, and sockets stand in its own folders. */
  const ownHost = createHost({ root: '' })
  const fleet = createFleet({
    engine,
    log,
    clock,
    files: ownHost.files,
    room: outbox.room,
    open: createOpenChannel(messageBytes, mostThingsOf(limits), clock),
  })
  const expecting = createExpecting({
    ...{ config, clock, log, host: ownHost, stateDir: context.stateDir },
    reconcile: (here) => fleet.reconcile(wantedOf(here)),
  })
  let bootId = ''
  const problemFile = keepProblems(context, engine, () => bootId)
  const keptEvents = createKeptEvents({
    path: join(context.stateDir, 'detector', 'events.pb'),
    outbox,
    now: clock.now,
    log,
  })
  let endTelling: (() => void) | undefined
  let ticks: Ticks | undefined

  engine.watch((changes) => {
    ticks?.soon()
    metrics.saw(changes)
    if (changes.some((change) => change.kind === 'problem')) problemFile.changed()
  })

  /** How long the oldest change has waited for the bus to take it. */
  function waitingMs(): number {
    const { stuckSinceMs } = outbox.status()
    return stuckSinceMs === undefined ? 0 : Math.max(0, Math.round(clock.monotonicMs() - stuckSinceMs))
  }

  /** How old changes of state are that their buckets do not have. */
  function unstored(): Pick<Heartbeat, 'unstoredMs' | 'behind'> {
    const { sinceMs, behind } = outbox.status().unstored
    const nowMs = clock.monotonicMs()
    const ageMs = (ms = nowMs) => Math.max(0, Math.ceil(nowMs - ms))
    return {
      unstoredMs: ageMs(sinceMs),
      behind: [...behind].map(([monitor, ms]) => ({ monitor, unstoredMs: ageMs(ms) })),
    }
  }

  const word = createOwnWord({
    context,
    incarnation,
    bus: () => bus,
    bootId: () => bootId,
    waitingMs,
    unstored,
    files: ownHost.files,
  })
  const judge = createBusJudge({
    engine,
    outbox,
    monotonicMs: clock.monotonicMs,
    log,
    reason: () => bus?.reason() ?? '',
  })
  const readBack = createReadBack({
    engine,
    outbox,
    clock,
    log,
    version,
    stateDir: context.stateDir,
    writer: () => (bus?.isReady() ? bus.writer : undefined),
  })

  function tick(): boolean {
    engine.tick()
    outbox.releaseRuns()
    judge.look()
    void readBack.late()
    void ledger.look()
    const { queued, refused } = outbox.status()
    return queued > 0 || refused.length > 0 || !readBack.isDone || ledger.isWorthAsking
  }

  return {
    socketPath: socketOf({ name: context.name, kind: 'core' }, context.runDir),
    rpc: [
      createDetectorRpc({
        engine,
        clock,
        node: () =>
          snapshot(
            engine.state,
            { name: nodeName, bootId, version, started },
            bus?.describe() ?? {
              connected: false,
              since: undefined,
              url: '',
              queued: 0,
              dropped: 0,
              waitingMs: waitingMs(),
              refused: outbox.status().refused.length,
            },
            clock.now(),
          ),
        ...createAsked({ engine, fleet, expecting, log }),
      }),
    ],
    async start() {
      tellRefused(context)
      bootId = await context.host.bootId().catch(() => '')
      bus = await startBusLink({
        nodeName,
        bootId,
        door: context.bus,
        log,
        outbox,
        clock,
        onAway: () => context.readinessChanged?.(),
        writes: ledger.open,
        onReady: (store) => {
          context.readinessChanged?.()
          ticks?.soon()
          void keptEvents.tell(store)
          // Told again at every connection: consumers ignore what they have done, and nothing that was cut off is missed.
          if (judge.hasLooked) outbox.putState(engine.state)
          word.beat()
        },
      })
      if (!(await bus.ready(READ_BACK_MS)))
        log.warn('the bus is not there yet; the state begins without what it holds', { reason: bus.reason() })
      await readBack.begin(bootId)
      judge.look()
      outbox.putState(engine.state)
      await expecting.begin()
      endTelling = word.begin()
      ticks = startTicks({ clock, tick, dueMs: () => nextAbsenceMs(engine.state.problems.values()) })
    },
    readiness: () => ({ ready: bus?.isReady() ?? false, reason: bus?.reason() ?? 'starting' }),
    async stop() {
      expecting.end()
      await fleet.stop()
      endTelling?.()
      ticks?.end()
      engine.drain()
      outbox.releaseRuns()
      problemFile.changed()
      await problemFile.flush()
      const { writer } = bus ?? {}
      await bus?.stop(5000, async () => writer && keptEvents.keep(writer))
    },
  }
}

export const detector = defineService<DetectorConfig>({
  name: 'detector',
  description: 'Folds what monitors report into one state and publishes it on the bus.',
  // The outbox, the other clients' leaving (15 s) and the server's end.
  drainDeadlineMs: 27_000,
  config: detectorSlice,
  create: createDetector,
})
