/**
 * What the node's part of Kubernetes runs on, broken one by one: each fault is one problem, in words that name it, and is over by
 * proof. The node is asked by its page, since the API server is not reached in all of them, nor does the kubelet run.
 */
import { HANDLERS } from '#config'
import type { NodeView, ProblemView } from '#view'
import { until } from '../../compose/exec.ts'
import { PAGE_PORT } from '../agent.ts'
import { check, isReady, untilReady } from '../cluster.ts'
import { type Drill, pause, seconds } from '../drill.ts'
import { cut, cutKubelet, type HookName, heal, healKubelet, hook, onNode, plug, unplug } from '../hooks.ts'

/** Two checks in a row of 30 s each, of the kubelet's figures two minutes behind each other, and what they wait for. */
const OPENS_MS = 300_000
const CLOSES_MS = 240_000
/** In which would open what must not: two more checks of everything that depends on it. */
const ALONE_MS = 70_000
const OURS: readonly string[] = ['network', 'kubernetes']

interface Fault {
  readonly what: string
  readonly type: string
  /** What its words have to say. */
  readonly says: RegExp
  /** Left out where it is not given. */
  readonly needs?: HookName
  breakIt(node: string): void
  mendIt(node: string): void
}

const unit = (name: string, verb: string) => (node: string) => {
  onNode(node, `systemctl ${verb} ${name}`)
}

const signalTo = (name: string, signal: string) => (node: string) => {
  onNode(node, `kill -${signal} $(systemctl show -p MainPID --value ${name})`)
}

const FAULTS: readonly Fault[] = [
  {
    what: 'the kubelet stopped',
    type: 'KubeletUnhealthy',
    says: /refused at 127\.0\.0\.1:10248.*not listening/,
    breakIt: unit('kubelet', 'stop'),
    mendIt: unit('kubelet', 'start'),
  },
  {
    what: 'the kubelet hung',
    type: 'KubeletUnhealthy',
    says: /10248/,
    breakIt: signalTo('kubelet', 'STOP'),
    mendIt: signalTo('kubelet', 'CONT'),
  },
  {
    what: 'the container runtime stopped',
    type: 'ContainerRuntimeUnhealthy',
    says: /containerd/,
    breakIt: unit('containerd', 'stop'),
    mendIt: unit('containerd', 'start'),
  },
  {
    what: 'the container runtime hung',
    type: 'ContainerRuntimeUnhealthy',
    says: /containerd/,
    breakIt: signalTo('containerd', 'STOP'),
    mendIt: signalTo('containerd', 'CONT'),
  },
  {
    what: 'the node cut off from the API server',
    type: 'APIServerUnreachable',
    says: /.+/,
    breakIt: cut,
    mendIt: heal,
  },
  {
    what: 'the kubelet alone cut off from the API server',
    type: 'KubeletCutOff',
    says: /it has to ask the API server, and cannot/,
    needs: 'KUBELET_CUT',
    breakIt: cutKubelet,
    mendIt: healKubelet,
  },
  {
    // A link of a container is virtual, and not watched for its own sake.
    what: 'the cable pulled',
    type: 'GatewayUnreachable',
    says: /is down or has no carrier/,
    needs: 'UNPLUG',
    breakIt: unplug,
    mendIt: plug,
  },
]

/** What is open of the monitors of network and Kubernetes, by the node's page; [] while nobody answers there. */
function openOf(node: string): readonly ProblemView[] {
  const request = `GET ${HANDLERS['detailed-status']} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n`
  const answer = onNode(node, `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${PAGE_PORT}; printf "${request}" >&3; cat <&3'`)
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  const { problems } = JSON.parse(body) as NodeView
  return problems.filter(({ monitor }) => OURS.includes(monitor))
}

const named = (problems: readonly ProblemView[]): string =>
  problems.map(({ type, entity }) => `${type} ${entity}`).join(', ')

interface Scene {
  readonly node: string
  /** What was open before anything was broken: a cluster that is not well in other ways is broken all the same. */
  readonly before: ReadonlySet<string>
  say(text: string): void
}

async function breakAndMend({ node, before, say }: Scene, fault: Fault): Promise<void> {
  const { what, type, says } = fault
  const newOf = () => openOf(node).filter(({ fingerprint }) => !before.has(fingerprint))
  await until(`nothing new open before ${what}`, CLOSES_MS, () => newOf().length === 0)
  let beganMs = performance.now()
  fault.breakIt(node)
  try {
    const open = await until(`${type} for ${what}`, OPENS_MS, () => newOf().find((one) => one.type === type))
    say(`${seconds(beganMs)} after ${what}: ${open.summary}: ${open.message}`)
    check(`it says what it is: ${open.message}`, says.test(open.message))
    await pause(ALONE_MS)
    const others = newOf().filter((one) => one.type !== type)
    check(`${what} is one problem, not also ${named(others)}`, others.length === 0)
  } finally {
    beganMs = performance.now()
    fault.mendIt(node)
  }
  await until(`${type} over`, CLOSES_MS, () => newOf().length === 0)
  await until(`${node} ready`, CLOSES_MS, () => isReady(node))
  await untilReady([node], CLOSES_MS)
  say(`over ${seconds(beganMs)} after it was mended`)
}

/** What is open when the same has been open for as long as a fault is watched: behind an installation the checks look for the first time. */
async function settled(node: string): Promise<readonly ProblemView[]> {
  let [open, sinceMs] = [openOf(node), performance.now()]
  return await until(`the same open on ${node}`, OPENS_MS + CLOSES_MS, () => {
    const now = openOf(node)
    if (named(now) !== named(open)) [open, sinceMs] = [now, performance.now()]
    return performance.now() - sinceMs >= ALONE_MS ? open : undefined
  })
}

export const nodeServices: Drill = {
  name: 'node-services',
  needs: ['NODE_SHELL', 'API_ADDRESS'],
  async run({ nodes, say }) {
    const node = nodes.at(-1) ?? ''
    const before = await settled(node)
    if (before.length > 0) say(`open before: ${named(before)}`)
    const scene = { node, before: new Set(before.map(({ fingerprint }) => fingerprint)), say }
    for (const fault of FAULTS) {
      if (fault.needs === undefined || hook(fault.needs) !== '') await breakAndMend(scene, fault)
      else say(`left out: ${fault.what} (${fault.needs} is not given)`)
    }
  },
}
