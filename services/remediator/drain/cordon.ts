/** Our cordon of a node: it and the mark that it is ours are one patch, and nobody else's is ever taken off. Pure. */
import { CORDONED, cordonedBy, isCordonedByOthers, type KubeNode, type NodePatch, REBOOTING } from '#kube'

export { CORDONED, cordonedBy, isCordonedByOthers, REBOOTING } from '#kube'

/** What is to be done about a node's cordon. `nothing`: it is as it should be. */
export type CordonPlan =
  | { readonly kind: 'patch'; readonly patch: NodePatch }
  | { readonly kind: 'nothing'; readonly text: string }
  | { readonly kind: 'refused'; readonly text: string }

/**
 * Cordons it for this attempt. A cordon of an earlier attempt of ours is taken over. A mark without a cordon is what is left where a
 * person has uncordoned the node.
 */
export function planCordon(node: KubeNode, attempt: string): CordonPlan {
  if (isCordonedByOthers(node)) return { kind: 'refused', text: 'the node is cordoned, and not by us' }
  if (node.spec?.unschedulable === true && cordonedBy(node) === attempt)
    return { kind: 'nothing', text: 'the node is cordoned for this attempt already' }
  return {
    kind: 'patch',
    patch: { metadata: seen(node, attempt), spec: { unschedulable: true } },
  }
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
  const { annotations, ...metadata } = seen(node, null)
  const marks = node.metadata.annotations?.[REBOOTING] === undefined ? {} : { [REBOOTING]: null }
  return { kind: 'patch', patch: { metadata: { ...metadata, annotations: { ...annotations, ...marks } }, ...spec } }
}

/** Only this node, as it was seen, is meant. */
function seen({ metadata }: KubeNode, mark: string | null): NodePatch['metadata'] {
  return {
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    resourceVersion: metadata.resourceVersion ?? '',
    annotations: { [CORDONED]: mark },
  }
}
