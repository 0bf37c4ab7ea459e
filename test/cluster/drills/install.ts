import { until } from '../../compose/exec.ts'
import { lanesOf } from '../agent.ts'
import { apply, check, isRolledOut, kubectl, nodeObject, ourConditions, untilReady, VOLATILE } from '../cluster.ts'
import { type Drill, seconds } from '../drill.ts'
import { hook, onNode } from '../hooks.ts'
import { render } from '../manifests.ts'

/** By default they stand on a node whether well or not (docs/configuration.md). */
const ALWAYS = [
  'DiskFull',
  'FilesystemReadOnly',
  'MemoryLow',
  'KubeletUnhealthy',
  'ContainerRuntimeUnhealthy',
  'NodeDNSDown',
  'APIServerUnreachable',
  'GPUHealthy',
]
const SUMMARY = 'NodeDoctorHealthy'
const KUBELET = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export const rollout: Drill = {
  name: 'rollout',
  needs: [],
  async run({ nodes, overlay, image, say }) {
    const before = new Map(nodes.map((node) => [node, nodeObject(node)]))
    // What an earlier drill left on the hosts: a disk that came and went often is damped for a while.
    if (hook('NODE_SHELL') !== '')
      for (const node of nodes) onNode(node, 'rm -rf /run/node-doctor /var/lib/node-doctor/*')
    const beganMs = performance.now()
    apply(render(overlay, image))
    await until('every pod of the newest template', 300_000, isRolledOut)
    await untilReady(nodes)
    say(`every container on ${nodes.length} nodes ready after ${seconds(beganMs)}`)
    for (const node of nodes) {
      const found = await until(`conditions on ${node}`, 30_000, () => {
        const ours = ourConditions(node)
        return ours.has('DiskFull') && ours.has(SUMMARY) && ours
      })
      for (const { type, lastTransitionTime, lastHeartbeatTime } of found.values()) {
        check(`${type} of ${node} has times`, Date.parse(lastTransitionTime) > 0 && Date.parse(lastHeartbeatTime) > 0)
        // A node that had it before keeps its since-when: the bus's store outlives an installation.
        check(`${type} of ${node} did not begin in the future`, Date.parse(lastTransitionTime) < Date.now() + 2000)
      }
      const refused = found.get('MonitorRefused')
      check(`no monitor of ours is refused on ${node}: ${refused?.message}`, refused?.status !== 'True')
      const beside = [...found.values()].filter(({ type }) => type !== SUMMARY && !ALWAYS.includes(type))
      // What the load of the roll-out moved, or hid for a while, stays for an hour after it is well.
      const moved = beside.length === 0 ? [] : lanesOf(node)
      const idle = beside.filter(
        ({ type, status }) => status === 'False' && !VOLATILE.includes(type) && !moved.includes(type),
      )
      check(
        `no room of ${node} is taken by what is well: ${idle.map(({ type }) => type).join(', ')}`,
        idle.length === 0,
      )
      for (const type of KUBELET) {
        const of = (all: ReturnType<typeof nodeObject> | undefined) =>
          all?.status.conditions.find((one) => one.type === type)
        check(
          `${type} of ${node} is the kubelet's`,
          of(nodeObject(node))?.lastTransitionTime === of(before.get(node))?.lastTransitionTime,
        )
      }
    }
    say(`${[...ourConditions(nodes[0] ?? '').keys()].join(', ')}; the kubelet's conditions are as they were`)
    kubectl('describe', 'node', nodes[0] ?? '')
  },
}
