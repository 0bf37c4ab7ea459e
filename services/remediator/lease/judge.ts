/** Whether the fleet can spare a node, by what was seen of its leases and nodes. Pure. */
import type { KubeLease, NodeRow } from '#kube'

/** What is seen of one lease: its version, and since when it has been that one, by the observer's own clock. */
export interface Sighting {
  readonly lease: KubeLease
  /** On a clock that no setting moves. The times in a lease are of other machines' clocks: nothing is made of them. */
  readonly sinceMs: number
}

/** What is known when it is asked. */
export interface LeaseSight {
  /** The node that would be taken. */
  readonly self: string
  /** By the number of the lease; undefined: it was never made. */
  readonly leases: readonly (Sighting | undefined)[]
  readonly nodes: readonly NodeRow[]
  /** How long a holder may say nothing. */
  readonly durationMs: number
  /** From 0 to 1: more than this of the fleet is not to be away. */
  readonly awayMax: number
  /** Of the same clock as the sightings. */
  readonly nowMs: number
}

/** What follows. `index`: which lease; `mine`: it is this node's already. */
export type LeaseWord =
  | { readonly kind: 'mine'; readonly index: number }
  | { readonly kind: 'free'; readonly index: number }
  | { readonly kind: 'held'; readonly text: string; readonly untilMs?: number | undefined }

/** Whose it is; "": nobody's. */
export function holderOf({ spec }: KubeLease): string {
  return spec.holderIdentity ?? ''
}

/** One's own lease, else one that is free; and none while too much of the fleet is away already. */
export function judgeLeases(sight: LeaseSight): LeaseWord {
  const mine = sight.leases.findIndex((seen) => seen !== undefined && holderOf(seen.lease) === sight.self)
  if (mine >= 0) return { kind: 'mine', index: mine }
  const away = awayOf(sight)
  if (away !== undefined) return { kind: 'held', text: away }
  const words = sight.leases.map((seen) => wordOf(seen, sight))
  const free = words.indexOf('free')
  if (free >= 0) return { kind: 'free', index: free }
  const held = words.filter((word) => word !== 'free')
  const untils = held.flatMap(({ untilMs }) => untilMs ?? [])
  return {
    kind: 'held',
    text: held.map(({ text }) => text).join('; '),
    ...(untils.length === 0 ? {} : { untilMs: Math.min(...untils) }),
  }
}

/** Others that are not Ready, or cordoned: what this node itself is does not keep it from being repaired. */
function awayOf({ self, nodes, awayMax }: LeaseSight): string | undefined {
  const away = nodes.filter(({ name, isReady, isCordoned }) => name !== self && (!isReady || isCordoned)).length
  if (away <= awayMax * nodes.length) return undefined
  return `${away} of ${nodes.length} nodes are not Ready or cordoned, and at most ${Math.round(awayMax * 100)} % may be`
}

type Held = { readonly text: string; readonly untilMs?: number }

/** A holder that is silent for long has it still while its node is there and not Ready: nobody knows what it is in the midst of. */
function wordOf(seen: Sighting | undefined, { nodes, durationMs, nowMs }: LeaseSight): 'free' | Held {
  if (seen === undefined) return 'free'
  const holder = holderOf(seen.lease)
  if (holder === '') return 'free'
  const untilMs = seen.sinceMs + Math.max(durationMs, (seen.lease.spec.leaseDurationSeconds ?? 0) * 1000)
  if (nowMs < untilMs) return { text: `${holder} has the lease ${seen.lease.metadata.name}`, untilMs }
  const node = nodes.find(({ name }) => name === holder)
  if (node === undefined || node.isReady) return 'free'
  return { text: `${holder} has the lease ${seen.lease.metadata.name}, says nothing, and is not Ready` }
}
