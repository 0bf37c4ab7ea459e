/** A real cluster as the drills see it: kubectl, the nodes' own shells, and what was written about a node. */
import { spawnSync } from 'node:child_process'
import { run, tryRun, until } from '../compose/exec.ts'

export const NAMESPACE = 'node-doctor'

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly lastHeartbeatTime: string
  readonly lastTransitionTime: string
}

export interface NodeObject {
  readonly metadata: { readonly name: string; readonly uid: string; readonly annotations?: Record<string, string> }
  readonly spec: {
    readonly unschedulable?: boolean
    readonly taints?: readonly { readonly key: string; readonly effect: string }[]
  }
  readonly status: { readonly conditions: readonly Condition[] }
}

export interface EventObject {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string; readonly resourceVersion: string }
  readonly involvedObject: {
    readonly kind: string
    readonly name: string
    readonly uid: string
    readonly apiVersion?: string
  }
  readonly reason: string
  readonly message: string
  readonly type: string
  readonly count: number
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly source: { readonly component: string }
  readonly reportingComponent: string
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly nodeName: string }
  readonly status: {
    readonly podIP?: string
    readonly containerStatuses?: readonly {
      readonly name: string
      readonly ready: boolean
      readonly restartCount: number
      readonly image: string
    }[]
  }
}

export function kubectl(...args: string[]): string {
  return run(['kubectl', '--request-timeout=20s', ...args])
}

export function tryKubectl(...args: string[]) {
  return tryRun(['kubectl', '--request-timeout=20s', ...args])
}

