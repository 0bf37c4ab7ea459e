/** Processes and pods that come and go. */
import { deployedServices, SERVICES } from '#service-table'
import { tryRun, until } from '../../compose/exec.ts'
import {
  apply,
  check,
  checkNothingDoubled,
  checkNothingLeft,
  checkSince,
  isReady,
  kubectl,
  NAMESPACE,
  ourConditions,
  ourEvents,
  podOf,
  sinceWhen,
  tryKubectl,
  untilReady,
  VOLATILE,
} from '../cluster.ts'
import { AFTERMATH_MS, type Drill, pause, seconds } from '../drill.ts'
import { hook, onNode } from '../hooks.ts'
import { render } from '../manifests.ts'

/** The second kill comes when the first one's process is back, or nearly. */
const BETWEEN_KILLS_MS = 4000
/** The disk's check looks every two seconds; the pod is told to end in the moment after one look. */
const ONE_LOOK_MS = 2500

/** How often each event was told. */
function tellings(node: string): Map<string, number> {
  return new Map(ourEvents(node).map(({ metadata, count }) => [metadata.name, count]))
}

/** Reasons of what was told since, once for each time; without what the drills and their load move by themselves. */
function newsSince(node: string, before: ReadonlyMap<string, number>): string[] {
  return ourEvents(node)
    .filter(({ reason }) => !VOLATILE.includes(reason.replace(/Resolved$/, '')))
    .flatMap(({ metadata, reason, count }) => Array<string>(count - (before.get(metadata.name) ?? 0)).fill(reason))
}

export const killed: Drill = {
  name: 'killed',
  needs: ['NODE_SHELL'],
  async run({ nodes, say }) {
    const node = nodes[0] ?? ''
    const since = sinceWhen(node)
    for (const { name: service } of deployedServices(SERVICES)) {
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
    await pause(AFTERMATH_MS)
    checkSince(node, since)
    checkNothingDoubled(node)
    say('no since-when moved, nothing is told twice')
  },
}

/** Sooner than anybody would call it lost, although the kubelet waits before the second start. */
export const killedTwice: Drill = {
  name: 'killed-twice',
  needs: ['NODE_SHELL'],
  async run({ nodes, say }) {
    const node = nodes.at(-1) ?? ''
    const [since, before] = [sinceWhen(node), tellings(node)]
    const monitor = podOf(node)?.metadata.name
    const started = () =>
      podOf(node)?.status.containerStatuses?.find(({ name }) => name === 'system')?.restartCount ?? 0
    const restarts = started()
    const beganMs = performance.now()
    for (const time of [1, 2]) {
      onNode(node, "pkill -KILL -f '[/]opt/node-doctor/system.mjs'")
      if (time === 1) await pause(BETWEEN_KILLS_MS)
    }
    await until('started twice', 120_000, () => started() >= restarts + 2)
    await untilReady([node])
    const afterMs = performance.now() - beganMs
    await pause(AFTERMATH_MS)
    check('it is the same pod', podOf(node)?.metadata.name === monitor)
    checkSince(node, since)
    const told = newsSince(node, before).filter((text) => text.startsWith('MonitorUnreachable'))
    check(`nothing was lost or over: ${told.join('; ')}`, told.length === 0)
    say(
      `system was killed twice, ${BETWEEN_KILLS_MS / 1000} s apart, and is ready ${(afterMs / 1000).toFixed(1)} s later; no since-when moved`,
    )
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
      await pause(AFTERMATH_MS)
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
    const told = new Map(nodes.map((node) => [node, tellings(node)]))
    const beganMs = performance.now()
    apply(render(overlay, hook('NEXT_IMAGE')))
    kubectl('-n', NAMESPACE, 'rollout', 'status', 'daemonset/node-doctor', '--timeout=300s')
    await untilReady(nodes, 60_000)
    say(`rolled over to ${hook('NEXT_IMAGE')}, node after node, in ${seconds(beganMs)}`)
    await pause(AFTERMATH_MS)
    for (const node of nodes) {
      checkSince(node, since.get(node) ?? new Map())
      checkNothingDoubled(node)
      const news = newsSince(node, told.get(node) ?? new Map())
      check(`the upgrade is told of ${node} as one restart: ${news.join('; ')}`, news.join() === 'AgentRestarted')
    }
    say(
      'nothing is doubled, no since-when moved; the upgrade is one event on each node, AgentRestarted, and no problem',
    )
  },
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
      await pause(ONE_LOOK_MS)
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
    for (const node of nodes) checkNothingLeft(node)
    tryRun(['bash', '-c', `kubectl kustomize ${overlay} | kubectl delete --ignore-not-found --wait=true -f -`])
    tryKubectl('delete', '-k', 'deploy/kustomize/cleanup', '--ignore-not-found')
    say('every node is as it was before')
  },
}
