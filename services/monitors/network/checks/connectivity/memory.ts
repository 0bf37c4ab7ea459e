/** What a `network-connectivity-check` keeps from round to round. Pure. */
import type { ConditionKey } from '#model'
import { NO_STANDING, type Standing } from '../../probing/standing.ts'

export interface EndpointMemory {
  readonly reachable: Standing
  readonly slow: Standing
}

/** By the endpoint's name. */
export type ConnectivityMemory = ReadonlyMap<string, EndpointMemory>

export const FIRST_ENDPOINT: EndpointMemory = { reachable: NO_STANDING, slow: NO_STANDING }

export function endpointEntity(name: string): string {
  return `endpoint:${name}`
}

/** A person's word: what must last is counted anew. */
export function clearConnectivity(memory: ConnectivityMemory, { type, entity }: ConditionKey): ConnectivityMemory {
  const parts: Readonly<Record<string, Partial<EndpointMemory>>> = {
    EndpointUnreachable: { reachable: NO_STANDING },
    EndpointSlow: { slow: NO_STANDING },
  }
  return new Map(
    [...memory].map(([name, one]) => [name, endpointEntity(name) === entity ? { ...one, ...parts[type] } : one]),
  )
}
