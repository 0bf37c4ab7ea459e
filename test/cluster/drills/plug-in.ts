/** A plug-in of another DaemonSet: joined, on the node under a name of its own, taken away, forgotten. */
import { until } from '../../compose/exec.ts'
import { forget, statusOf } from '../agent.ts'
import { apply, check, kubectl, NAMESPACE, nodeObject, ourConditions, podOf, untilReady } from '../cluster.ts'
import { type Drill, pause, seconds } from '../drill.ts'
import { hook, onNode } from '../hooks.ts'

const NAME = 'drill'
const FOLDER = `/run/node-doctor/monitors/${NAME}`
/** Of a plug-in that no configuration names. */
const PREFIX = 'Plugin'

function daemonSet(image: string): string {
  return `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: drill-plugin, namespace: ${NAMESPACE} }
spec:
  selector: { matchLabels: { app: drill-plugin } }
  template:
    metadata: { labels: { app: drill-plugin } }
    spec:
      tolerations: [{ operator: Exists }]
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 2
      # Built like the reference one: root's, in the folder that the kubelet made for it.
      securityContext: { runAsUser: 0, runAsGroup: 0 }
      containers:
        - name: plugin
          image: ${image}
          imagePullPolicy: IfNotPresent
          env:
            - { name: SOCKET, value: /plugins/${NAME}.sock }
            - { name: ROOT, value: /plugins/root }
          volumeMounts: [{ name: plugins, mountPath: /plugins }]
      volumes:
        - { name: plugins, hostPath: { path: ${FOLDER}, type: DirectoryOrCreate } }
`
}

/** Said by it, or of it. */
function isOf({ sources, entity }: { readonly sources: readonly string[]; readonly entity: string }): boolean {
  return sources.includes(NAME) || entity === `monitor:${NAME}`
}

function healthOf(node: string): string {
  return statusOf(node).monitors.find(({ name }) => name === NAME)?.health ?? 'not there'
}

/** Types that it reports. */
function typesOf(node: string): string[] {
  return statusOf(node)
    .conditions.filter(({ monitor }) => monitor === NAME)
    .map(({ type }) => type)
}

/** How many of 100 requests for asynchronous I/O are in use below the root that it reads. */
const USED = { well: 10, problem: 95 } as const

function say(node: string, state: keyof typeof USED): void {
  const folder = `${FOLDER}/root/proc/sys/fs`
  const write = (name: string, value: number) => `echo ${value} > ${folder}/new && mv ${folder}/new ${folder}/${name}`
  onNode(node, `mkdir -p ${folder} && ${write('aio-max-nr', 100)} && ${write('aio-nr', USED[state])}`)
}

/** Deployed, alive on every node and well. @returns its condition type */
async function join(nodes: readonly string[]): Promise<string> {
  for (const node of nodes) say(node, 'well')
  apply(daemonSet(hook('PLUGIN_IMAGE')))
  await until('the plug-in alive on every node', 120_000, () => nodes.every((node) => healthOf(node) === 'alive'))
  return until('its condition', 60_000, () => typesOf(nodes[0] ?? '')[0])
}

async function takeAway(nodes: readonly string[]): Promise<void> {
  kubectl('-n', NAMESPACE, 'delete', 'daemonset', 'drill-plugin', '--wait=true')
  await until('its death on the nodes', 120_000, () =>
    nodes.every((node) => ourConditions(node).get('MonitorUnreachable')?.status === 'True'),
  )
}

function standing(node: string, types: readonly string[]): string[] {
  const all = nodeObject(node).status.conditions.map(({ type }) => type)
  return all.filter((type) => types.includes(type))
}

export const plugIn: Drill = {
  name: 'plug-in',
  needs: ['PLUGIN_IMAGE', 'NODE_SHELL'],
  async run({ nodes, say: tell }) {
    const node = nodes[0] ?? ''
    const beganMs = performance.now()
    const type = await join(nodes)
    const named = `${PREFIX}${type}`
    tell(`a plug-in of another DaemonSet is known on every node after ${seconds(beganMs)}: ${type}`)
    check('well, it takes no place on the node', standing(node, [type, named]).length === 0)
    say(node, 'problem')
    const sick = await until(`${named} on ${node}`, 90_000, () => ourConditions(node).get(named))
    check(`it is not there under its own name ${type}`, standing(node, [type]).length === 0)
    tell(`sick, it is on the node as ${sick.type}=${sick.status} ${sick.reason}: ${sick.message}`)
    const goneMs = performance.now()
    await takeAway(nodes)
    await until(`${named} Unknown`, 60_000, () => ourConditions(node).get(named)?.status === 'Unknown')
    tell(`taken away, it is MonitorUnreachable on every node after ${seconds(goneMs)}, and its condition Unknown`)
  },
}

export const forgotten: Drill = {
  name: 'forgotten',
  needs: ['PLUGIN_IMAGE', 'NODE_SHELL'],
  async run({ nodes, say: tell }) {
    const node = nodes[0] ?? ''
    if (nodes.some((one) => healthOf(one) === 'not there')) {
      const sick = await join(nodes)
      say(node, 'problem')
      await until('its problem', 90_000, () => statusOf(node).problems.some(({ type }) => type === sick))
      await takeAway(nodes)
    }
    const reported = typesOf(node)
    const types = [...reported, ...reported.map((type) => `${PREFIX}${type}`)]
    for (const one of nodes) tell(`${one}: ${forget(one, NAME).trim().replaceAll('\n', '; ')}`)
    const beganMs = performance.now()
    checkNothingKnown(node, types)
    await until('nothing of it on the nodes', 240_000, () =>
      nodes.every(
        (one) =>
          standing(one, types).length === 0 &&
          (ourConditions(one).get('MonitorUnreachable')?.status ?? 'False') === 'False',
      ),
    )
    tell(`nothing of it stands on a node ${seconds(beganMs)} after it was forgotten`)
    const old = podOf(node)?.metadata.name ?? ''
    kubectl('-n', NAMESPACE, 'delete', 'pod', old, '--wait=true', '--timeout=60s')
    await until('another pod', 120_000, () => podOf(node) !== undefined && podOf(node)?.metadata.name !== old)
    await untilReady([node])
    await pause(AWAITED_MS)
    checkNothingKnown(node, types)
    check('nothing of it came back to the node', standing(node, types).length === 0)
    tell('a new pod does not know it either')
  },
}

/** Longer than one that was found and did not come has after a start. */
const AWAITED_MS = 15_000

function checkNothingKnown(node: string, types: readonly string[]): void {
  const { monitors, conditions, problems } = statusOf(node)
  const left = [
    ...monitors.filter(({ name }) => name === NAME).map(() => 'the monitor'),
    ...conditions.filter(isOf).map(({ id }) => id),
    ...problems
      .filter(({ type, entity }) => types.includes(type) || entity === `monitor:${NAME}`)
      .map(({ summary }) => summary),
  ]
  check(`nothing of ${NAME} is known: ${left.join(', ')}`, left.length === 0)
}
