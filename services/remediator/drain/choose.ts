/** Which pods of a node `kubectl drain` moves: k8s.io/kubectl, pkg/drain/filters.go, with --ignore-daemonsets. Pure. */
import type { NodePod } from '#kube'

/** What may be moved although nobody makes it anew. */
export interface DrainFlags {
  /** Pods without a controller, as `--force`. */
  readonly isForced: boolean
  /** Pods whose data in emptyDir volumes goes with them, as `--delete-emptydir-data`. */
  readonly deletesEmptyDir: boolean
}

/** What becomes of the pods of a node. */
export interface Choice {
  readonly evict: readonly NodePod[]
  readonly stay: readonly NodePod[]
  /** Why nothing at all is to be evicted, in words, with the pods; none: it may begin. */
  readonly refusals: readonly string[]
}

/** Pods named in a sentence at most. */
const NAMED_MAX = 5
const ENDED = new Set(['Succeeded', 'Failed'])

/**
 * A DaemonSet's pods stay, since it would make them anew here, and so do those that the kubelet has from a file. What has ended may go
 * whatever else it is. Unlike kubectl it does not ask whether the DaemonSet is still there: where it is not, its pods are about to go.
 */
export function choosePods(pods: readonly NodePod[], flags: DrainFlags): Choice {
  const evict: NodePod[] = []
  const stay: NodePod[] = []
  const local: NodePod[] = []
  const unmanaged: NodePod[] = []
  for (const pod of pods) {
    const hasEnded = ENDED.has(pod.phase)
    if (pod.isMirror || (!hasEnded && isOfDaemonSet(pod))) stay.push(pod)
    else if (!hasEnded && pod.hasEmptyDir && !flags.deletesEmptyDir) local.push(pod)
    else if (!hasEnded && pod.controller === undefined && !flags.isForced) unmanaged.push(pod)
    else evict.push(pod)
  }
  const refusals = [
    ...(local.length === 0 ? [] : [`data in emptyDir volumes would be lost: ${nameAll(local)}`]),
    ...(unmanaged.length === 0 ? [] : [`nobody would make them anew: ${nameAll(unmanaged)}`]),
  ]
  return { evict, stay, refusals }
}

function isOfDaemonSet({ controller }: NodePod): boolean {
  return controller?.kind === 'DaemonSet' && controller.apiVersion === 'apps/v1'
}

/** "default/web-1" */
export function nameOf({ namespace, name }: Pick<NodePod, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

/** "default/a, default/b and 7 more" */
export function nameAll(pods: readonly Pick<NodePod, 'namespace' | 'name'>[]): string {
  const names = pods.map(nameOf).toSorted()
  const more = names.length - NAMED_MAX
  return `${names.slice(0, NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
