/** What of ours stands on the node, and whether it may come off. Pure. */
import type { KubeNode } from '#kube'
import { NO_EXECUTE, taintsOfOurs } from '../acts/taint.ts'
import { cordonedBy, isCordonedByOthers } from '../drain/cordon.ts'
import { type SafetyState, strategyOf } from '../state/types.ts'

/** Strategies that leave something on the node until it is well. */
const LEAVING: ReadonlySet<string> = new Set(['cordon', 'drain', 'taint'])

/** What stands. */
export interface Ours {
  /** The attempt whose cordon it is; undefined: there is none of ours. */
  readonly cordon: string | undefined
  /** A person has uncordoned it, and our mark is left. */
  readonly isMarkLeft: boolean
  readonly hasTaints: boolean
  /** A taint of ours ends pods. */
  readonly endsPods: boolean
}

/** What the node says of it. */
export function oursOn(node: KubeNode): Ours {
  const isCordoned = node.spec?.unschedulable === true
  const by = cordonedBy(node)
  const taints = taintsOfOurs(node)
  return {
    cordon: isCordoned && !isCordonedByOthers(node) ? by : undefined,
    isMarkLeft: by !== undefined && !isCordoned,
    hasTaints: taints.length > 0,
    endsPods: taints.some(({ effect }) => effect === NO_EXECUTE),
  }
}

function isLeaving(key: string): boolean {
  return LEAVING.has(strategyOf(key))
}

/** Whether every problem for which something may have been left there is proven healthy now. Of what nobody remembers nothing is proven. */
export function isProvenWell({ ledgers: { act } }: SafetyState): boolean {
  const left = Object.values(act.problems).filter(({ acts }) => Object.keys(acts).some(isLeaving))
  return left.length > 0 && left.every(({ healthySinceMs }) => healthySinceMs !== undefined)
}
