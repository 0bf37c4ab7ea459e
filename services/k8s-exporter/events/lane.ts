/** Facts of the bus to events of the API server: ledger, its file, sender, and what they take. Wiring only. */
import { join } from 'node:path'
import type { BusReader } from '#bus'
import type { KubeNode } from '#kube'
import type { ServiceContext } from '#service'
import { fromProtoEvent, fromProtoProblem } from '#wire'
import type { K8sExporterConfig } from '../config.ts'
import type { Lanes } from '../lanes.ts'
import type { ExporterMetrics } from '../metrics.ts'
import { createLedger } from './ledger.ts'
import { createEventSender, type EventSender } from './sender.ts'
import { createToldFile, readToldFile } from './told-file.ts'

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
  const path = join(context.stateDir, context.name, 'told.jsonl')
  const ledger = createLedger({
    nodeName,
    perMinute: kubernetes.events.maxEventsPerMinute,
    burst: kubernetes.events.burst,
    windowMs: kubernetes.events.deduplicationWindowMs,
    countEveryMs: kubernetes.updateIntervalMs,
  })
  ledger.apply(await readToldFile(path, log))
  const toldFile = createToldFile({ path, log, current: () => ledger.lines(clock.now().getTime()) })
  const sender = createEventSender({
    client: lanes.client,
    nodeName,
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
    minSeverity: kubernetes.events.minSeverity,
    onAction: metrics.event,
    signal,
  })
  let inHand = 0
  async function take(work: Promise<void>): Promise<void> {
    inHand++
    onNews()
    await work.finally(() => inHand--)
  }
  if (kubernetes.events.enabled) consumeFacts(options, sender, take)
  return {
    sender,
    get inHand() {
      return inHand
    },
    close: () => toldFile.close(),
  }
}

function consumeFacts(
  { context, reader, lanes, node, onNode, metrics, signal }: EventLaneOptions,
  sender: EventSender,
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
      sender.missed(stream, count)
    }
  }
  for (const stream of ['EVENTS', 'EVENTS_INFO'] as const) {
    reader.consume(
      stream,
      { message: (value) => take(sender.event(fromProtoEvent(value, clock.now()))), gap: gap(stream) },
      options,
    )
  }
  reader.consume(
    'PROBLEMS',
    { message: (value) => take(sender.problem(fromProtoProblem(value, clock.now()))), gap: gap('PROBLEMS') },
    options,
  )
}
