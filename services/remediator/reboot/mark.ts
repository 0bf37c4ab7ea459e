/** The mark on the node that a reboot was asked for, and in which boot. Pure. */
import type { KubeNode } from '#kube'
import { type CordonPlan, cordonedBy, isCordonedByOthers, REBOOTING } from '../drain/cordon.ts'

/**
 * Puts it there, where the node is still cordoned for this attempt: whoever has uncordoned it a moment ago was faster, and nothing is
 * asked. It comes off with the cordon.
 */
export function planRebooting(node: KubeNode, attempt: string, bootId: string): CordonPlan {
  const { uid, resourceVersion = '', annotations = {} } = node.metadata
  const isOurs = node.spec?.unschedulable === true && cordonedBy(node) === attempt && !isCordonedByOthers(node)
  if (!isOurs) return { kind: 'refused', text: 'the node is not cordoned for this attempt any more' }
  if (annotations[REBOOTING] === bootId) return { kind: 'nothing', text: 'the node says so already' }
  return {
    kind: 'patch',
    patch: {
      metadata: {
        ...(uid === undefined ? {} : { uid }),
        resourceVersion,
        annotations: { [REBOOTING]: bootId },
      },
    },
  }
}
