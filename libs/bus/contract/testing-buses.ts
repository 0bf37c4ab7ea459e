/** Both kinds of bus, each as a test takes it: what is promised holds of either. */
import { systemClock } from '#clock'
import { createMemoryBus } from '../memory/memory-bus.ts'
import { createBusReader } from '../reader.ts'
import { quietLog } from '../testing.ts'
import { abortable, connectedDetector, IDENTITY, start } from '../testing-readers.ts'
import type { BusLog, BusReader, BusWriter } from '../types.ts'
import { createBusWriter } from '../writer.ts'

/** A bus of one kind, for one test. */
export interface AnyBus {
  /** Of a store that was made ready. */
  writer(): Promise<BusWriter>
  /** Of one that was not. */
  earlyWriter(): Promise<BusWriter>
  reader(options?: { service?: string; log?: BusLog; signal?: AbortSignal }): BusReader
}

async function ready(writer: BusWriter): Promise<BusWriter> {
  await writer.ensureStore(IDENTITY)
  return writer
}

async function ofServer(): Promise<AnyBus> {
  const bus = await start({ lanes: { 'exporters.external': ['quick', 'slow'] } })
  const earlyWriter = async () => createBusWriter(await connectedDetector(bus), bus.consumers)
  return {
    earlyWriter,
    writer: async () => ready(await earlyWriter()),
    reader: ({ service = 'http-exporter', log, signal = abortable() } = {}) =>
      createBusReader(bus.consumer(service, log), { signal }),
  }
}

function inMemory(): Promise<AnyBus> {
  const clock = systemClock()
  const bus = createMemoryBus(clock, quietLog)
  const earlyWriter = () => Promise.resolve(bus.open({ name: 'detector', log: quietLog, clock }).writer())
  return Promise.resolve({
    earlyWriter,
    writer: async () => ready(await earlyWriter()),
    reader: ({ service = 'http-exporter', log = quietLog, signal = abortable() } = {}) =>
      bus.open({ name: service, log, clock }).reader({ signal }),
  })
}

/** The kinds of bus that there are. */
export const BUSES = [
  { kind: 'nats-server', open: ofServer },
  { kind: 'memory', open: inMemory },
] as const
