/** The monitor of GPUs in a pod of its own, on a node to which eight are played: what the node says of them, and who is missed where. */
import { until } from '../../compose/exec.ts'
import { clear, statusOf } from '../agent.ts'
import {
  apply,
  check,
  checkNothingLeft,
  conditionOf,
  kubectl,
  NAMESPACE,
  ourConditions,
  ourEvents,
  podOf,
  pods,
  tryKubectl,
  untilReady,
} from '../cluster.ts'
import { AFTERMATH_MS, type Drill, type DrillContext, pause, seconds } from '../drill.ts'
import { breakRuntime, giveGpus, play, playedGpu, takeGpus } from '../gpu-node.ts'
import { install, uninstall } from '../helm.ts'
import { onNode } from '../hooks.ts'

const VALUES = 'test/cluster/values/gpu.yaml'
const NAME = 'gpu'
const LABEL = 'accelerator'
const RUNTIME_CLASS = `
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: { name: nvidia }
handler: nvidia
`
const ARRIVES_MS = 180_000
const SICK = playedGpu(0)
const FALLEN = playedGpu(3)

type Tell = DrillContext['say']

function monitorOf(node: string) {
  return statusOf(node).monitors.find(({ name }) => name === NAME)
}

function gpuPodOf(node: string) {
  return pods().find(({ metadata, spec }) => metadata.name.startsWith('gpu-monitor-') && spec.nodeName === node)
}

async function untilStatus(node: string, type: string, status: string): Promise<string> {
  const found = await until(`${type}=${status} on ${node}`, ARRIVES_MS, () => {
    const one = conditionOf(node, type)
    if (one !== undefined && one.status !== status) throw new Error(`It is ${one.status} ${one.reason}: ${one.message}`)
    return one
  })
  return `${type}=${status} ${found.reason}: ${found.message}`
}

/** Nothing is wrong with that GPU by the node's summary of them; on nodes that share a kernel others' lines may be there. */
async function untilWell(node: string, subject: string): Promise<void> {
  await until(`GPUHealthy without ${subject}`, ARRIVES_MS, () => {
    const { status = 'Unknown', message = '' } = conditionOf(node, 'GPUHealthy') ?? {}
    return status === 'True' || (status === 'False' && !message.includes(`${subject}: `))
  })
}

/** It answers on the node with GPUs; on the others there is neither pod nor monitor, and nobody misses it. */
async function joined(node: string, others: readonly string[]): Promise<void> {
  await until('the monitor of GPUs alive', ARRIVES_MS, () => monitorOf(node)?.health === 'alive')
  await until('its word on eight GPUs', ARRIVES_MS, () => {
    const told = statusOf(node).conditions.filter(
      ({ type, health }) => type === 'GPUMemoryErrors' && health === 'healthy',
    )
    return told.length === 8
  })
  for (const other of others) {
    check(`${other} has no pod of it`, gpuPodOf(other) === undefined)
    check(`${other} knows of no such monitor`, monitorOf(other) === undefined)
    check(`${other} misses nobody`, ourConditions(other).get('MonitorUnreachable')?.status !== 'True')
  }
}

/** The driver asks for a reset of one: which, and what to do, stands on the node; the end of it, too. */
async function ecc(node: string, tell: Tell): Promise<void> {
  const beganMs = performance.now()
  play(node, 'ecc')
  const said = await untilStatus(node, 'GPUMemoryErrors', 'True')
  tell(`${seconds(beganMs)} after the driver knew it: ${said}`)
  check('it is of that GPU, by a name for people', said.includes(`${SICK.subject}: `) && !said.includes(SICK.entity))
  check('it says what to do', said.includes('to do: reset the device'))
  check('it says what proves it gone', said.includes('gone when: '))
  tell(await untilStatus(node, 'GPUHealthy', 'False'))
  play(node, 'idle')
  tell(await untilStatus(node, 'GPUMemoryErrors', 'False'))
  await untilWell(node, SICK.subject)
}

function problemOf(node: string, type: string, entity: string) {
  return statusOf(node).problems.find((one) => one.type === type && one.entity === entity)
}

/** What is told of that GPU, and of the monitor being missed; each with how often and when. */
function newsOf(node: string): string[] {
  return ourEvents(node)
    .filter(({ reason, message }) => message.includes(FALLEN.subject) || reason === 'MonitorUnreachable')
    .map(({ reason, message, count, lastTimestamp }) => `${reason} ${message} (${count}, ${lastTimestamp})`)
}

