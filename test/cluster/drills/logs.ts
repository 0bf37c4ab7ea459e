/** The log monitor and the plug-ins of a node: real lines and programs, each to its condition and events on the node. */
import { until } from '../../compose/exec.ts'
import { clear, shellInside } from '../agent.ts'
import {
  check,
  checkNothingDoubled,
  checkNothingLeft,
  conditionOf,
  eventsOf,
  ourEvents,
  untilReady,
} from '../cluster.ts'
import { type Drill, type DrillContext, seconds } from '../drill.ts'
import { install, uninstall } from '../helm.ts'
import { onNode } from '../hooks.ts'

const VALUES = 'test/cluster/values/logs.yaml'
const LOG = '/var/log/node-doctor-drill.log'
const ARRIVES_MS = 60_000
/** One line is one write: that is how the kernel takes it. */
const say = (node: string, line: string): string => onNode(node, `echo '${line}' > /dev/kmsg`)

async function untilStatus(node: string, type: string, status: string): Promise<string> {
  const found = await until(`${type}=${status} on ${node}`, ARRIVES_MS, () => {
    const one = conditionOf(node, type)
    return one?.status === status && one
  })
  return `${type}=${status} ${found.reason}: ${found.message}`
}

/** Each reason was told once since, in this order, by a file of node-problem-detector. */
async function untilTold(node: string, source: string, reasons: readonly string[]): Promise<void> {
  await until(`events ${reasons.join(', ')} of ${source} on ${node}`, ARRIVES_MS, () => {
    const told = eventsOf(node, source).map(({ reason }) => reason)
    return reasons.every((reason) => told.includes(reason))
  })
}

/** The kernel says it of a file system that it is told to find broken: what a program writes itself is not the kernel's. */
async function kernelLine({ nodes, drillDir, say: tell }: DrillContext): Promise<void> {
  const node = nodes[0] ?? ''
  const device = onNode(node, `basename $(findmnt -n -o SOURCE ${drillDir})`).trim()
  say(node, `EXT4-fs error (device of-a-program): no line of the kernel`)
  const beganMs = performance.now()
  // A node that is a container has /sys read-only.
  onNode(node, `unshare --mount sh -c 'mount -o remount,rw /sys; echo 1 > /sys/fs/ext4/${device}/trigger_fs_error'`)
  const said = await untilStatus(node, 'FilesystemDamaged', 'True')
  tell(`${seconds(beganMs)} after the kernel said it: ${said}`)
  check('it is of that disk alone', said.includes(device) && !said.includes('of-a-program'))
  await until('its event', ARRIVES_MS, () =>
    ourEvents(node).find(({ reason }) => reason === 'Ext4Corrupted' || reason === 'FilesystemDamaged'),
  )
  // Of one kernel, where nodes share it.
  for (const one of nodes)
    if (conditionOf(one, 'FilesystemDamaged')?.status === 'True') clear(one, 'FilesystemDamaged', 'the drill broke it')
  await untilStatus(node, 'FilesystemDamaged', 'False')
  tell('a person said that it is over, and so says the node')
}

async function npdKernelLine({ nodes, say: tell }: DrillContext): Promise<void> {
  const node = nodes[0] ?? ''
  await untilStatus(node, 'DrillKernelStuck', 'False')
  const mark = `m${Date.now()}`
  const beganMs = performance.now()
  say(node, `drill: the kernel sneezed ${mark}`)
  say(node, `drill: the kernel stands ${mark}`)
  const said = await untilStatus(node, 'DrillKernelStuck', 'True')
  tell(`${seconds(beganMs)} after the line: ${said}`)
  check('the message is the line', said.includes(mark))
  await untilTold(node, 'drill-kernel', ['DrillKernelSneezed', 'DrillKernelStands'])
  for (const one of nodes)
    if (conditionOf(one, 'DrillKernelStuck')?.status === 'True') clear(one, 'DrillKernelStuck', 'the drill wrote it')
  await untilStatus(node, 'DrillKernelStuck', 'False')
}

async function ownRule(context: DrillContext, type: string, write: (line: string) => void): Promise<void> {
  const node = context.nodes[0] ?? ''
  const beganMs = performance.now()
  write('pump is broken')
  const said = await untilStatus(node, type, 'True')
  context.say(`${seconds(beganMs)} after the line: ${said}`)
  write('pump is well')
  context.say(`and its end: ${await untilStatus(node, type, 'False')}`)
}

async function plugInFile({ nodes, say: tell }: DrillContext): Promise<void> {
  const node = nodes[0] ?? ''
  tell(await untilStatus(node, 'DrillPluginProblem', 'False'))
  const beganMs = performance.now()
  shellInside(node, 'custom-plugin', 'touch /tmp/drill-sick')
  const sick = await untilStatus(node, 'DrillPluginProblem', 'True')
  tell(`${seconds(beganMs)} after it was sick: ${sick}`)
  check('the plug-in is not root', sick.includes('says user 65107'))
  shellInside(node, 'custom-plugin', 'rm /tmp/drill-sick')
  await untilStatus(node, 'DrillPluginProblem', 'False')
  await untilTold(node, 'drill-plugin', ['DrillPluginIsSick', 'DrillPluginCoughed', 'DrillPluginIsWell'])
}

export const logs: Drill = {
  name: 'logs',
  needs: ['HELM', 'NODE_SHELL'],
  async run(context) {
    const { nodes, image, say: tell } = context
    const node = nodes[0] ?? ''
    for (const one of nodes) onNode(one, `rm -rf /run/node-doctor /var/lib/node-doctor/* ${LOG}`)
    install(image, VALUES)
    try {
      await untilReady(nodes)
      await kernelLine(context)
      await npdKernelLine(context)
      await ownRule(context, 'DrillFileBroken', (line) => onNode(node, `echo 'drill: ${line}' >> ${LOG}`))
      await ownRule(context, 'DrillJournalBroken', (line) => onNode(node, `logger -t node-doctor-drill '${line}'`))
      await plugInFile(context)
      checkNothingDoubled(node)
      check(`nothing of ours was refused on ${node}`, conditionOf(node, 'MonitorRefused')?.status !== 'True')
    } finally {
      uninstall()
      for (const one of nodes) onNode(one, `rm -f ${LOG}`)
    }
    for (const one of nodes) checkNothingLeft(one)
    tell('every node is as it was before')
  },
}
