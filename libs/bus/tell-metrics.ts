/** Samples told to whoever listens now; nothing keeps them. */
import type { MetricBatch } from '#proto/nodedoctor/v1/types.ts'
import type { ConnectedBus } from './connect.ts'
import { maxBytesOf } from './keep.ts'
import { metricParts } from './metric-parts.ts'
import { metricsSubject } from './subjects.ts'

/**
 * Under the batch's own name, in as many messages as it needs. @returns how many samples no message could hold
 * @throws BusUnavailableError, BusTokenError, or what the encoder says
 */
export function tellMetrics(bus: ConnectedBus, batch: MetricBatch): number {
  const connection = bus.connection('telling metrics')
  const subject = metricsSubject(batch.monitor)
  const { parts, leftOut } = metricParts(batch, maxBytesOf(connection))
  for (const part of parts) connection.publish(subject, part)
  return leftOut
}
