/** What series of samples are drawn for, and how often that may be looked up. */
import type { Clock } from '#service'
import type { SeriesUses } from '../history/query-series.ts'
import type { NodeState } from './node-state.ts'

/** Of the state, what says it. */
export type DrawnState = Pick<NodeState, 'evidence' | 'graphs'>

/** What series are drawn for: as the machine's graphs, and as evidence in its unit and beside the limit that comes first. */
export function usesOf(state: DrawnState): SeriesUses {
  const evidence = [...state.evidence()].map(
    ([key, { unit, warning, critical }]) => [key, { unit, limit: warning ?? critical }] as const,
  )
  return { evidence: new Map(evidence), graphs: state.graphs() }
}

/** Looking what is drawn for may take this share of the time at most: a plug-in sends samples as often as it likes. */
const USES_SHARE = 1 / 20

/** What series are drawn for, as it was a moment ago where looking again would cost too much. */
export function createUses(state: DrawnState, clock: Pick<Clock, 'monotonicMs'>): () => SeriesUses {
  let uses: SeriesUses | undefined
  let lookedMs = Number.NEGATIVE_INFINITY
  let costMs = 0
  return () => {
    const nowMs = clock.monotonicMs()
    if (uses !== undefined && nowMs - lookedMs < costMs / USES_SHARE) return uses
    uses = usesOf(state)
    lookedMs = nowMs
    costMs = clock.monotonicMs() - nowMs
    return uses
  }
}
