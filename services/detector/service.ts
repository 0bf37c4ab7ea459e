/** The detector's composition: monitors → engine → outbox → bus, with its own socket beside. Wiring only. */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { every } from '#clock'
import { createHost } from '#host'

import { DEFAULT_LIMITS, DETECTOR, isOpen, type MonitorState, nextAbsenceMs } from '#model'
import { defineService, readTold, type Service, type ServiceContext, supervisorPid } from '#service'
import { socketOf } from '#service-table'
import { toProtoSample } from '#wire'
import { createBusJudge } from './bus-judge.ts'
import { startBusLink } from './bus-link.ts'
import { type DetectorConfig, detectorSlice } from './config.ts'
import { createEngine } from './engine.ts'
import { createEventLedger } from './events/ledger.ts'
import { createKeptEvents } from './kept-events.ts'
import { createDetectorMetrics } from './metrics.ts'
import { createFleet } from './monitors/fleet.ts'
import { ownershipOf } from './monitors/ownership.ts'
import { mostThingsOf } from './monitors/reading.ts'
import { createOpenChannel } from './monitors/rpc-channel.ts'
import { wantedOf } from './monitors/wanted.ts'
import { createOutbox } from './outbox/outbox.ts'
import { readProcessCost } from './process-cost.ts'
import { createDetectorRpc } from './rpc/service.ts'
import { snapshot } from './rpc/snapshot.ts'
import { createProblemFile } from './store/problem-file.ts'
import { createReadBack } from './store/read-back-state.ts'
import { startTicks, type Ticks } from './ticks.ts'

/** Exporters call the detector dead after 60 s without one. */
const HEARTBEAT_MS = 3000
/** As often as anybody scrapes. */
const METRICS_MS = 15_000
/** How long a start waits for the bus before it goes on without what the buckets hold. */
const READ_BACK_MS = 5000

/** Whether nobody named it: one that is not known any more was found as well. */
function isDiscovered(monitor: MonitorState | undefined): boolean {
  return monitor === undefined || monitor.origin === 'discovered'
}

function createDetector(context: ServiceContext<DetectorConfig>): Service {
  const { config, clock, log, version, nodeName } = context
  const incarnation = randomInt(1, 2 ** 47)
  const started = clock.now()
  const ledger = createEventLedger({
    monotonicMs: clock.monotonicMs,
    isDiscovered: (monitor) => monitor !== DETECTOR && isDiscovered(engine.state.monitors.get(monitor)),
    isReady: () => bus?.isReady() ?? false,
    onError: (err) => log.warn('the bus does not say what was taken of its events', { err }),
  })
  const outbox = createOutbox({
    clock,
    onLost: ledger.lost,
    isPlugIn: (monitor) => engine.isPlugIn(monitor),
    onDropped: (total) => {
      setImmediate(() =>
        engine.event({
          reason: 'BusChangesDropped',
          severity: 'error',
          entity: '',
          message: `the bus was away for longer than the queue holds; ${total} facts were dropped since the start`,
        }),
      )
    },
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
      bus?.writer.publishMetrics({ monitor, time, samples: samples.map(toProtoSample), described: [] }) ?? 0,
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
    open: createOpenChannel(messageBytes, mostThingsOf(limits)),
  })
  let bootId = ''
  const problemFile = createProblemFile({
    path: join(context.stateDir, 'detector', 'problems.pb'),
    clock,
    current: () => ({
      bootId,
      problems: [...engine.state.problems.values()].filter(({ phase }) => phase !== 'resolved'),
    }),
    onState: (failed) => {
      if (failed === undefined) log.info('open problems are kept beyond a reboot again')
      else log.warn('open problems cannot be kept beyond a reboot', { err: failed })
    },
  })
  const keptEvents = createKeptEvents({
    path: join(context.stateDir, 'detector', 'events.pb'),
    outbox,
    now: clock.now,
    log,
  })
  const ends: (() => void)[] = []
  let ticks: Ticks | undefined
  let heartbeats = 0

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

  function beat(): void {
    heartbeats++
    bus?.writer.publishHeartbeat({
      node: nodeName,
      bootId,
      detectorIncarnation: incarnation,
      time: clock.now(),
      version,
      sequence: heartbeats,
      waitingMs: waitingMs(),
    })
  }

  async function tellMetrics(): Promise<void> {
    const { samples: counted, described } = await readTold(context.metrics)
    const costs = await Promise.all([
      readProcessCost(ownHost.files, 'nats-server', bus?.serverPid),
      readProcessCost(ownHost.files, 'up', supervisorPid(process.env)),
    ])
    const samples = [...counted, ...costs.flat()]
    const own = { monitor: DETECTOR, time: clock.now(), samples: samples.map(toProtoSample), described: [...described] }
    const leftOut = bus?.writer.publishMetrics(own) ?? 0
    if (leftOut > 0) log.warn('samples are left out that no message can hold', { leftOut })
  }

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
        check: fleet.check,
        monitorNames: fleet.names,
        clear(word) {
          const cleared = engine.clear(word)
          for (const { entity } of cleared) fleet.clear({ ...word, entity })
          return cleared
        },
        forget(monitor) {
          const before = [...engine.state.problems.values()].filter(isOpen)
          return fleet
            .forget(monitor)
            ?.then(() => before.flatMap(({ fingerprint }) => engine.state.problems.get(fingerprint) ?? []))
            .then((after) => after.filter((problem) => !isOpen(problem)))
        },
      }),
    ],
    async start() {
      bootId = await context.host.bootId().catch(() => '')
      bus = await startBusLink({
        config,
        bootId,
        log,
        outbox,
        clock,
        door: {
          spawn: (file, args, { env, onLine }) =>
            ownHost.programs.start(file, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, onLine }),
        },
        onAway: () => context.readinessChanged?.(),
        writes: ledger.open,
        onReady: (store) => {
          context.readinessChanged?.()
          ticks?.soon()
          void keptEvents.tell(store)
          // Told again at every connection: consumers ignore what they have done, and nothing that was cut off is missed.
          if (judge.hasLooked) outbox.putState(engine.state)
          beat()
        },
      })
      if (!(await bus.ready(READ_BACK_MS)))
        log.warn('the bus is not there yet; the state begins without what it holds', { reason: bus.reason() })
      await readBack.begin(bootId)
      judge.look()
      outbox.putState(engine.state)
      await fleet.reconcile(wantedOf(config))
      beat()
      const told = () =>
        void tellMetrics().catch((err: unknown) => log.warn('metrics could not be told on the bus', { err }))
      if (bus.isReady()) told()
      ticks = startTicks({ clock, tick, dueMs: () => nextAbsenceMs(engine.state.problems.values()) })
      ends.push(every(clock, { ms: HEARTBEAT_MS }, beat), every(clock, { ms: METRICS_MS }, told), ticks.end)
    },
    readiness: () => ({ ready: bus?.isReady() ?? false, reason: bus?.reason() ?? 'starting' }),
    async stop() {
      await fleet.stop()
      for (const end of ends) end()
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
