/** All exporters from outside, over one end of the bus. Wiring only. */
import type { Bus } from '#bus'
import { createHost } from '#host'
import { followNode, type NodeFeed } from '#node-feed'
import { type Clock, readTold, type ServiceContext, startLoop } from '#service'
import type { ExternalExporterConfig } from './config.ts'
import { type OpenLane, openLane } from './lane/open.ts'
import { mayLeave } from './leave.ts'
import type { ExporterMetrics } from './metrics.ts'

/** Seen by time alone: the detector's silence, words that only count on, what nobody speaks of, an exporter that started again. */
const LOOK_MS = 5000
const METRICS_MS = 15_000
const LEAVE_LOOK_MS = 50

export interface Lanes {
  readonly bus: Bus
  readonly feed: NodeFeed
  readonly all: readonly OpenLane[]
  /** Rejects with what none of them foresees. */
  readonly working: Promise<unknown>
  /** Tells what is still on its way to those that take it, then leaves the bus. */
  end(): Promise<void>
}

/** The node as the bus has it; whoever is told of it hears of each change. */
function followFor(
  context: ServiceContext<ExternalExporterConfig>,
  reader: Parameters<typeof followNode>[0],
  onChange: () => void,
  signal: AbortSignal,
): NodeFeed {
  const changes = { anew: onChange, put: onChange, gone: onChange }
  const heard = {
    conditions: changes,
    monitors: { anew: onChange },
    problems: { anew: onChange },
    onVoice: onChange,
  }
  return followNode(reader, { clock: context.clock, ...heard }, signal)
}

/** Every container sees that of its kernel, wherever the host's files are. */
async function bootIdFor({ log }: ServiceContext<ExternalExporterConfig>): Promise<string> {
  try {
    return await createHost({ root: '' }).bootId()
  } catch (err) {
    log.warn('the boot id cannot be read; what external exporters are told is counted anew at each start', { err })
    return ''
  }
}

interface Ending extends Pick<Lanes, 'bus' | 'all'> {
  readonly clock: Clock
  /** When the bus last brought something, monotonic. */
  readonly lastNewsMs: () => number
}

async function untilQuiet({ clock, bus, all, lastNewsMs }: Ending): Promise<void> {
  const askedMs = clock.monotonicMs()
  for (;;) {
    const nowMs = clock.monotonicMs()
    const leaving = {
      sinceAskedMs: nowMs - askedMs,
      sinceNewsMs: nowMs - lastNewsMs(),
      isBusConnected: bus.state === 'connected',
      isSettled: all.every(({ lane }) => lane.state().pending === 0 || !lane.isOpen()),
    }
    if (mayLeave(leaving)) return
    await clock.sleep(LEAVE_LOOK_MS)
  }
}

/** @throws what kept it from beginning; nothing of it goes on then */
export async function openLanes(
  context: ServiceContext<ExternalExporterConfig>,
  metrics: ExporterMetrics,
): Promise<Lanes> {
  const { clock, log, config } = context
  const ending = new AbortController()
  const { signal } = ending
  const { bus, reader: openReader } = await context.bus.open()
  bus.onState(() => context.readinessChanged?.())
  const reader = openReader({ signal, onPoison: metrics.undecodable })
  let all: readonly OpenLane[] = []
  let lastNewsMs = clock.monotonicMs()
  const onNews = () => {
    lastNewsMs = clock.monotonicMs()
  }
  function changed(): void {
    onNews()
    for (const { conditions } of all) conditions.changed()
    context.readinessChanged?.()
  }
  const feed = followFor(context, reader, changed, signal)
  const bootId = await bootIdFor(context)
  // The file of one may hang for seconds: nobody else waits for it.
  const open = { context, bootId, metrics, reader, feed, onNews, signal }
  all = await Promise.all(config.external.map((entry) => openLane(entry, open)))
  for (const { conditions } of all) conditions.changed()
  metrics.read(new Map(all.map(({ entry, state }) => [entry.name, state])))

  const tellMetrics = async () => reader.publishMetrics(await readTold(context.metrics))
  // Who reads them need not wait for the next turn.
  bus.onState((state) => state === 'connected' && void tellMetrics())
  async function look(): Promise<void> {
    for (const one of all) one.look()
  }
  const loop = { signal, clock, log }
  const loops = [
    startLoop({ ...loop, name: 'look', intervalMs: LOOK_MS, run: look }),
    startLoop({ ...loop, name: 'metrics', intervalMs: METRICS_MS, run: tellMetrics }),
  ]
  const working = Promise.all([...all.map(({ ended }) => ended), ...loops.map(({ ended }) => ended)])

  return {
    bus,
    feed,
    all,
    working,
    async end() {
      await untilQuiet({ clock, bus, all, lastNewsMs: () => lastNewsMs })
      await tellMetrics()
      ending.abort()
      // What it failed of was told.
      await working.catch(() => undefined)
      await bus.close()
    },
  }
}
