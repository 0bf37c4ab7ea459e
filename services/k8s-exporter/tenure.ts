/** One term as the node's only exporter: from the lock to its loss, or to the end. Wiring only. */
import { join } from 'node:path'
import { type BusReader, type ConnectedBus, connectBus, createBusReader, readCredentials, watchCredentials } from '#bus'
import { createHost, createPeerUid } from '#host'
import { ANNOTATIONS, createKubeClient, type KubeAccess } from '#kube'
import { type Logger, readTold, type ServiceContext, startLoop } from '#service'
import { fromProtoEvent, fromProtoProblem } from '#wire'
import { createOursFile } from './conditions/ours.ts'
import { createWish } from './conditions/wish.ts'
import { createConditionWriter } from './conditions/writer.ts'
import { installationOf, type K8sExporterConfig } from './config.ts'
import { createJournal, readJournal } from './events/journal.ts'
import { createLedger } from './events/ledger.ts'
import { createEventSender, type EventSender } from './events/sender.ts'
import type { ExporterMetrics } from './metrics.ts'
import type { Failure } from './pace/failure.ts'
import { createGate, type Gate } from './pace/gate.ts'
import { createLimiter } from './pace/limiter.ts'
import { renderAnnotations } from './state/annotations.ts'
import { followNode, type NodeFeed } from './state/node-feed.ts'

/** docs/architecture.md, section 11: a storm never exceeds five requests a second for longer than a moment. */
const REQUESTS_PER_SECOND = 5
const REQUESTS_AT_ONCE = 15
/** Of those, what only conditions may use. */
const RESERVED = 3
/** Counts that wait, and the detector's silence. Each turn costs a wake-up of the processor. */
const TURN_MS = 2000
const METRICS_MS = 15_000
/** At the end: at least this long after being asked, and until nothing new came for the other. */
const LEAVE_AFTER_MS = 1500
const QUIET_MS = 700
const LEAVE_AT_LAST_MS = 7000

export interface Tenure {
  readonly bus: ConnectedBus
  readonly feed: NodeFeed
  /** What is wrong with either lane; undefined when both work. */
  failure(): Failure | undefined
  awayMs(): number
  /** The node has been read, and written to where that was needed. */
  isSynced(): boolean
  pending(): number
  /** Sends what is still on its way, then leaves the bus. Idempotent. */
  end(): Promise<void>
}

function gateOf(lane: string, context: ServiceContext<K8sExporterConfig>, access: KubeAccess, log: Logger): Gate {
  return createGate({
    nodeName: context.nodeName,
    nameOrigin: context.config.nameOrigin,
    accessOrigin: access.origin,
    monotonicMs: context.clock.monotonicMs,
    onChange(failure, ms) {
      context.readinessChanged?.()
      if (failure === undefined) log.info('the API server takes it again', { lane, afterMs: Math.round(ms) })
      else
        log.warn('the API server does not take it; it is tried again', {
          lane,
          kind: failure.kind,
          reason: failure.text,
        })
    },
  })
}

