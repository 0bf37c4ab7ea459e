/** What repairs have left in the cluster: our cordon, taints and marks of a node, and the Leases of the fleet. */
import { type KubeClient, type KubeNode, KubeStatusError, type NodePatch, planRepairsOff, taintMarks } from '#kube'

/** Who cleans, and whether it only says so. */
interface Cleaning {
  readonly client: KubeClient
  readonly dryRun: boolean
}

/** Leases of ours bear it, and name the attempt that they are held for (services/remediator/lease). */
const SELECTOR = 'app.kubernetes.io/part-of=node-doctor'
const ATTEMPT = 'node-doctor.io/attempt'

/** A node changes with each word of its kubelet, and is patched as it was seen. */
const TRIES = 5

/** The node as it is, and what takes ours off it. */
async function takeOff(
  name: string,
  { client, dryRun }: Cleaning,
): Promise<readonly [KubeNode, NodePatch] | undefined> {
  for (let left = TRIES; ; left--) {
    const node = await client.getNode(name)
    const patch = planRepairsOff(node)
    if (patch === undefined) return undefined
    try {
      if (!dryRun) await client.patchNode(name, patch)
      return [node, patch]
    } catch (err) {
      if (left <= 1 || !(err instanceof KubeStatusError) || err.refusal.status !== 409) throw err
    }
  }
}

/**
 * Takes cordon and taints of ours off a node, and their marks. Whether the node is well again is for whoever asks.
 * @returns what was taken away, for people; "": nothing of ours stood there
 * @throws as the client
 */
export async function cleanRepairs(listed: KubeNode, cleaning: Cleaning): Promise<string> {
  if (planRepairsOff(listed) === undefined) return ''
  const [node, patch] = (await takeOff(listed.metadata.name, cleaning)) ?? []
  if (node === undefined || patch === undefined) return ''
  const { spec = {}, metadata } = patch
  const taints = spec.taints === undefined ? [] : taintMarks(node)
  const taken = [
    ...(spec.unschedulable === null ? ['our cordon'] : []),
    ...(taints.length === 0 ? [] : [`${taints.length} taints (${taints.join(', ')})`]),
  ]
  return taken.length > 0 ? taken.join(' and ') : `${Object.keys(metadata.annotations ?? {}).length} marks of repairs`
}

/**
 * Deletes the Leases by which nodes wait for one another.
 * @returns their names
 * @throws as the client
 */
export async function cleanLeases(namespace: string, { client, dryRun }: Cleaning): Promise<string[]> {
  const leases = await client.listLeases(namespace, { selector: SELECTOR })
  const ours = leases.filter(({ metadata }) => metadata.annotations?.[ATTEMPT] !== undefined)
  const names = ours.map(({ metadata }) => metadata.name).sort()
  if (!dryRun) for (const name of names) await client.deleteLease(namespace, name)
  return names
}
