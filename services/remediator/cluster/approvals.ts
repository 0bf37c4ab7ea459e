/** Leaves that people write on the node, each written down once. */
import type { Opening, Problem, Remediation } from '#model'
import type { LadderRung } from '#remedies'
import { approvalId } from '../gates/approval-id.ts'
import { openingOf } from '../know/truth.ts'
import { BY_ANNOTATION, OFF_ANNOTATION, type SafetyState } from '../state/types.ts'

/** A leave is for so long, and for one act. */
export const APPROVED_MS = 3_600_000

type Approved = Extract<Remediation, { readonly kind: 'approved' }>

/** What is known when it is asked. */
export interface Around {
  /** Ids that stand on the node now. */
  readonly ids: readonly string[]
  /** Which journal it is. */
  readonly journal: string
  readonly state: Pick<SafetyState, 'annotated'>
  readonly problems: Iterable<Problem>
  readonly ladderOf: (problem: Problem) => readonly LadderRung[]
}

/** Leaves as they come. */
export interface AnnotatedApprovals {
  /**
   * Those that are to be written down now, and those that were taken off the node: an id is taken once for as long as it stands there,
   * over restarts and whoever approves the same by another way, and again where it was seen taken off between.
   */
  due(around: Around): readonly Approved[]
}

/** An opening of which nobody knows: of what is taken off alone the id counts. */
const NO_OPENING: Opening = { fingerprint: '', generation: 0, opened: new Date(0) }

/** @param journalMet the journal that has met the node before; of another one what stands there then is of an earlier one, and no leave */
export function createAnnotatedApprovals(journalMet: string): AnnotatedApprovals {
  let met = journalMet
  let lookedFor: { readonly ids: string; readonly problems: readonly Problem[] } | undefined

  /** Whether the same ids were looked for among the same problems, and found nowhere. */
  function isInVain(ids: string, problems: readonly Problem[]): boolean {
    const before = lookedFor
    lookedFor = { ids, problems }
    if (before?.ids !== ids || before.problems.length !== problems.length) return false
    return problems.every((problem, index) => problem === before.problems[index])
  }

  /** One pass over all, whatever is looked for. */
  function find(wanted: readonly string[], problems: readonly Problem[], { ladderOf }: Around): Approved[] {
    const left = new Set(wanted)
    return problems.flatMap((problem) => {
      const opening = openingOf(problem)
      return ladderOf(problem).flatMap(({ act }): Approved[] => {
        const id = approvalId(opening, act)
        return left.delete(id) ? [{ kind: 'approved', id, by: BY_ANNOTATION, opening, forMs: APPROVED_MS }] : []
      })
    })
  }

  return {
    due(around) {
      const { ids, journal, state, problems } = around
      const taken = new Set(state.annotated)
      const off = state.annotated.filter((id) => !ids.includes(id))
      const gone = off.map(
        (id): Approved => ({ kind: 'approved', id, by: OFF_ANNOTATION, opening: NO_OPENING, forMs: 0 }),
      )
      const wanted = ids.filter((id) => !taken.has(id))
      if (journal !== met) {
        met = journal
        // Written down as taken, and for no time.
        const old = wanted.map(
          (id): Approved => ({ kind: 'approved', id, by: BY_ANNOTATION, opening: NO_OPENING, forMs: 0 }),
        )
        return [...gone, ...old]
      }
      const all = [...problems]
      if (wanted.length === 0 || isInVain(wanted.join(), all)) return gone
      return [...gone, ...find(wanted, all, around)]
    },
  }
}
