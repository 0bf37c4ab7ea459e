/** What a `network-dns-check` keeps from round to round. Pure. */
import type { ConditionKey } from '#model'
import { NO_STANDING, type Standing } from '../../probing/standing.ts'
import type { SideKind } from './questions.ts'

/** How long a nameserver usually takes. */
export interface Pace {
  /** Of each round the middle one of its answers, in milliseconds, the oldest first. */
  readonly roundsMs: readonly number[]
  /** That it takes longer than usual was told, and is so still. */
  readonly isTold: boolean
}

export interface DnsMemory {
  /** By protocol and nameserver. */
  readonly ways: ReadonlyMap<string, Standing>
  /** By nameserver: rounds in which it was slow. */
  readonly slow: ReadonlyMap<string, Standing>
  readonly sides: ReadonlyMap<SideKind, Standing>
  /** By entity. */
  readonly failing: ReadonlyMap<string, Standing>
  readonly differing: ReadonlyMap<string, Standing>
  readonly search: Standing
  readonly paces: ReadonlyMap<string, Pace>
  /** Nameservers that have answered in this boot. */
  readonly answered: ReadonlySet<string>
  /** The node's resolv.conf has named somebody in this boot. */
  readonly hadServers: boolean
}

export const FIRST_DNS: DnsMemory = {
  ways: new Map(),
  slow: new Map(),
  sides: new Map(),
  failing: new Map(),
  differing: new Map(),
  search: NO_STANDING,
  paces: new Map(),
  answered: new Set(),
  hadServers: false,
}

export function serverEntity(server: string): string {
  return `dns:${server}`
}

/** A name as it is told: without its last dot; of another type than A with the type behind it. */
export function nameEntity({ name, type }: { readonly name: string; readonly type: string }): string {
  const plain = name.length > 1 ? name.replace(/\.$/, '') : name
  return `name:${plain}${type === 'A' ? '' : ` ${type}`}`
}

export function wayKey({ protocol, server }: { readonly protocol: string; readonly server: string }): string {
  return `${protocol} ${server}`
}

function without<Value>(map: ReadonlyMap<string, Value>, ...keys: readonly string[]): ReadonlyMap<string, Value> {
  return new Map([...map].filter(([key]) => !keys.includes(key)))
}

/** A person's word: what must last is counted anew. */
export function clearDns(memory: DnsMemory, { type, entity }: ConditionKey): DnsMemory {
  const server = entity.replace(/^dns:/, '')
  switch (type) {
    case 'ClusterDNSDown':
      return { ...memory, sides: new Map([...memory.sides].filter(([kind]) => kind !== 'cluster')) }
    case 'NodeDNSDown':
      return { ...memory, sides: new Map([...memory.sides].filter(([kind]) => kind !== 'node')) }
    case 'DNSServerUnhealthy': {
      const ways = without(memory.ways, ...['udp', 'tcp'].map((protocol) => wayKey({ protocol, server })))
      return { ...memory, ways, slow: without(memory.slow, server) }
    }
    case 'DNSNameFailing':
      return { ...memory, failing: without(memory.failing, entity) }
    case 'DNSAnswersDiffer':
      return { ...memory, differing: without(memory.differing, entity) }
    case 'DNSSearchSlow':
      return { ...memory, search: NO_STANDING }
    default:
      return memory
  }
}

/** More than any resolv.conf names; of one that is written anew all the time the last ones are known. */
const ANSWERED_MAX = 64

/** @param spoken those of this round */
export function rememberAnswered(before: ReadonlySet<string>, spoken: readonly string[]): ReadonlySet<string> {
  return new Set([...new Set([...spoken, ...before])].slice(0, ANSWERED_MAX))
}

/** What outlives the process. */
export function factsOf({ answered, hadServers }: DnsMemory): unknown {
  return { answered: [...answered], hadServers }
}

/** Nothing where it makes no sense. */
export function recallDns(facts: unknown): DnsMemory {
  const { answered, hadServers } = (facts ?? {}) as Record<string, unknown>
  const known = Array.isArray(answered) ? answered.filter((one) => typeof one === 'string') : []
  return { ...FIRST_DNS, answered: new Set(known), hadServers: hadServers === true }
}