/** A line of the kernel; both pods come back and tell nothing anew, and a person ends it. */
async function xid(node: string, tell: Tell): Promise<void> {
  const mark = Date.now() % 1_000_000
  const beganMs = performance.now()
  const words = 'An uncorrectable double bit error (DBE) has been detected on GPU'
  onNode(node, `echo '<3>NVRM: Xid (PCI:${FALLEN.place}): 48, pid=${mark}, name=drill, ${words}.' > /dev/kmsg`)
  await until('the XID on the node', ARRIVES_MS, () =>
    conditionOf(node, 'GPUXidError')?.message.includes(`pid ${mark}`),
  )
  tell(`${seconds(beganMs)} after the line: ${await untilStatus(node, 'GPUXidError', 'True')}`)
  const told = newsOf(node)
  for (const pod of [gpuPodOf(node), podOf(node)]) {
    const { name = '', uid } = pod?.metadata ?? {}
    kubectl('-n', NAMESPACE, 'delete', 'pod', name, '--wait=true', '--timeout=60s')
    await until(`another pod than ${name}`, ARRIVES_MS, () =>
      [gpuPodOf(node), podOf(node)].every((one) => one !== undefined && one.metadata.uid !== uid),
    )
    await untilReady([node])
    await until('the monitor of GPUs alive', ARRIVES_MS, () => monitorOf(node)?.health === 'alive')
  }
  await pause(AFTERMATH_MS)
  check('it still stands', problemOf(node, 'GPUXidError', FALLEN.entity) !== undefined)
  const again = newsOf(node).filter((news) => !told.includes(news))
  check(`nothing of GPUs is told anew, and nobody missed: ${again.join('; ')}`, again.length === 0)
  clear(node, 'GPUXidError', 'board replaced', FALLEN.entity)
  await until('its end', ARRIVES_MS, () => problemOf(node, 'GPUXidError', FALLEN.entity) === undefined)
  await untilWell(node, FALLEN.subject)
  await until('a word of who ended it', ARRIVES_MS, () =>
    ourEvents(node).some(({ reason, message }) => reason === 'ProblemCleared' && message.includes('board replaced')),
  )
  tell('both pods were replaced, nothing was told anew, and a person ended it')
}

/** While the runtime makes no such container the agent runs, and says who is missing; not so on other nodes. */
async function broken(node: string, others: readonly string[], tell: Tell): Promise<void> {
  breakRuntime(node, true)
  const beganMs = performance.now()
  kubectl('-n', NAMESPACE, 'delete', 'pod', gpuPodOf(node)?.metadata.name ?? '', '--wait=true', '--timeout=60s')
  const said = await untilStatus(node, 'MonitorUnreachable', 'True')
  tell(`${seconds(beganMs)} after its pod ended, while the runtime makes none: ${said}`)
  for (const other of others)
    check(`${other} misses nobody`, ourConditions(other).get('MonitorUnreachable')?.status !== 'True')
  breakRuntime(node, false)
  // What the kubelet waits for between two tries grows with each.
  kubectl('-n', NAMESPACE, 'delete', 'pod', gpuPodOf(node)?.metadata.name ?? '', '--wait=true', '--timeout=60s')
  await untilStatus(node, 'MonitorUnreachable', 'False')
  await until('the monitor of GPUs alive', ARRIVES_MS, () => monitorOf(node)?.health === 'alive')
}

export const gpu: Drill = {
  name: 'gpu',
  needs: ['HELM', 'NODE_SHELL', 'GPU_NODE'],
  async run({ nodes, image, say: tell }) {
    const [node = '', ...others] = nodes
    for (const one of nodes) onNode(one, 'rm -rf /run/node-doctor /var/lib/node-doctor/*')
    giveGpus(node)
    try {
      apply(RUNTIME_CLASS)
      kubectl('label', 'node', node, `${LABEL}=nvidia`, '--overwrite')
      install(image, VALUES)
      const beganMs = performance.now()
      await untilReady(nodes)
      await joined(node, others)
      tell(`eight GPUs of ${node} are watched ${seconds(beganMs)} after the installation; other nodes are left alone`)
      await ecc(node, tell)
      await xid(node, tell)
      await broken(node, others, tell)
    } finally {
      uninstall()
      tryKubectl('label', 'node', node, `${LABEL}-`)
      tryKubectl('delete', 'runtimeclass', 'nvidia', '--ignore-not-found')
      takeGpus(node)
    }
    for (const one of nodes) checkNothingLeft(one)
    tell('every node is as it was before')
  },
}