export async function startTenure(
  context: ServiceContext<K8sExporterConfig>,
  access: KubeAccess,
  metrics: ExporterMetrics,
): Promise<Tenure> {
  const { clock, log, nodeName, config, version } = context
  const { kubernetes } = config
  const installation = installationOf(kubernetes.installation, process.env)
  const ending = new AbortController()
  const { signal } = ending
  let lastNewsMs = clock.monotonicMs()
  let inHand = 0
  const client = createKubeClient({
    access,
    userAgent: `node-doctor/${version} (k8s-exporter; ${nodeName})`,
    onRequest: metrics.request,
  })
  const limiter = createLimiter({
    perSecond: REQUESTS_PER_SECOND,
    burst: REQUESTS_AT_ONCE,
    reserved: RESERVED,
    monotonicMs: clock.monotonicMs,
  })
  const conditionGate = gateOf('conditions', context, access, log)
  const eventGate = gateOf('events', context, access, log)
  const { files } = createHost({ root: '' })
  const bus = connectBus({
    name: context.name,
    credentials: readCredentials(context.runDir, context.name, config.busUrl, config.busTls),
    log,
    clock,
    peerUid: createPeerUid(files),
    watchCredentials: watchCredentials(files, context.runDir, context.name, config.busUrl),
  })
  bus.onState(() => context.readinessChanged?.())
  const reader = createBusReader(bus, { signal, onPoison: metrics.undecodable })
  const feed = followNode(
    reader,
    {
      clock,
      onWithdrawn: (condition) => wish.takenBack(condition),
      onType: (type, conditions) => wish.saw(type, conditions),
      onAnew() {
        writer.unsettle()
        context.readinessChanged?.()
      },
      onChange() {
        lastNewsMs = clock.monotonicMs()
        writer.changed()
      },
    },
    signal,
  )

  const wish = createWish({
    kubernetes,
    clock,
    feed: () => feed,
    node: () => writer.node,
  })
  const oursFile = createOursFile(join(context.stateDir, context.name, 'ours.json'), log)
  const writer = createConditionWriter({
    client,
    nodeName,
    gate: conditionGate,
    limiter,
    clock,
    log,
    heartbeatMs: kubernetes.heartbeatIntervalMs,
    resyncMs: kubernetes.resyncIntervalMs,
    updateMs: kubernetes.updateIntervalMs,
    remembered: await oursFile.read(),
    onOurs: (ours) => void oursFile.keep(ours),
    onFound: () => context.readinessChanged?.(),
    desired: wish.conditions,
    withdrawn: wish.over,
    annotations: () => ({
      [ANNOTATIONS.installation]: installation,
      ...(kubernetes.annotations
        ? renderAnnotations({
            version,
            conditions: feed.conditions.values(),
            problems: feed.problems.values(),
            monitors: feed.monitors.values(),
            silent: feed.voice().state === 'silent',
          })
        : {}),
    }),
    isComplete: () =>
      feed.known &&
      feed.voice().state === 'live' &&
      feed.monitors.size > 0 &&
      [...feed.monitors.values()].every(({ health }) => health !== 'awaited'),
    onPatched(cause, types, changedMs) {
      metrics.patched(cause, changedMs)
      log.debug('node was patched', { cause, types })
    },
  })

  const journalPath = join(context.stateDir, context.name, 'told.jsonl')
  const ledger = createLedger({
    nodeName,
    perMinute: kubernetes.events.maxEventsPerMinute,
    burst: kubernetes.events.burst,
    windowMs: kubernetes.events.deduplicationWindowMs,
    countEveryMs: kubernetes.updateIntervalMs,
  })
  ledger.apply(await readJournal(journalPath, log))
  const journal = createJournal({ path: journalPath, log, current: () => ledger.lines(clock.now().getTime()) })
  const sender = createEventSender({
    client,
    nodeName,
    node: () =>
      writer.node?.metadata.uid === undefined ? undefined : { name: nodeName, uid: writer.node.metadata.uid },
    gate: eventGate,
    limiter,
    ledger,
    journal,
    clock,
    log,
    minSeverity: kubernetes.events.minSeverity,
    onAction: metrics.event,
    signal,
  })

  async function take(work: Promise<void>): Promise<void> {
    inHand++
    lastNewsMs = clock.monotonicMs()
    try {
      await work
    } finally {
      inHand--
    }
  }
  if (kubernetes.events.enabled) {
    const isReady = () => eventGate.isOpen() && writer.node !== undefined
    consumeFacts({ reader, sender, take, metrics, isReady, now: () => clock.now() }, signal)
  }

  let wasSilent = false
  let lastState = 'live'

  function watchSilence(): void {
    const { state } = feed.voice()
    const silent = state === 'silent'
    if (state !== lastState) writer.changed()
    lastState = state
    if (silent === wasSilent) return
    wasSilent = silent
    if (silent) log.warn('the detector is silent; the node is shown as unknown', { lastHeard: feed.lastHeard })
    else log.info('the detector is heard again')
  }

  /** The lane is shut and says so itself. */
  function unlessWaiting(err: unknown): void {
    if (eventGate.failure === undefined && !signal.aborted) throw err
  }

  const pending = () => sender.waiting + inHand + (writer.isSettled() ? 0 : 1)
  const awayMs = () => Math.max(conditionGate.awayMs(), eventGate.awayMs())

  metrics.read(() => ({
    awayMs: awayMs(),
    pending: pending(),
    foreign: writer.foreign.length,
    leftOut: wish.leftOut,
  }))

  async function tellMetrics(): Promise<void> {
    reader.publishMetrics(await readTold(context.metrics))
  }

  const working = writer.run(signal).catch((err: unknown) => {
    if (!signal.aborted) log.error('the writing of conditions ended unexpectedly', { err })
  })
  const loop = { signal, clock, log }
  const loops = [
    startLoop({
      ...loop,
      name: 'turn',
      intervalMs: TURN_MS,
      async run() {
        // The detector's silence changes what is wished without a word on the bus.
        watchSilence()
        if (writer.node !== undefined) await sender.turn().catch(unlessWaiting)
      },
    }),
    startLoop({ ...loop, name: 'metrics', intervalMs: METRICS_MS, run: tellMetrics }),
  ]
  /** The detector and the monitors end at the same moment: what they say last is waited for, and sent. */
  async function untilQuiet(): Promise<void> {
    const askedMs = clock.monotonicMs()
    writer.hurry()
    for (;;) {
      const nowMs = clock.monotonicMs()
      const isQuiet = nowMs - lastNewsMs >= QUIET_MS && writer.isSettled() && inHand === 0
      const isAway = conditionGate.failure !== undefined
      // Without the bus nothing more can come.
      const isOver = bus.state !== 'connected' || nowMs - askedMs >= LEAVE_AFTER_MS
      if (isOver && (isQuiet || isAway)) return
      if (nowMs - askedMs >= LEAVE_AT_LAST_MS) return
      await clock.sleep(50)
    }
  }

  let ended: Promise<void> | undefined
  async function end(): Promise<void> {
    await untilQuiet()
    await tellMetrics()
    ending.abort()
    await Promise.all([working, ...loops.map((one) => one.ended)])
    await journal.close()
    await bus.close()
    client.close()
  }

  return {
    bus,
    feed,
    failure: () => conditionGate.failure ?? eventGate.failure,
    awayMs,
    isSynced: () => writer.node !== undefined && feed.known,
    pending,
    end: () => (ended ??= end()),
  }
}

interface FactSink {
  readonly reader: BusReader
  readonly sender: EventSender
  readonly take: (work: Promise<void>) => Promise<void>
  readonly metrics: ExporterMetrics
  readonly isReady: () => boolean
  readonly now: () => Date
}

function consumeFacts({ reader, sender, take, metrics, isReady, now }: FactSink, signal: AbortSignal): void {
  const options = { signal, ready: isReady }
  function gap(stream: string): (count: number) => void {
    return (count) => {
      metrics.missed(count)
      sender.missed(stream, count)
    }
  }
  for (const stream of ['EVENTS', 'EVENTS_INFO'] as const) {
    reader.consume(
      stream,
      { message: (value) => take(sender.event(fromProtoEvent(value, now()))), gap: gap(stream) },
      options,
    )
  }
  reader.consume(
    'PROBLEMS',
    { message: (value) => take(sender.problem(fromProtoProblem(value, now()))), gap: gap('PROBLEMS') },
    options,
  )
}