/** @throws with what kubectl said */
export function apply(manifest: string): string {
  const { status, stdout, stderr } = spawnSync('kubectl', ['apply', '--request-timeout=60s', '-f', '-'], {
    input: manifest,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`kubectl apply ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

function json<T>(...args: string[]): T {
  return JSON.parse(kubectl(...args, '-o', 'json')) as T
}

export function nodeNames(): string[] {
  return json<{ items: NodeObject[] }>('get', 'nodes').items.map(({ metadata }) => metadata.name)
}

export function nodeObject(name: string): NodeObject {
  return json<NodeObject>('get', 'node', name)
}

export function isReady(node: string): boolean {
  return nodeObject(node).status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** Conditions that Node Doctor wrote, by type. */
export function ourConditions(node: string): Map<string, Condition> {
  const { metadata, status } = nodeObject(node)
  const ours = new Set((metadata.annotations?.['node-doctor.io/conditions'] ?? '').split(/,\s*/))
  return new Map(status.conditions.filter(({ type }) => ours.has(type)).map((one) => [one.type, one]))
}

/** Events that Node Doctor sent about a node, oldest first. */
export function ourEvents(node: string): EventObject[] {
  const { items } = json<{ items: EventObject[] }>('get', 'events', '-n', 'default')
  return items
    .filter(
      ({ reportingComponent, involvedObject }) => reportingComponent === 'node-doctor' && involvedObject.name === node,
    )
    .toSorted(
      (a, b) =>
        // Times of creation are whole seconds; within one of them the version tells.
        a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp) ||
        Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion),
    )
}

/** Events about a node that a file of node-problem-detector is the source of, in the order in which they were. */
export function eventsOf(node: string, source: string): EventObject[] {
  const { items } = json<{ items: EventObject[] }>('get', 'events', '-n', 'default')
  return items
    .filter((one) => one.source.component === source && one.involvedObject.name === node)
    .toSorted((a, b) => a.firstTimestamp.localeCompare(b.firstTimestamp))
}

/** As a person does after node-problem-detector, which leaves its conditions on the node. */
export function dropConditions(node: string, types: readonly string[]): void {
  const conditions = types.map((type) => ({ type, $patch: 'delete' }))
  const patch = JSON.stringify({ status: { conditions } })
  kubectl('patch', 'node', node, '--subresource=status', '--type=strategic', '-p', patch)
}

export function conditionOf(node: string, type: string): Condition | undefined {
  return nodeObject(node).status.conditions.find((one) => one.type === type)
}

export function pods(): PodObject[] {
  return json<{ items: PodObject[] }>('get', 'pods', '-n', NAMESPACE).items
}

/** Pods of the agent's own DaemonSet, and of none beside it. */
const AGENT = /^node-doctor-[a-z0-9]+$/

export function podOf(node: string): PodObject | undefined {
  return pods().find(
    ({ spec, metadata }) =>
      spec.nodeName === node && metadata.deletionTimestamp === undefined && AGENT.test(metadata.name),
  )
}

/** Every container of every node's pod is ready. */
export function allReady(nodes: readonly string[]): boolean {
  return nodes.every((node) => {
    const statuses = podOf(node)?.status.containerStatuses ?? []
    return statuses.length > 0 && statuses.every(({ ready }) => ready)
  })
}

interface DaemonSetObject {
  readonly metadata: { readonly generation: number }
  readonly status: Readonly<
    Record<'observedGeneration' | 'desiredNumberScheduled' | 'updatedNumberScheduled', number | undefined>
  >
}

/** Every node has a pod of the newest template: of one that runs already the pods are replaced one by one. */
export function isRolledOut(): boolean {
  const { metadata, status } = json<DaemonSetObject>('get', 'daemonset', 'node-doctor', '-n', NAMESPACE)
  const { observedGeneration = 0, desiredNumberScheduled = 0, updatedNumberScheduled = 0 } = status
  return observedGeneration >= metadata.generation && updatedNumberScheduled === desiredNumberScheduled
}

export async function untilReady(nodes: readonly string[], ms = 120_000): Promise<void> {
  await until('every container of every pod ready', ms, () => allReady(nodes))
}

/** Of a check that a busy machine gave no time to answer: it says so, and goes on with its since-when. */
export function isUnanswered({ reason }: Condition): boolean {
  return reason === 'CheckTimedOut'
}

/** Since when each of our conditions has its status; the node as a whole goes with whatever is tried on it. */
export function sinceWhen(node: string, now = ourConditions(node)): Map<string, string> {
  return new Map(
    [...now]
      .filter(([type, condition]) => type !== 'NodeDoctorHealthy' && !isUnanswered(condition))
      .map(([type, { status, lastTransitionTime }]) => [type, `${status} since ${lastTransitionTime}`]),
  )
}

const KUBELETS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable']

/** Neither an annotation nor a condition of ours. */
export function checkNothingLeft(node: string): void {
  const { metadata, status } = nodeObject(node)
  const annotations = Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith('node-doctor.io/'))
  check(`no annotation of ours is left on ${node}: ${annotations.join(', ')}`, annotations.length === 0)
  const types = status.conditions.map(({ type }) => type).filter((type) => !KUBELETS.includes(type))
  check(`no condition of ours is left on ${node}: ${types.join(', ')}`, types.length === 0)
}

export function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`not so: ${what}`)
}

/** One fact is one event: no two say the same of the same time. */
export function checkNothingDoubled(node: string): void {
  const seen = new Set<string>()
  for (const { reason, message, firstTimestamp } of ourEvents(node)) {
    const fact = `${reason} ${message} ${firstTimestamp}`
    check(`"${fact}" is told once`, !seen.has(fact))
    seen.add(fact)
  }
}

/** What the drills and the load that they make move by themselves. */
export const VOLATILE: readonly string[] = [
  'DiskFull',
  'DiskSlow',
  'ClockUnsynchronised',
  'CPUPressure',
  'CPUPressureStall',
  'IOPressureStall',
  'ProcessesBlocked',
  'MonitorUnreachable',
  // Where kubelets are stopped and nodes are cut off.
  'APIServerAuthFailing',
  'APIServerSlow',
  'APIServerUnreachable',
  'KubeletConfigDrift',
  'KubeletCutOff',
  'KubeletRestarted',
  'KubeletSlow',
  'KubeletUnhealthy',
]

/** Since-when of what did not change. */
export function checkSince(node: string, before: ReadonlyMap<string, string>): void {
  for (const [type, text] of sinceWhen(node)) {
    if (VOLATILE.includes(type) || !before.has(type)) continue
    check(`${type} of ${node} is still "${before.get(type)}", not "${text}"`, before.get(type) === text)
  }
}
