/** What a `network-peers` check keeps from round to round. Pure. */
import type { ConditionKey } from '#model'
import {
  extendStanding,
  NO_STANDING,
  type RoundOutcome,
  type Standing,
  type StandingLimits,
} from '../../probing/standing.ts'
import type { Path } from './peer.ts'

/** Two different draws. */
export const LIMITS: StandingLimits = { needed: 2, windowSize: 1, failureRatio: 2 }

/** Rounds that went badly, and because of whom. */
export interface Doubt {
  readonly standing: Standing
  /** Peers that were the reason, of all of these rounds in a row. */
  readonly peers: readonly string[]
}

/** Before the first round, and after a person's word. */
export const NO_DOUBT: Doubt = { standing: NO_STANDING, peers: [] }

/** Of one path. */
export interface PathMemory {
  readonly reach: Doubt
  readonly large: Doubt
  /** Somebody has answered by it in this boot. */
  readonly hasAnswered: boolean
  /** Addresses of a list that have answered this process. */
  readonly heard: ReadonlySet<string>
}

export interface PeersMemory {
  readonly paths: ReadonlyMap<Path, PathMemory>
  /** By the zone's name. */
  readonly slow: ReadonlyMap<string, Doubt>
}

export const FIRST_PATH: PathMemory = { reach: NO_DOUBT, large: NO_DOUBT, hasAnswered: false, heard: new Set() }
export const FIRST_PEERS: PeersMemory = { paths: new Map(), slow: new Map() }

export function pathEntity(path: Path): string {
  return `path:${path}`
}

/** Those of no zone have one together. */
export function zoneEntity(zone: string): string {
  return `zone:${zone === '' ? 'none' : zone}`
}

/** One round more. @param blamed of this round */
export function extendDoubt({ standing, peers }: Doubt, outcome: RoundOutcome, blamed: readonly string[]): Doubt {
  const next = extendStanding(standing, outcome, [], LIMITS)
  if (outcome === 'unjudged') return { standing: next, peers }
  // A few are enough to know that it was not one alone.
  const all = outcome === 'failed' ? [...new Set([...blamed, ...peers])].slice(0, 16) : []
  return { standing: next, peers: all }
}

/** What is left of a doubt once it is known who is a peer still: those who are gone were silent for that, and none left is no doubt. */
export function stillDoubted(doubt: Doubt, present: ReadonlySet<string> | undefined): Doubt {
  if (present === undefined || doubt.peers.length === 0) return doubt
  const peers = doubt.peers.filter((peer) => present.has(peer))
  return peers.length === 0 && !isProblem(doubt) ? NO_DOUBT : { ...doubt, peers }
}

/** It has lasted for long enough, and is not one peer's alone. @param least so many different peers, at least two */
export function isProblem({ standing, peers }: Doubt, least = 2): boolean {
  return standing.failed >= LIMITS.needed && peers.length >= Math.max(2, least)
}

/** A person's word: what must last is counted anew. */
export function clearPeers(memory: PeersMemory, { type, entity }: ConditionKey): PeersMemory {
  if (type === 'PeersSlow')
    return { ...memory, slow: new Map([...memory.slow].filter(([zone]) => zoneEntity(zone) !== entity)) }
  const part = { PeersUnreachable: 'reach', PathMTUBroken: 'large' }[type]
  if (part === undefined) return memory
  const cleared = (path: Path, one: PathMemory) => (pathEntity(path) === entity ? { ...one, [part]: NO_DOUBT } : one)
  return { ...memory, paths: new Map([...memory.paths].map(([path, one]) => [path, cleared(path, one)])) }
}

const PATHS: readonly Path[] = ['node', 'pod']

/** What outlives the process. */
export function factsOf({ paths }: PeersMemory): unknown {
  return { answered: PATHS.filter((path) => paths.get(path)?.hasAnswered === true) }
}

/** Nothing where it makes no sense. */
export function recallPeers(facts: unknown): PeersMemory {
  const { answered } = (facts ?? {}) as { answered?: unknown }
  const known = Array.isArray(answered) ? PATHS.filter((path) => answered.includes(path)) : []
  return { ...FIRST_PEERS, paths: new Map(known.map((path) => [path, { ...FIRST_PATH, hasAnswered: true }])) }
}
