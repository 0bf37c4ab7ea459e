/** What a view is made from. */
import type { Liveness, MonitorState, NodeCondition, Problem } from '#model'
import type { ProblemRepairs } from './repairs.ts'
import type { NodeView } from './types.ts'

/** Resolved problems shown, the last first. */
export const RESOLVED_SHOWN = 20

/** What is known of a node, as the bus or the detector told it. */
export interface NodeFacts {
  readonly node: NodeView['node']
  readonly detector: Liveness
  readonly conditions: Iterable<NodeCondition>
  /** Open and resolved. */
  readonly problems: Iterable<Problem>
  readonly monitors: Iterable<MonitorState>
  readonly settings: NodeView['settings']
  readonly remediation: NodeView['remediation']
  /** What is known of repairs, by the fingerprint of the problem. Absent: nothing. */
  readonly repairs?: ReadonlyMap<string, ProblemRepairs>
}

/** What stands in the place of remediation where none is heard of. */
export const NO_REMEDIATION: NodeView['remediation'] = {
  running: false,
  text: 'No remediator runs on this node: nothing is repaired by itself.',
}
