/**
 * Samples that are more than one message may hold, as several, each with what is said of its names. Listeners keep each
 * sample by itself.
 */
import { MetricBatch } from '#proto/nodedoctor/v1/types.ts'
import { MAX_PAYLOAD_BYTES } from './message-bytes.ts'

export interface MetricParts {
  /** Messages in order, each within the limit. */
  readonly parts: readonly Uint8Array[]
  /** Samples that are too large alone: no message could hold them. */
  readonly leftOut: number
}

export function metricParts(batch: MetricBatch, maxBytes: number = MAX_PAYLOAD_BYTES): MetricParts {
  const bytes = MetricBatch.encode(batch).finish()
  const { samples } = batch
  if (bytes.length <= maxBytes) return { parts: [bytes], leftOut: 0 }
  if (samples.length <= 1) return { parts: [], leftOut: samples.length }
  const half = Math.ceil(samples.length / 2)
  const halves = [samples.slice(0, half), samples.slice(half)].map((part) => {
    const names = new Set(part.map(({ name }) => name))
    const described = batch.described.filter(({ name }) => names.has(name))
    return metricParts({ ...batch, samples: part, described }, maxBytes)
  })
  return {
    parts: halves.flatMap(({ parts }) => parts),
    leftOut: halves.reduce((sum, { leftOut }) => sum + leftOut, 0),
  }
}
