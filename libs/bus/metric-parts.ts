/** Samples that are more than one message may hold, as several. Listeners keep each sample by itself. */
import { MetricBatch } from '#proto/nodedoctor/v1/types.ts'
import { MAX_PAYLOAD_BYTES } from './server-config.ts'

/** Messages in order, each within `maxBytes`. A sample that is too large alone is left out: no message could hold it. */
export function metricParts(batch: MetricBatch, maxBytes: number = MAX_PAYLOAD_BYTES): Uint8Array[] {
  const bytes = MetricBatch.encode(batch).finish()
  if (bytes.length <= maxBytes) return [bytes]
  const { samples } = batch
  if (samples.length <= 1) return []
  const half = Math.ceil(samples.length / 2)
  return [samples.slice(0, half), samples.slice(half)].flatMap((part) =>
    metricParts({ ...batch, samples: part }, maxBytes),
  )
}
