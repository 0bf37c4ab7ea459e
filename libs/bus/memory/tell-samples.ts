import type { MetricBatch } from '#proto/nodedoctor/v1/types.ts'
import { MESSAGE_BYTES } from '../message-bytes.ts'
import { metricParts } from '../metric-parts.ts'
import type { MemoryStore } from './store.ts'

/**
 * Samples told to whoever listens now; nothing keeps them. @param to services, or all @returns how many samples no message
 * could hold: what is too large for the one bus is for the other
 */
export function tellSamples(store: MemoryStore, batch: MetricBatch, to: readonly string[] | 'all'): number {
  const { parts, leftOut } = metricParts(batch, MESSAGE_BYTES)
  for (const bytes of parts) store.post(() => store.samples.tell({ bytes, to }))
  return leftOut
}
