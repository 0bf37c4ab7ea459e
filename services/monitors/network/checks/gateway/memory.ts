/** What a `network-gateway-check` keeps from round to round. Pure. */
import type { IpFamily } from '#host'
import type { ConditionKey } from '#model'
import { NO_STANDING, type Standing } from '../../probing/standing.ts'

/** Of one that answered before in this boot, and does not now. */
export interface Silence {
  /** When its answers were missed first, on the monotonic clock. */
  readonly sinceMs: number
  /** It has confirmed its address since: it lives, and does not answer such questions any more. */
  readonly isProved: boolean
}

export interface GatewayMemory {
  /** Families of which there was a default route in this boot, with how often in a row there was none. */
  readonly routes: ReadonlyMap<IpFamily, Standing>
  readonly reachable: ReadonlyMap<string, Standing>
  readonly slow: ReadonlyMap<string, Standing>
  /** Interfaces over which the default route of IPv6 went, as it was seen last. */
  readonly overV6: readonly string[]
  /** Those of them on which router advertisements were not ignored then. */
  readonly heardV6: readonly string[]
  /** Gateways that have answered echo requests in this boot, or a datagram. */
  readonly answering: ReadonlySet<string>
  /** Those of them that do not answer now. A process that begins misses their answers anew. */
  readonly silences: ReadonlyMap<string, Silence>
}

export const FIRST_GATEWAY: GatewayMemory = {
  routes: new Map(),
  reachable: new Map(),
  slow: new Map(),
  overV6: [],
  heardV6: [],
  answering: new Set(),
  silences: new Map(),
}

export function routeEntity(family: IpFamily): string {
  return `route:${family}`
}

export function gatewayEntity(address: string): string {
  return `gateway:${address}`
}

function without<Value>(map: ReadonlyMap<string, Value>, entity: string): ReadonlyMap<string, Value> {
  return new Map([...map].filter(([address]) => gatewayEntity(address) !== entity))
}

/** A person's word: what must last is counted anew. */
export function clearGateway(memory: GatewayMemory, { type, entity }: ConditionKey): GatewayMemory {
  switch (type) {
    case 'DefaultRouteMissing':
      return {
        ...memory,
        routes: new Map(
          [...memory.routes].map(([family, one]) => [family, routeEntity(family) === entity ? NO_STANDING : one]),
        ),
      }
    case 'GatewayUnreachable':
      return { ...memory, reachable: without(memory.reachable, entity) }
    case 'GatewaySlow':
      return { ...memory, slow: without(memory.slow, entity) }
    default:
      return memory
  }
}

/** What outlives the process. */
export function factsOf({ routes, overV6, heardV6, answering }: GatewayMemory): unknown {
  return { routes: [...routes.keys()], overV6, heardV6, answering: [...answering] }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** Names of interfaces, and no paths. */
function interfacesIn(value: unknown): readonly string[] {
  return texts(value).filter((name) => /^[^\s/]{1,15}$/.test(name))
}

/** Nothing where it makes no sense. */
export function recallGateway(facts: unknown): GatewayMemory {
  const { routes, overV6, heardV6, answering } = (facts ?? {}) as Record<string, unknown>
  const families = texts(routes).filter((family): family is IpFamily => family === 'v4' || family === 'v6')
  return {
    ...FIRST_GATEWAY,
    routes: new Map(families.map((family) => [family, NO_STANDING])),
    overV6: interfacesIn(overV6),
    heardV6: interfacesIn(heardV6),
    answering: new Set(texts(answering)),
  }
}
