/** A service's end of the bus, whatever the bus is made of. */
import type { Clock } from '#clock'
import type { Bus, BusLog, BusReader, BusWriter } from './types.ts'

/** How a service reads the bus. */
export interface ReaderOptions {
  /** Ends the reading. */
  readonly signal: AbortSignal
  /** Called for each message or value that could not be decoded. */
  readonly onPoison?: (where: string) => void
}

/** What a service has of the bus: its connection, and what goes over it. */
export interface BusEnd {
  readonly bus: Bus
  reader(options: ReaderOptions): BusReader
  /** The detector's alone: only one at a time may write to a store. */
  writer(): BusWriter
}

/** What is needed of whoever has an end. */
export interface EndOptions {
  /** The service's name, which is its account. */
  readonly name: string
  readonly log: BusLog
  /** What its readers and writer wait by. */
  readonly clock: Clock
}
