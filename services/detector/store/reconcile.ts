/**
 * A bus that was away when the detector began: its buckets hold keys of a life before that nobody has read back. What is
 * open there comes back as it would have at the start; every other key that the state does not know goes away.
 */
import { type Change, conditionKey, isOpen, type NodeState, type Problem } from '#model'

export interface Reconciliation {
  /** Open problems that the state does not know: they are taken over, unproven. */
  readonly restored: readonly Problem[]
  /** What makes the buckets hold no key that is not in the state. */
  readonly gone: readonly Change[]
}

function goneOf(state: NodeState, change: Change): Change | undefined {
  switch (change.kind) {
    case 'source': {
      const { monitor, type, entity } = change
      const isKnown = state.sources.has(`${monitor}\u0000${conditionKey(type, entity)}`)
      return isKnown ? undefined : { kind: 'source', monitor, type, entity, value: undefined, quiet: false }
    }
    case 'condition': {
      const { type, entity } = change
      const isKnown = state.conditions.has(conditionKey(type, entity))
      return isKnown ? undefined : { kind: 'condition', type, entity, value: undefined, quiet: false }
    }
    case 'monitor': {
      const { name } = change
      return state.monitors.has(name) ? undefined : { kind: 'monitor', name, value: undefined, quiet: false }
    }
    case 'problem': {
      const { fingerprint } = change.value
      const isKept = state.problems.has(fingerprint) || isOpen(change.value)
      return isKept ? undefined : { kind: 'problem-forgotten', fingerprint }
    }
    default:
      return undefined
  }
}

/** @param stored what the buckets hold (`changesOfStore`) */
export function reconcile(state: NodeState, stored: readonly Change[]): Reconciliation {
  return {
    restored: stored.flatMap((change) =>
      change.kind === 'problem' && isOpen(change.value) && !state.problems.has(change.value.fingerprint)
        ? [change.value]
        : [],
    ),
    gone: stored.flatMap((change) => goneOf(state, change) ?? []),
  }
}
