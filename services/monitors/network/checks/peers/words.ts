/** Findings that all three conditions of peers have in common. Pure. */
import type { Finding } from '#monitor-kit'
import { type Unobserved, unknownFinding } from '#monitor-kit/evaluate'
import { standOf } from '../../probing/standing.ts'
import { pendingFinding, unjudged } from '../../probing/words.ts'
import { type Doubt, isProblem, LIMITS } from './memory.ts'

/** What a condition is about, and what this round says of it. */
export interface About {
  readonly type: string
  readonly entity: string
  readonly message: string
}

/** The condition stays as it was. */
export function staysFinding(about: About, reason: string): Finding {
  return { ...about, health: 'healthy', pending: true, reason }
}

/**
 * The finding of rounds that are no problem, or not yet; undefined: it is one.
 * @param healthyReason of a round that went well
 * @param why this machine could not ask, each
 * @param least so many different peers make a problem
 */
export function soFar(
  about: About,
  doubt: Doubt,
  healthyReason: string,
  why: readonly string[],
  least?: number,
): Finding | undefined {
  switch (standOf(doubt.standing, LIMITS)) {
    case 'late':
      return unknownFinding(about.type, unjudged(why), about.entity)
    case 'waiting':
      return pendingFinding(about, doubt.standing)
    case 'lasting':
      return pendingFinding(about, doubt.standing, LIMITS.needed)
    case 'failed':
      return isProblem(doubt, least) ? undefined : tooFew(about, doubt.peers.length)
    default:
      return { ...about, health: 'healthy', reason: healthyReason }
  }
}

function tooFew(about: About, count: number): Finding {
  const who = count === 1 ? '1 peer alone' : `${count} peers alone`
  const message = `${about.message}: ${who}, which says nothing of this node`
  return staysFinding({ ...about, message }, count === 1 ? 'OnePeerAlone' : 'FewPeersAlone')
}

/** Nothing could be seen at all. */
export function unseen({ type, entity }: About, why: Unobserved): Finding {
  return unknownFinding(type, why, entity)
}

/** "10.0.0.1, 10.0.0.2 and 3 more". */
export function named(addresses: readonly string[]): string {
  const [first, second, ...more] = addresses
  const two = [first, second].filter((one) => one !== undefined).join(', ')
  return more.length === 0 ? two : `${two} and ${more.length} more`
}

/** The middle one of some; NaN of none. */
export function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
