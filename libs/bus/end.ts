/** A service's end of the bus, whatever the bus is made of. */
import type { Clock } from '#clock'
import type { Bus, BusLog, BusReader, BusWriter } from './types.ts'
import type { WatchLimits } from './watch-server.ts'

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

/** How soon a server that hangs is seen and replaced; short in tests. */
export interface OwnOptions {
  readonly watch?: WatchLimits
  readonly pingIntervalMs?: number
  /** What it may take to end when it is asked. */
  readonly stopGraceMs?: number
}

/** The server that the detector runs, as much as is told of it. */
export interface OwnedServer {
  /** While it runs. */
  readonly pid: number | undefined
  /** How often it was started again. */
  readonly restarts: number
  /** Resolves when it is gone. Idempotent. */
  stop(): Promise<void>
}

/** The detector's end. */
export interface OwnedEnd extends BusEnd {
  /** Undefined where somebody else runs it, or the bus is in this process. */
  readonly server: OwnedServer | undefined
}

/** A service's way to the bus, which is not gone before it is asked for. */
export interface BusDoor {
  /** A reader's end. It connects by itself, and never gives up. */
  open(): Promise<BusEnd>
  /**
   * The detector's end: its writer owns the store. Rejects with BusLockTakenError, BusServerMissingError or BusServerFailedError
   * where its server cannot be started.
   */
  own(options?: OwnOptions): Promise<OwnedEnd>
}
