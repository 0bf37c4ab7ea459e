/** Processes and pods that come and go. */
import { tryRun, until } from '../../compose/exec.ts'
import {
  apply,
  check,
  checkNothingDoubled,
  checkSince,
  isReady,
  kubectl,
  NAMESPACE,
  nodeObject,
  ourConditions,
  ourEvents,
  podOf,
  sinceWhen,
  tryKubectl,
  untilReady,
  VOLATILE,
} from '../cluster.ts'
import { type Drill, pause, seconds } from '../drill.ts'
import { hook, onNode } from '../hooks.ts'
import { render } from '../manifests.ts'

export const killed: Drill = {
  name: 'killed',
  needs: ['NODE_SHELL'],
  async run({ nodes, say }) {
    const node = nodes[0] ?? ''
    const since = sinceWhen(node)
    for (const service of ['k8s-exporter', 'detector', 'system', 'http-exporter']) {
      const beganMs = performance.now()
      const restarts = () =>
        podOf(node)?.status.containerStatuses?.find(({ name }) => name === service)?.restartCount ?? 0
      const before = restarts()
      // The brackets keep the shell that says so from being found by it.
      onNode(node, `pkill -KILL -f '[/]opt/node-doctor/${service}.mjs'`)
      await until(`${service} started again`, 120_000, () => restarts() > before)
      await untilReady([node], 180_000)
      say(`${service} was killed and is ready again after ${seconds(beganMs)}`)
    }
    await pause(5000)
    checkSince(node, since)
    checkNothingDoubled(node)
    say('no since-when moved, nothing is told twice')
  },
}

export const kubelet: Drill = {
  name: 'kubelet',
  needs: ['NODE_SHELL'],
  async run({ nodes, say }) {
    const node = nodes[1] ?? nodes[0] ?? ''
    const since = sinceWhen(node)
    onNode(node, 'systemctl stop kubelet')
    try {
      await until(`${node} not ready`, 180_000, () => !isReady(node))
      check('our conditions stand beside it', ourConditions(node).has('NodeDoctorHealthy'))
      await pause(10_000)
    } finally {
      onNode(node, 'systemctl start kubelet')
    }
    const beganMs = performance.now()
    await until(`${node} ready`, 120_000, () => isReady(node))
    await untilReady([node], 120_000)
    checkSince(node, since)
    checkNothingDoubled(node)
    say(`the kubelet was stopped and started; ready ${seconds(beganMs)} after its start, no since-when moved`)
  },
}

export const upgrade: Drill = {
  name: 'upgrade',
  needs: ['NEXT_IMAGE'],
  async run({ nodes, overlay, say }) {
    const since = new Map(nodes.map((node) => [node, sinceWhen(node)]))
    const told = new Map(nodes.map((node) => [node, new Set(ourEvents(node).map(({ metadata }) => metadata.name))]))
    const beganMs = performance.now()
    apply(render(overlay, hook('NEXT_IMAGE')))
    kubectl('-n', NAMESPACE, 'rollout', 'status', 'daemonset/node-doctor', '--timeout=300s')
    await untilReady(nodes, 60_000)
    say(`rolled over to ${hook('NEXT_IMAGE')}, node after node, in ${seconds(beganMs)}`)
    await pause(8000)
    for (const node of nodes) {
      checkSince(node, since.get(node) ?? new Map())
      checkNothingDoubled(node)
      const news = ourEvents(node).filter(
        ({ metadata, type }) => type === 'Warning' && !told.get(node)?.has(metadata.name),
      )
      const worries = news.filter(({ reason }) => !VOLATILE.includes(reason))
      check(
        `the upgrade itself is no problem of ${node}: ${worries.map(({ reason }) => reason).join(', ')}`,
        worries.length === 0,
      )
    }
    say('nothing is doubled, no since-when moved, the upgrade itself was told as no problem')
  },
}

export const plugIn: Drill = {
  name: 'plug-in',
  needs: ['PLUGIN_IMAGE'],
  async run({ nodes, say }) {
    const beganMs = performance.now()
    apply(pluginDaemonSet(hook('PLUGIN_IMAGE')))
    const found = await until('the condition of the plug-in on every node', 120_000, () => {
      const all = nodes.map((node) => [...ourConditions(node).values()].find(({ type }) => type.startsWith('Foreign')))
      return all.every((one) => one !== undefined) && all
    })
    say(
      `a plug-in of another DaemonSet is on the nodes after ${seconds(beganMs)}: ${found[0]?.type}=${found[0]?.status} ${found[0]?.message}`,
    )
    kubectl('-n', NAMESPACE, 'delete', 'daemonset', 'drill-plugin', '--wait=true')
    await until('its death on the nodes', 120_000, () =>
      nodes.every((node) => ourConditions(node).get('MonitorUnreachable')?.status === 'True'),
    )
    say('taken away again, it is MonitorUnreachable, and its condition Unknown')
  },
}

function pluginDaemonSet(image: string): string {
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
          env: [{ name: SOCKET, value: /plugins/drill.sock }]
          volumeMounts: [{ name: plugins, mountPath: /plugins }]
      volumes:
        - { name: plugins, hostPath: { path: /run/node-doctor/monitors/drill, type: DirectoryOrCreate } }
`
}

/** The last change before the end reaches the API server: seen when a pod is deleted while something changes. */
export const lastWord: Drill = {
  name: 'last-word',
  needs: ['NODE_SHELL'],
  async run({ nodes, drillDir, say }) {
    const node = nodes[1] ?? nodes[0] ?? ''
    const pod = podOf(node)?.metadata.name ?? ''
    onNode(node, `fallocate -l $(( $(df --output=avail -B1 ${drillDir} | tail -1) * 99 / 100 )) ${drillDir}/full; sync`)
    try {
      // The check looks every two seconds; the pod is told to end in the same moment.
      await pause(2500)
      kubectl('-n', NAMESPACE, 'delete', 'pod', pod, '--wait=false')
      const beganMs = performance.now()
      await until('DiskFull=True', 30_000, () => ourConditions(node).get('DiskFull')?.status === 'True')
      say(`a disk that was full when the pod was told to end is on the node ${seconds(beganMs)} later`)
      await until('the pod replaced', 180_000, () => podOf(node)?.metadata.name !== pod && podOf(node) !== undefined)
      await untilReady([node], 120_000)
    } finally {
      onNode(node, `rm -f ${drillDir}/full; sync`)
    }
    await until('DiskFull=False', 60_000, () => ourConditions(node).get('DiskFull')?.status === 'False')
    checkNothingDoubled(node)
  },
}

export const uninstall: Drill = {
  name: 'uninstall',
  needs: [],
  async run({ nodes, overlay, image, say }) {
    apply(render('deploy/kustomize/cleanup', image))
    kubectl('-n', NAMESPACE, 'wait', '--for=condition=complete', 'job/node-doctor-cleanup', '--timeout=180s')
    say(kubectl('-n', NAMESPACE, 'logs', 'job/node-doctor-cleanup').trim())
    for (const node of nodes) {
      const { metadata } = nodeObject(node)
      check(
        `no annotation of ours is left on ${node}`,
        !Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith('node-doctor.io/')),
      )
      check(
        `no condition of ours is left on ${node}`,
        nodeObject(node).status.conditions.every(({ type }) =>
          ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'].includes(type),
        ),
      )
    }
    tryRun(['bash', '-c', `kubectl kustomize ${overlay} | kubectl delete --ignore-not-found --wait=true -f -`])
    tryKubectl('delete', '-k', 'deploy/kustomize/cleanup', '--ignore-not-found')
    say('every node is as it was before')
  },
}
