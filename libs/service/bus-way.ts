/** How the services of a process get to the bus, which is said by whoever starts it: what is not named is no part of its bundle. */
import type { BusDoor, EndOptions } from '#bus'
import type { Clock } from '#clock'
import type { NodeDoctorConfig } from '#config'
import { BuslessError } from './errors.ts'
import { createServerDoor } from './server-bus.ts'
import type { Logger } from './types.ts'

/** What there is of a process before its services. */
export interface BusSurroundings<Full = NodeDoctorConfig> {
  readonly config: Full
  readonly clock: Clock
  readonly log: Logger
}

/** Makes what gives each service its way to the bus. */
export type BusWay<Full = NodeDoctorConfig> = (around: BusSurroundings<Full>) => Promise<(end: EndOptions) => BusDoor>

/** A nats-server: the detector's own, or one elsewhere. */
export const serverBus: BusWay = ({ config }) =>
  Promise.resolve((end) =>
    createServerDoor({
      ...end,
      config,
      lanes: { 'exporters.external': config.exporters.external.map(({ name }) => name) },
    }),
  )

/** In the memory of this process: its services are the whole set of a node. */
export const memoryBus: BusWay = async ({ clock, log }) => {
  const { createMemoryBus } = await import('#bus/memory')
  return createMemoryBus(clock, log).door
}

/** None: a service that asks for it is refused (BuslessError). */
export function closedDoor({ name }: EndOptions): BusDoor {
  const refuse = () => Promise.reject(new BuslessError(name))
  return { open: refuse, own: refuse }
}

/** Of services that meet others over their sockets alone, as monitors do. */
export const noBus: BusWay<unknown> = () => Promise.resolve(closedDoor)
