/** Our cordon of a node: it and the mark that it is ours are one patch, and nobody else's is ever taken off. Pure. */
import {
  CORDONED,
  CORDONED_BEFORE,
  cordonedBy,
  isCordonedByOthers,
  type KubeNode,
  type NodePatch,
  REBOOTING,
} from '#kube'

export { CORDONED, cordonedBy, isCordonedByOthers, REBOOTING } from '#kube'

/** What is to be done about a node's cordon. `nothing`: it is as it should be. */
export type CordonPlan =
  | { readonly kind: 'patch'; readonly patch: NodePatch }
  | { readonly kind: 'nothing'; readonly text: string }
  | { readonly kind: 'refused'; readonly text: string }

/** Attempts whose cordon was taken over that are remembered at most; the newest are. */
const BEFORE_MAX = 8

/** Attempts whose cordon was taken over, the last one first. */
function cordonsBefore({ metadata }: KubeNode): readonly string[] {
  return (metadata.annotations?.[CORDONED_BEFORE] ?? '').split(',').filter(Boolean)
}

/** For whom the node stands cordoned by the marks: the attempt that did it last, and those whose cordon it took over. */
export function cordonedFor(node: KubeNode): readonly string[] {
  const by = cordonedBy(node)
  return by === undefined ? [] : [by, ...cordonsBefore(node)]
}

/**
 * Cordons it for this attempt. A cordon of an earlier attempt of ours is taken over, and noted: it is what {@link planUndo} leaves, and stays
 * until that one's problem is well, too. A mark without a cordon is what is left where a person has uncordoned the node.
 */
export function planCordon(node: KubeNode, attempt: string): CordonPlan {
  if (isCordonedByOthers(node)) return { kind: 'refused', text: 'the node is cordoned, and not by us' }
  const isCordoned = node.spec?.unschedulable === true
  const by = cordonedBy(node)
  if (isCordoned && by === attempt) return { kind: 'nothing', text: 'the node is cordoned for this attempt already' }
  const earlier = cordonedFor(node).filter((each) => each !== attempt)
  const before = isCordoned && earlier.length > 0 ? earlier.slice(0, BEFORE_MAX).join(',') : null
  return {
    kind: 'patch',
    patch: {
      metadata: seen(node, {
        [CORDONED]: attempt,
        ...(before === null ? without(node, CORDONED_BEFORE) : { [CORDONED_BEFORE]: before }),
      }),
      spec: { unschedulable: true },
    },
  }
}

/**
 * Takes back what {@link planCordon} did for this attempt: the cordon comes off, but where it stood before for another attempt of ours it
 * stays, and is that one's again.
 */
export function planUndo(node: KubeNode, attempt: string): CordonPlan {
  const [before, ...earlier] = cordonsBefore(node)
  const isOurs = node.spec?.unschedulable === true && !isCordonedByOthers(node) && cordonedBy(node) === attempt
  if (!isOurs || before === undefined) return planUncordon(node, attempt)
  const rest = earlier.length === 0 ? null : earlier.join(',')
  const marks = { [CORDONED]: before, [CORDONED_BEFORE]: rest, ...without(node, REBOOTING) }
  return { kind: 'patch', patch: { metadata: seen(node, marks) } }
}

/**
 * Takes our cordon off, and our marks with it: that of a reboot, too.
 * @param attempt only this attempt's; undefined: whichever is ours
 */
export function planUncordon(node: KubeNode, attempt?: string): CordonPlan {
  const by = cordonedBy(node)
  if (isCordonedByOthers(node)) return { kind: 'refused', text: 'the node is cordoned, and not by us' }
  if (by === undefined) return { kind: 'nothing', text: 'the node is not cordoned' }
  if (attempt !== undefined && by !== attempt)
    return { kind: 'refused', text: `the node is cordoned for attempt ${by}` }
  // Of a node that a person has uncordoned the mark goes alone, so that it does not make a later cordon of his ours.
  const spec = node.spec?.unschedulable === true ? { spec: { unschedulable: null } } : {}
  const marks = { [CORDONED]: null, ...without(node, CORDONED_BEFORE), ...without(node, REBOOTING) }
  return { kind: 'patch', patch: { metadata: seen(node, marks), ...spec } }
}

/** Takes a mark away, where it stands. */
function without({ metadata }: KubeNode, mark: string): Record<string, null> {
  return metadata.annotations?.[mark] === undefined ? {} : { [mark]: null }
}

/** Only this node, as it was seen, is meant. */
function seen({ metadata }: KubeNode, annotations: Record<string, string | null>): NodePatch['metadata'] {
  return {
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    resourceVersion: metadata.resourceVersion ?? '',
    annotations,
  }
}
