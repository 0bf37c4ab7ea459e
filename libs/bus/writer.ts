/** The detector's half of the bus: it alone creates and writes. */
import { Event, Heartbeat, Problem } from '#proto/nodedoctor/v1/types.ts'
import type { ConnectedBus } from './connect.ts'
import { encoded } from './encoded.ts'
import { asking, keep } from './keep.ts'
import { CONSUMERS, type ConsumerLayout, SUBJECT_HEARTBEAT } from './layout.ts'
import { presentReaders } from './presence.ts'
import { eventsAfter, untakenEvents } from './read-events.ts'
import { standingOf } from './standing.ts'
import { createStateWrites, type StateWrites } from './state-writes.ts'
import { type EnsuredStore, ensureStore, type WantedStore } from './store.ts'
import { eventSubject, problemSubject } from './subjects.ts'
import { tellMetrics } from './tell-metrics.ts'
import type { BusWriter } from './types.ts'
import { unkept } from './unkept.ts'

/** Stands for the store as a whole among what takes nothing. */
const STORE = 'store'

/** @throws what keeps the store from being made ready, which is its trouble from then on */
async function makeReady(bus: ConnectedBus, state: StateWrites, wanted: WantedStore): Promise<EnsuredStore> {
  try {
    const store = await ensureStore(asking(bus, 'preparing the store'), wanted, bus.log)
    state.ready(store)
    bus.trouble.succeeded(STORE)
    return store
  } catch (err) {
    bus.trouble.failed(STORE, bus.clock.monotonicMs())
    throw err
  }
}

/** Dropped while disconnected. */
function whileConnected<T>(bus: ConnectedBus, what: string, act: () => T): T | undefined {
  return bus.state === 'connected' ? unkept(bus.log, what, act) : undefined
}

/**
 * What the detector writes to the bus. Only one at a time may write to a store.
 * @param consumers who reads it; default those of the table, without lanes
 */
export function createBusWriter(bus: ConnectedBus, consumers: readonly ConsumerLayout[] = CONSUMERS): BusWriter {
  const state = createStateWrites(bus)
  const present = async () => presentReaders(bus.connection('counting readers'))
  return {
    async ensureStore(identity) {
      const { meta, fresh } = await makeReady(bus, state, { ...identity, consumers })
      return { meta, fresh }
    },
    readBack: state.readBack,
    put: state.put,
    remove: state.remove,
    async publishProblem(value) {
      const what = `telling problem ${value.fingerprint}`
      const bytes = encoded(() => Problem.encode(value).finish(), what)
      await keep(bus, { subject: problemSubject(value), bytes, what })
    },
    async publishEvent(value) {
      const what = `telling event ${value.id}`
      const bytes = encoded(() => Event.encode(value).finish(), what)
      return keep(bus, { subject: eventSubject(value), bytes, what })
    },
    otherClients: async () => (await present()).size,
    presentReaders: present,
    untakenEvents: (limit) => untakenEvents(bus, limit),
    standingOf: async (stream) => standingOf(asking(bus, `reading ${stream}`), stream),
    eventsAfter: (stream, after, each) => eventsAfter(bus, { stream, after }, each),
    publishMetrics: (value) => whileConnected(bus, 'metrics', () => tellMetrics(bus, value)) ?? 0,
    publishHeartbeat: (value) =>
      whileConnected(bus, 'heartbeat', () =>
        bus.connection('publishing the heartbeat').publish(SUBJECT_HEARTBEAT, Heartbeat.encode(value).finish()),
      ),
  }
}
