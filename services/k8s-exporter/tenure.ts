/** One term as the node's only exporter: from the lock to its loss, or to the end. Wiring only. */
import type { Bus } from '#bus'
import type { KubeAccess } from '#kube'
import { type Logger, readTold, type ServiceContext, startLoop } from '#service'
import { type ConditionLane, openConditions } from './conditions/lane.ts'
import type { K8sExporterConfig } from './config.ts'
import { type EventLane, openEvents } from './events/lane.ts'
import { createLanes, type Lanes } from './lanes.ts'
import { mayLeave } from './leave.ts'
import type { ExporterMetrics } from './metrics.ts'
import type { Failure } from './pace/failure.ts'
import type { NodeFeed } from './state/node-feed.ts'

/** Counts that wait, and the detector's silence. Each turn costs a wake-up of the processor. */
const TURN_MS = 2000
const METRICS_MS = 15_000
const LEAVE_LOOK_MS = 50

export interface Tenure {
  readonly bus: Bus
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

/** The parts of a tenure that its turns and its end look at. */
interface Parts extends ConditionLane {
  readonly context: ServiceContext<K8sExporterConfig>
  readonly lanes: Lanes
  readonly events: EventLane
  readonly bus: Bus
  /** When the bus last brought something, monotonic. */
  readonly lastNewsMs: () => number
  readonly signal: AbortSignal
}

/** @returns a look at the detector's voice: its silence changes what is wished without a word on the bus */
function createSilenceWatch({ feed, writer }: ConditionLane, log: Logger): () => void {
  let last = 'live'
  let wasSilent = false
  return () => {
    const { state } = feed.voice()
    const silent = state === 'silent'
    if (state !== last) writer.changed()
    last = state
    if (silent === wasSilent) return
    wasSilent = silent
    if (silent) log.warn('the detector is silent; the node is shown as unknown', { lastHeard: feed.lastHeard })
    else log.info('the detector is heard again')
  }
}

/** Tells the counts that waited long enough. A lane that is shut says so itself. */
async function tellCounts({ writer, events, lanes, signal }: Parts): Promise<void> {
  if (writer.node === undefined) return
  try {
    await events.sender.turn()
  } catch (err) {
    if (lanes.events.failure === undefined && !signal.aborted) throw err
  }
}

async function untilQuiet({ context, lanes, writer, events, bus, lastNewsMs }: Parts): Promise<void> {
  const { clock } = context
  const askedMs = clock.monotonicMs()
  writer.hurry()
  for (;;) {
    const nowMs = clock.monotonicMs()
    const leaving = {
      sinceAskedMs: nowMs - askedMs,
      sinceNewsMs: nowMs - lastNewsMs(),
      isBusConnected: bus.state === 'connected',
      isSettled: writer.isSettled() && events.inHand === 0,
      isAway: lanes.conditions.failure !== undefined,
    }
    if (mayLeave(leaving)) return
    await clock.sleep(LEAVE_LOOK_MS)
  }
}

/** Starts what goes on until the signal. @returns resolves when all of it has ended */
function startWork(parts: Parts, tellMetrics: () => Promise<void>): Promise<unknown> {
  const { context, writer, signal } = parts
  const { clock, log } = context
  const working = writer.run(signal).catch((err: unknown) => {
    if (!signal.aborted) log.error('the writing of conditions ended unexpectedly', { err })
  })
  const watchSilence = createSilenceWatch(parts, log)
  const loop = { signal, clock, log }
  const turn = startLoop({
    ...loop,
    name: 'turn',
    intervalMs: TURN_MS,
    async run() {
      watchSilence()
      await tellCounts(parts)
    },
  })
  const metrics = startLoop({ ...loop, name: 'metrics', intervalMs: METRICS_MS, run: tellMetrics })
  return Promise.all([working, turn.ended, metrics.ended])
}

async function openBoth(
  shared: Omit<Parameters<typeof openConditions>[0] & Parameters<typeof openEvents>[0], 'node' | 'onNode' | 'onFound'>,
): Promise<{ readonly conditions: ConditionLane; readonly events: EventLane }> {
  const waiting = new Set<() => void>()
  function onFound(): void {
    for (const tell of waiting) tell()
  }
  const conditions = await openConditions({ ...shared, onFound })
  const events = await openEvents({
    ...shared,
    node: () => conditions.writer.node,
    onNode(listener) {
      waiting.add(listener)
      return () => void waiting.delete(listener)
    },
  })
  return { conditions, events }
}

/** @throws what kept it from beginning; nothing of it goes on then */
export async function startTenure(
  context: ServiceContext<K8sExporterConfig>,
  access: KubeAccess,
  metrics: ExporterMetrics,
): Promise<Tenure> {
  const { clock } = context
  const ending = new AbortController()
  const { signal } = ending
  let lastNewsMs = clock.monotonicMs()
  const onNews = () => {
    lastNewsMs = clock.monotonicMs()
  }
  const lanes = createLanes(context, access, metrics)
  const { bus, reader: openReader } = await context.bus.open()
  bus.onState(() => context.readinessChanged?.())
  const reader = openReader({ signal, onPoison: metrics.undecodable })
  const shared = { context, lanes, metrics, reader, onNews, signal }
  async function leave(): Promise<void> {
    ending.abort()
    await bus.close()
    lanes.client.close()
  }
  const { conditions, events } = await openBoth(shared).catch(async (err: unknown) => {
    await leave()
    throw err
  })
  const { feed, wish, writer } = conditions
  const pending = () => events.sender.waiting + events.inHand + (writer.isSettled() ? 0 : 1)
  metrics.read(() => ({
    awayMs: lanes.awayMs(),
    pending: pending(),
    foreign: writer.foreign.length,
    foreignAnnotations: writer.foreignAnnotations.length,
    leftOut: wish.leftOut,
  }))

  const tellMetrics = async () => reader.publishMetrics(await readTold(context.metrics))
  const parts: Parts = { ...conditions, context, lanes, events, bus, lastNewsMs: () => lastNewsMs, signal }
  const working = startWork(parts, tellMetrics)
  let ended: Promise<void> | undefined
  async function end(): Promise<void> {
    await untilQuiet(parts)
    await tellMetrics()
    ending.abort()
    await working
    await events.close()
    await bus.close()
    lanes.client.close()
  }

  return {
    bus,
    feed,
    failure: lanes.failure,
    awayMs: lanes.awayMs,
    isSynced: () => writer.node !== undefined && feed.known,
    pending,
    end: () => (ended ??= end()),
  }
}
