/**
 * The bus of services that live in one process: the same subjects, limits and order as on nats-server, in memory, and gone
 * with the process. What is written is encoded and what is read decoded, so that nobody holds what is another's.
 */
import type { Clock } from '#clock'
import { createBusState } from '../bus-state.ts'
import type { BusDoor, BusEnd, EndOptions } from '../end.ts'
import type { Bus, BusLog } from '../types.ts'
import { createMemoryReader } from './reader.ts'
import { createMemoryStore } from './store.ts'
import { createMemoryWriter } from './writer.ts'

/** Gives every service of the process its end. */
export interface MemoryBus {
  open(options: EndOptions): BusEnd
  /** A service's way to its end. */
  door(options: EndOptions): BusDoor
}

/** A bus without a server. Made once for a process; it needs no end, since it keeps nothing that outlives it. */
export function createMemoryBus(clock: Clock, log: BusLog): MemoryBus {
  const store = createMemoryStore(clock, log)
  function open(options: EndOptions): BusEnd {
    const bus = createEnd(options)
    return {
      bus,
      reader: (reading) => createMemoryReader(store, { ...options, ...reading, bus }),
      writer: () => createMemoryWriter(store, { ...options, bus }),
    }
  }
  return {
    open,
    door: (options) => ({
      open: () => Promise.resolve(open(options)),
      own: () => Promise.resolve({ ...open(options), server: undefined }),
    }),
  }
}

function createEnd({ log, clock }: EndOptions): Bus {
  const status = createBusState(log, clock)
  status.enter('connected')
  return {
    get state() {
      return status.state
    },
    get since() {
      return status.since
    },
    url: 'memory:',
    lastError: '',
    onState: status.onState,
    connected: status.connected,
    close() {
      status.enter('closed')
      return Promise.resolve()
    },
  }
}
