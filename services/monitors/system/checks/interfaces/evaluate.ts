/** Rates from counters. Pure. */

import type { MetricSample } from '#model'
import { growth } from '#monitor-kit/evaluate'
import type { InterfaceCounters, InterfacesReading } from './source.ts'

/** What one check keeps for the next. */
export interface InterfacesMemory {
  readonly monoMs: number
  readonly counters: ReadonlyMap<string, InterfaceCounters>
}

export interface InterfacesVerdict {
  readonly memory: InterfacesMemory
  readonly metrics: readonly MetricSample[]
}

export function evaluateInterfaces(
  reading: InterfacesReading,
  monoMs: number,
  memory: InterfacesMemory | undefined,
): InterfacesVerdict {
  const next = { monoMs, counters: reading }
  const seconds = memory === undefined ? 0 : (monoMs - memory.monoMs) / 1000
  if (memory === undefined || seconds <= 0) return { memory: next, metrics: [] }
  const metrics: MetricSample[] = []
  for (const [name, now] of reading) {
    const before = memory.counters.get(name)
    const received = growth(before?.receivedBytes, now.receivedBytes)
    const sent = growth(before?.sentBytes, now.sentBytes)
    if (received === undefined || sent === undefined) continue
    const labels = { interface: name }
    metrics.push({ name: 'network_received_bytes_per_second', labels, value: received / seconds })
    metrics.push({ name: 'network_sent_bytes_per_second', labels, value: sent / seconds })
  }
  return { memory: next, metrics }
}
