/** What of a container runtime may go: nothing that runs, or that somebody may still want to look at. Pure. */
import type { PruneContainer, PruneImage, PruneSandbox } from '#cri/prune'

/** Of a pod's own: one whose sandbox is gone has none. */
function podOf({ podUid, sandboxId }: PruneContainer, sandboxes: ReadonlyMap<string, PruneSandbox>): string {
  return podUid || sandboxes.get(sandboxId)?.podUid || sandboxId
}

function isNewer(a: PruneContainer, b: PruneContainer): boolean {
  return a.createdNs === b.createdNs ? a.attempt > b.attempt : a.createdNs > b.createdNs
}

/**
 * Containers that have ended, but of a pod that lives the newest of each name, whose log and exit code people ask for. A pod lives while
 * its sandbox is ready, or one of its containers runs or is about to. The oldest first.
 */
export function deadContainers(
  containers: readonly PruneContainer[],
  sandboxList: readonly PruneSandbox[],
): readonly PruneContainer[] {
  const sandboxes = new Map(sandboxList.map((sandbox) => [sandbox.id, sandbox]))
  const live = new Set(sandboxList.filter(({ isReady }) => isReady).map(({ podUid, id }) => podUid || id))
  const newest = new Map<string, PruneContainer>()
  for (const container of containers) {
    const pod = podOf(container, sandboxes)
    if (container.state !== 'exited') live.add(pod)
    else {
      const key = `${pod} ${container.name}`
      const before = newest.get(key)
      if (before === undefined || isNewer(container, before)) newest.set(key, container)
    }
  }
  return containers
    .filter((container) => {
      if (container.state !== 'exited') return false
      const pod = podOf(container, sandboxes)
      return !live.has(pod) || newest.get(`${pod} ${container.name}`) !== container
    })
    .toSorted((a, b) => a.createdNs - b.createdNs)
}

/** "registry.k8s.io/pause:3.10", "docker.io/rancher/mirrored-pause:3.6": what every sandbox is made of. */
const PAUSE = /(?:^|[/-])pause(?:-[a-z0-9]+)?[:@]/

/**
 * Images that no container has, dead ones too, that are not pinned, and that no sandbox is made of. How old one is a runtime does not say:
 * the largest first.
 * @param sandboxImage as the runtime is configured; "" where it does not say
 */
export function unusedImages(
  images: readonly PruneImage[],
  containers: readonly PruneContainer[],
  sandboxImage: string,
): readonly PruneImage[] {
  const used = new Set(containers.flatMap((container) => container.images))
  const isUsed = ({ id, names }: PruneImage): boolean =>
    [id, ...names].some((name) => used.has(name) || name === sandboxImage || PAUSE.test(name))
  return images
    .filter((image) => image.id !== '' && !image.isPinned && !isUsed(image))
    .toSorted((a, b) => b.bytes - a.bytes)
}
