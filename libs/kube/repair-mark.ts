/** What repairs have left on a node, and whose it is: our cordon and our taints, each with a mark that the same patch writes. Pure. */
import type { KubeNode, KubeTaint, NodePatch } from './nodes.ts'

/** The annotation that says whose cordon it is: the attempt. */
export const CORDONED = 'node-doctor.io/cordoned'

/** The annotation that says whose cordon the last attempt has taken over, the last one first, by commas: it stands again where that one came to nothing. */
export const CORDONED_BEFORE = 'node-doctor.io/cordoned-before'

/** The annotation that says which boot a reboot of ours was asked to end: its id. */
export const REBOOTING = 'node-doctor.io/rebooting'

/** The annotation that lists the taints that are ours: "example.org/gpu:NoSchedule", separated by commas. */
export const TAINTED = 'node-doctor.io/tainted'

/** What the server calls us: our User-Agent up to its first slash (k8s.io/apiserver, managerOrUserAgent). */
const MANAGER = 'node-doctor'

/** The attempt whose cordon it is; undefined: no mark of ours stands there. */
export function cordonedBy({ metadata }: KubeNode): string | undefined {
  return metadata.annotations?.[CORDONED]
}

/**
 * Somebody else has cordoned it: without our mark, or with a mark that is left of a cordon of ours which he has taken off before. The
 * server knows who wrote `spec.unschedulable` last; where it keeps no such account the mark alone is believed.
 */
export function isCordonedByOthers(node: KubeNode): boolean {
  if (node.spec?.unschedulable !== true) return false
  const writers = writersOf(node)
  return cordonedBy(node) === undefined || (writers.length > 0 && !writers.includes(MANAGER))
}

/** Names of those who wrote `spec.unschedulable`, as metadata.managedFields has them. */
function writersOf({ metadata }: KubeNode): string[] {
  return (metadata.managedFields ?? []).flatMap(({ manager, fieldsV1 }) => {
    const { 'f:spec': spec } = (fieldsV1 ?? {}) as { readonly 'f:spec'?: Readonly<Record<string, unknown>> }
    return spec?.['f:unschedulable'] === undefined ? [] : [manager ?? '']
  })
}

/** Controllers of Kubernetes own these, and take them off again. */
const RESERVED = /(?:^|\.)(?:kubernetes|k8s)\.io\//

/** Whether a taint of this key, or "key:Effect", is of Kubernetes itself: none of ours ever is. */
export function isReservedTaint(key: string): boolean {
  return RESERVED.test(key)
}

/**
 * Our taints of a node by its mark, as "key:Effect". Whoever may write nodes/status may write the mark, and no taint: what we never put
 * there is not believed.
 */
export function taintMarks({ metadata }: KubeNode): string[] {
  return (metadata.annotations?.[TAINTED] ?? '').split(',').filter((one) => one !== '' && !isReservedTaint(one))
}

/** "example.org/gpu:NoSchedule" */
export function taintId({ key, effect }: Pick<KubeTaint, 'key' | 'effect'>): string {
  return `${key}:${effect}`
}

/**
 * The patch that takes off all that repairs have left: our cordon, our taints, their marks, whatever is proven of the node. Of a node
 * that somebody else cordoned the mark alone. undefined: there is nothing of ours.
 */
export function planRepairsOff(node: KubeNode): NodePatch | undefined {
  const { metadata, spec = {} } = node
  const marks = [CORDONED, CORDONED_BEFORE, REBOOTING, TAINTED].filter(
    (key) => metadata.annotations?.[key] !== undefined,
  )
  if (marks.length === 0) return undefined
  const ours = new Set(taintMarks(node))
  const taints = (spec.taints ?? []) as readonly KubeTaint[]
  const others = taints.filter((taint) => !ours.has(taintId(taint)))
  const isOurCordon = spec.unschedulable === true && !isCordonedByOthers(node)
  const change = {
    ...(isOurCordon ? { unschedulable: null } : {}),
    ...(others.length < taints.length ? { taints: others.length === 0 ? null : others } : {}),
  }
  return {
    metadata: {
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      resourceVersion: metadata.resourceVersion ?? '',
      annotations: Object.fromEntries(marks.map((key) => [key, null])),
    },
    ...(Object.keys(change).length === 0 ? {} : { spec: change }),
  }
}
