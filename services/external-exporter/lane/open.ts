/** One exporter from outside, from its place in the configuration to what it is told. Wiring only. */
import { join } from 'node:path'
import type { BusReader } from '#bus'
import type { NodeFeed } from '#node-feed'
import type { ServiceContext } from '#service'
import type { ExternalEntry, ExternalExporterConfig } from '../config.ts'
import type { ExporterMetrics } from '../metrics.ts'
import { type ConditionTeller, createConditionTeller } from './conditions.ts'
import { consumeFacts } from './facts.ts'
import { openKept } from './kept.ts'
import { createLane, type Lane } from './lane.ts'
import { createPartner } from './partner.ts'
import { createPatience } from './patience.ts'

/** An exporter that is told. */
export interface OpenLane {
  readonly entry: ExternalEntry
  readonly lane: Lane
  readonly conditions: ConditionTeller
  /** What is seen by time alone: what changes without a word of the bus, and that another exporter is there. */
  look(): void
  /** Resolves when nothing more goes out. */
  readonly ended: Promise<void>
}

export interface OpenOptions {
  readonly context: ServiceContext<ExternalExporterConfig>
  /** Of the kernel that runs; "" where it does not say. */
  readonly bootId: string
  readonly metrics: ExporterMetrics
  readonly reader: BusReader
  readonly feed: NodeFeed
  readonly onNews: () => void
  readonly signal: AbortSignal
}

/** Reads what it was told, and tells it from now on. */
export async function openLane(entry: ExternalEntry, options: OpenOptions): Promise<OpenLane> {
  const { context, bootId, metrics, reader, feed, onNews, signal } = options
  const { clock, log, nodeName, stateDir } = context
  const { name, socketPath, timeoutMs, minSeverity, retryPolicy, healthCheck } = entry
  const keptFile = await openKept({ path: join(stateDir, context.name, `${name}.json`), bootId, log, clock })
  const own = { name, clock, log, signal }
  const partner = createPartner({ ...own, socketPath, timeoutMs, onMet: () => conditions.forget() })
  const patience = createPatience({ ...retryPolicy, errorThreshold: healthCheck.errorThreshold }, clock.monotonicMs)
  const onCall = (result: Parameters<typeof metrics.called>[1]) => metrics.called(name, result)
  const lane = createLane({ ...own, nodeName, partner, patience, keptFile, onCall })
  const conditions = createConditionTeller({ ...own, lane, keptFile, feed })
  const onMissed = (count: number) => metrics.missed(name, count)
  consumeFacts({ ...own, minSeverity, lane, keptFile, reader, onMissed, onNews })
  function look(): void {
    // On a quiet node nothing goes out by which it would be met.
    if (partner.isAnother()) conditions.forget()
    else conditions.changed()
  }
  return { entry, lane, conditions, look, ended: lane.ended.finally(partner.close) }
}
