/** Leaves that people write on the node, each written down once. */
import type { Problem, Remediation } from '#model'
import type { LadderRung } from '#remedies'
import { approvalId } from '../gates/approval-id.ts'
import { openingOf } from '../know/truth.ts'
import type { SafetyState } from '../state/types.ts'

/** Who says so: anybody who may annotate the node. */
export const BY_ANNOTATION = 'annotation of the node'
/** A leave is for so long, and for one act. */
export const APPROVED_MS = 3_600_000
/** Ids that were taken off again are remembered so many at most. */
const LEFT_MAX = 64

type Approved = Extract<Remediation, { readonly kind: 'approved' }>

/** What is known when it is asked. */
export interface Around {
  /** Ids that stand on the node now. */
  readonly ids: readonly string[]
  readonly state: SafetyState
  readonly problems: Iterable<Problem>
  readonly ladderOf: (problem: Problem) => readonly LadderRung[]
}

/** Leaves as they come. */
export interface AnnotatedApprovals {
  /** Those that are to be written down now; each is given once, and again where it was taken off the node and put there anew. */
  due(around: Around): readonly Approved[]
}

/** Remembers in memory what stands; over a restart the journal's approvals tell what was written before. */
export function createAnnotatedApprovals(): AnnotatedApprovals {
  const taken = new Set<string>()
  const left = new Set<string>()

  function dueOf(id: string, { state, problems, ladderOf }: Around): Approved | undefined {
    const isKnown = state.approvals.some((each) => each.id === id && each.by === BY_ANNOTATION)
    if (isKnown && !left.has(id)) {
      taken.add(id)
      return undefined
    }
    for (const problem of problems) {
      const opening = openingOf(problem)
      if (ladderOf(problem).every(({ act }) => approvalId(opening, act) !== id)) continue
      taken.add(id)
      return { kind: 'approved', id, by: BY_ANNOTATION, opening, forMs: APPROVED_MS }
    }
    return undefined
  }

  return {
    due(around) {
      for (const id of taken) {
        if (around.ids.includes(id)) continue
        taken.delete(id)
        left.add(id)
        const [oldest] = left
        if (left.size > LEFT_MAX && oldest !== undefined) left.delete(oldest)
      }
      return around.ids.filter((id) => !taken.has(id)).flatMap((id) => dueOf(id, around) ?? [])
    },
  }
}
