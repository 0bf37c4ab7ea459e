/** A problem of the bus, as gates are asked about it. Pure. */
import { isOpen, type NodeCondition, type Opening, type Problem, type ProblemSight } from '#model'
import type { Truth } from '../gates/types.ts'
import type { Look } from './looks.ts'

/** Which opening it is in. */
export function openingOf({ fingerprint, generation, opened }: Problem): Opening {
  return { fingerprint, generation, opened }
}

/** As it is now. */
export function sightOf(problem: Problem): ProblemSight {
  const { type, entity, subject, severity, reason, message, evidence, check, source } = problem
  return {
    opening: openingOf(problem),
    ...{ type, entity, severity, reason, message, check },
    monitor: source,
    ...(subject !== undefined && { subject }),
    ...(evidence !== undefined && { evidence }),
  }
}

/** What is known of the detector, and of this node. */
export interface Around {
  readonly heartbeatAgeMs: number | undefined
  /** How old the oldest change is that its bucket does not have, but for those of monitors in `behindMs`. */
  readonly waitingMs: number
  /** The same by monitor, of those whose own doing it is. */
  readonly behindMs: ReadonlyMap<string, number>
  readonly nodeUpMs: number
  readonly isGoingDown: boolean
}

/** What is known of one problem. */
export interface KnownProblem {
  readonly problem: Problem | undefined
  /** Of its type and entity, merged; undefined: of problems from events there is none. */
  readonly condition: NodeCondition | undefined
  readonly look: Look | undefined
}

/** A problem is as old as the oldest change of whoever tells of it; that another monitor says more than it may is nothing to it. */
function waitingFor(
  waitingMs: number,
  behindMs: ReadonlyMap<string, number>,
  tellers: ReadonlySet<string>,
): Pick<Truth, 'waitingMs' | 'waitsOf'> {
  const [worst] = [...behindMs].filter(([name]) => tellers.has(name)).toSorted(([, a], [, b]) => b - a)
  if (worst === undefined || worst[1] <= waitingMs) return { waitingMs }
  return { waitingMs: worst[1], waitsOf: worst[0] }
}

/**
 * Why nobody sees now how an open problem is: its condition is not one any more by what its sources say, and not proven well, as where its
 * check fails. undefined: it is seen, or was told by an event, which nobody sees twice.
 */
export function unseenOf({
  problem,
  condition,
}: Partial<Pick<KnownProblem, 'problem' | 'condition'>>): string | undefined {
  if (problem === undefined || problem.fromEvent || condition === undefined) return undefined
  return condition.health === 'problem' ? undefined : condition.reason
}

/** What gates are told of both. */
export function truthOf({ behindMs, ...of }: Around, { problem, condition, look }: KnownProblem): Truth {
  if (problem === undefined) return { ...of, problem: undefined }
  const around = {
    ...of,
    ...waitingFor(of.waitingMs, behindMs, new Set([problem.source, ...(condition?.sources ?? [])])),
  }
  return {
    ...around,
    problem: {
      sight: sightOf(problem),
      isOpen: isOpen(problem),
      isUnproven: problem.unproven,
      isFlapping: problem.flapping,
      held: condition?.held ?? '',
      unseen: unseenOf({ problem, condition }),
      isObserveOnly: problem.observeOnly ?? false,
      lookedAtMs: look?.atMs,
      intervalMs: look?.intervalMs,
    },
  }
}
