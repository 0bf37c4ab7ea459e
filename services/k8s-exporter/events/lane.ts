/** Facts of the bus to events of the API server: ledger, its file, sender, and what they take. Wiring only. */
import { join } from 'node:path'
import type { BusReader } from '#bus'
import type { NpdTold } from '#config'
import type { KubeNode } from '#kube'
import type { ServiceContext } from '#service'
import { fromProtoEvent, fromProtoProblem } from '#wire'
import type { K8sExporterConfig } from '../config.ts'
import type { Lanes } from '../lanes.ts'
import type { ExporterMetrics } from '../metrics.ts'
import { createCorrelator } from './correlation.ts'
import { createLedger } from './ledger.ts'
import type { NpdSource } from './render.ts'
import { followRepairs } from './repairs.ts'
import { type Teller, withinScope } from './scope.ts'
import { createEventSender, type EventSender } from './sender.ts'
import { createToldFile, readToldFile } from './told-file.ts'

/** As often as client-go counts for node-problem-detector, but for how much that asks of the server. */
const COUNT_EVERY_MS = 1000

export interface EventLane {
  readonly sender: EventSender
  /** Facts that are being told. */
  readonly inHand: number
  /** Writes what the file still has to keep. */
  close(): Promise<void>
}

export interface EventLaneOptions {
  readonly context: ServiceContext<K8sExporterConfig>
  readonly lanes: Lanes
  readonly metrics: ExporterMetrics
  readonly reader: BusReader
  /** As the server last showed it. */
  readonly node: () => KubeNode | undefined
  /** Calls when it is shown for the first time. @returns its end */
  readonly onNode: (listener: () => void) => () => void
  /** Something new came from the bus. */
  readonly onNews: () => void
  readonly signal: AbortSignal
}

/** Reads what was told, and takes facts from now on, unless events are switched off. */
export async function openEvents(options: EventLaneOptions): Promise<EventLane> {
  const { context, lanes, metrics, signal, node, onNews } = options
  const { clock, log, nodeName, config } = context
  const { kubernetes } = config
  const { events, scope } = kubernetes
  const npdSource = createNpdSource(config.npd)
  const isNpd = events.correlation === 'npd'
  const countEveryMs = isNpd ? Math.min(COUNT_EVERY_MS, kubernetes.updateIntervalMs) : kubernetes.updateIntervalMs
  const path = join(context.stateDir, context.name, 'told.jsonl')
  const ledger = createLedger({
    nodeName,
    perMinute: events.maxEventsPerMinute,
    burst: events.burst,
    windowMs: events.deduplicationWindowMs,
    countEveryMs,
    npdSource,
    compat: config.npdCompat,
    correlator: isNpd ? createCorrelator() : undefined,
  })
  ledger.apply(await readToldFile(path, log))
  const toldFile = createToldFile({ path, log, current: () => ledger.lines(clock.now().getTime()) })
  const sender = createEventSender({
    client: lanes.client,
    nodeName,
    namespace: events.namespace,
    npdSource,
    node() {
      const uid = node()?.metadata.uid
      return uid === undefined ? undefined : { name: nodeName, uid }
    },
    pause: lanes.events,
    limiter: lanes.limiter,
    ledger,
    toldFile,
    clock,
    log,
    minSeverity: events.minSeverity,
    onAction: metrics.event,
    signal,
  })
  const counts = createCountTimer(options, sender, countEveryMs)
  let inHand = 0
  async function take(work: Promise<void>): Promise<void> {
    inHand++
    onNews()
    await work.finally(() => inHand--)
    if (isNpd) counts.arm()
  }
  if (events.enabled) consumeFacts(options, withinScope(scope, sender, npdSource), take)
  return {
    sender,
    get inHand() {
      return inHand
    },
    close: () => toldFile.close(),
  }
}

/** By monitor and check: what a plug-in calls its checks is no file of ours, but where a file names the plug-in. */
function createNpdSource({ files, outside }: NpdTold): NpdSource {
  const sources = new Map(files.map(({ monitor, check, source }) => [`${monitor}\u0000${check}`, source]))
  const plugins = new Set(outside)
  return ({ monitor, check }) => (plugins.has(monitor) ? monitor : sources.get(`${monitor}\u0000${check}`))
}

/** Tells counts as soon as they may be told: turns come too seldom for them. */
function createCountTimer({ context, lanes, node, signal }: EventLaneOptions, sender: EventSender, everyMs: number) {
  let callOff: (() => void) | undefined
  signal.addEventListener('abort', () => callOff?.())
  function tell(): void {
    callOff = undefined
    // Else the next turn tells them.
    if (signal.aborted || node() === undefined || !lanes.events.isOver()) return
    sender.turn().then(arm, () => undefined)
  }
  function arm(): void {
    if (signal.aborted || sender.waiting === 0) return
    callOff ??= context.clock.after(everyMs, tell)
  }
  return { arm }
}

function consumeFacts(
  { context, reader, lanes, node, onNode, metrics, signal }: EventLaneOptions,
  to: Teller,
  take: (work: Promise<void>) => Promise<void>,
): void {
  const { clock } = context
  const options = {
    signal,
    ready: () => lanes.events.isOver() && node() !== undefined,
    onReady(listener: () => void) {
      const end = onNode(listener)
      const leftMs = lanes.events.leftMs()
      const callOff = leftMs > 0 ? clock.after(leftMs, listener) : end
      return () => {
        end()
        callOff()
      }
    },
  }
  function gap(stream: string): (count: number) => void {
    return (count) => {
      metrics.missed(count)
      to.missed(stream, count)
    }
  }
  for (const stream of ['EVENTS', 'EVENTS_INFO'] as const) {
    reader.consume(
      stream,
      { message: (value) => take(to.event(fromProtoEvent(value, clock.now()))), gap: gap(stream) },
      options,
    )
  }
  reader.consume(
    'PROBLEMS',
    { message: (value) => take(to.problem(fromProtoProblem(value, clock.now()))), gap: gap('PROBLEMS') },
    options,
  )
  followRepairs(reader, context, options, { tell: (told) => take(to.repair(told)), gap: gap('REMEDIATIONS') })
}
