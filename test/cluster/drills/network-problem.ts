/** deploy/demo/network-problem as its README says it: installed, a node cut off, both events and the condition afterwards. */
import { run, until } from '../../compose/exec.ts'
import { check, conditionOf, type EventObject, eventsOf, isReady, NAMESPACE, podOf } from '../cluster.ts'
import { type Drill, pause, seconds } from '../drill.ts'
import { uninstall } from '../helm.ts'
import { hook, onNode } from '../hooks.ts'

const DEMO = 'deploy/demo/network-problem'
const TYPE = 'NetworkProblem'
const CUT_SECONDS = 60
const BOTH = ['ApiServerUnreachable', 'ApiServerReachable']

/** A script of the demo. @param byShell by the node's own shell, not by a pod */
function script(image: string, byShell: boolean, ...argv: readonly string[]): string {
  const { NODE_SHELL: _, ...env } = process.env
  const shell = byShell ? { NODE_SHELL: hook('NODE_SHELL') } : {}
  const [name = '', ...args] = argv
  return run([`${DEMO}/${name}`, ...args], { ...env, ...shell, IMAGE: image, NAMESPACE, RELEASE: 'node-doctor' })
}

/** What is the same again raises a count, and has the time when it was last. */
function toldSince(node: string, sinceMs: number): EventObject[] {
  return eventsOf(node, 'network-monitor')
    .filter(({ lastTimestamp }) => Date.parse(lastTimestamp) >= sinceMs - 1000)
    .toSorted((a, b) => a.lastTimestamp.localeCompare(b.lastTimestamp))
}

/** What the API server heard of a cut, each with when it was and when that was heard. */
async function afterCut(node: string, cutMs: number): Promise<string> {
  const told = await until(`both events of ${node}`, 180_000, () => {
    const all = toldSince(node, cutMs)
    return all.length >= BOTH.length && all
  })
  const times = told.map(
    ({ reason, lastTimestamp, count, metadata }) =>
      `${reason} was ${lastTimestamp.slice(11)}, ${count === 1 ? `heard ${metadata.creationTimestamp.slice(11)}` : `${count} times`}`,
  )
  check(`both are told, in order: ${times.join('; ')}`, told.map(({ reason }) => reason).join() === BOTH.join())
  await until(`${TYPE}=False on ${node}`, 60_000, () => conditionOf(node, TYPE)?.status === 'False')
  return times.join('; ')
}

async function cut(node: string, image: string, byShell: boolean): Promise<string> {
  const beganMs = Date.now()
  script(image, byShell, 'chaos/apply', node, String(CUT_SECONDS))
  await until(`${node} not ready`, 60_000, () => !isReady(node))
  check('nobody can say otherwise meanwhile', conditionOf(node, TYPE)?.status === 'False')
  // By its shell the cut is ended by hand, well before its time.
  if (byShell) {
    await pause((CUT_SECONDS * 1000) / 3)
    script(image, byShell, 'chaos/heal', node)
  }
  const said = await afterCut(node, beganMs)
  if (!byShell) script(image, byShell, 'chaos/heal', node)
  const rules = onNode(node, 'iptables -S OUTPUT | grep -c node-doctor-demo || true').trim()
  check(`nothing of the cut is left on ${node}: ${rules} rules`, rules === '0')
  return said
}

export const networkProblem: Drill = {
  name: 'network-problem',
  needs: ['HELM', 'NODE_SHELL'],
  async run({ nodes, image, say }) {
    const node = nodes.at(-1) ?? ''
    for (const one of nodes) onNode(one, 'rm -rf /run/node-doctor /var/lib/node-doctor/*')
    const beganMs = performance.now()
    script(image, false, 'run')
    try {
      await until(`${TYPE} on every node`, 60_000, () =>
        nodes.every((one) => conditionOf(one, TYPE)?.status === 'False'),
      )
      say(`installed, with ${TYPE}=False on ${nodes.length} nodes, ${seconds(beganMs)}`)
      say(`cut by a pod: ${await cut(node, image, false)}`)
      say(`cut by its shell: ${await cut(node, image, true)}`)
      for (const line of script(image, false, 'show').trim().split('\n')) say(line)
      check('the pod is there', podOf(node) !== undefined)
    } finally {
      uninstall()
    }
  },
}
