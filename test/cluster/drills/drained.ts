/** Nodes drained by repairs, for real: against a budget, against a person, all at once, without the API server, and before a reboot. */
import { until } from '../../compose/exec.ts'
import { checkNoticed, checkRequests } from '../audit.ts'
import { apply, check, isReady, kubectl, NAMESPACE, nodeObject } from '../cluster.ts'
import { type DrillContext, pause, seconds } from '../drill.ts'
import { apiDown, apiUp, onNode, powerOn, tryOnNode } from '../hooks.ts'
import {
  cordonOf,
  endOf,
  historyOf,
  isOpen,
  leaseHolders,
  MARK,
  startedOf,
  tellJournal,
  watchCordons,
} from '../repairs.ts'

export const APP = 'drill-app'
/** Two looks of a check every 10 s, and what a busy machine takes. */
const STEP_MS = 120_000
/** A node is not repaired in its first two minutes, and one that came up anew begins everything. */
const BOOT_MS = 360_000
/** In which pods would go that no budget keeps. */
const BUDGET_MS = 15_000
/** The API server is away for so long at least. */
const AWAY_MS = 60_000

/** What is told of nodes, as the rules of the values have it. */
const PARTS = ['budget', 'person', 'together', 'away', 'reboot', 'leave']

/** What an earlier run has left open: a monitor that begins reads the journal of the last hour. */
export function tellAllOver(nodes: readonly string[]): void {
  for (const node of nodes) for (const part of PARTS) tellJournal(node, `${part} is over ${node}`)
}

interface NodePod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly nodeName?: string }
  readonly status: { readonly phase: string }
}

function podsOfApp(): readonly NodePod[] {
  const { items } = JSON.parse(kubectl('get', 'pods', '-n', APP, '-o', 'json')) as {
    readonly items: readonly NodePod[]
  }
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
}

function app(image: string, node: string): string {
  return `
apiVersion: v1
kind: Namespace
metadata: { name: ${APP} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${APP}, namespace: ${APP} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${APP} } }
  template:
    metadata: { labels: { app: ${APP} } }
    spec:
      terminationGracePeriodSeconds: 1
      affinity:
        nodeAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              preference: { matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [${node}] }] }
      containers:
        - { name: app, image: "${image}", command: [sleep, infinity] }
`
}

const BUDGET = `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: ${APP}, namespace: ${APP} }
spec: { minAvailable: 2, selector: { matchLabels: { app: ${APP} } } }
`

function liftBudget(): void {
  kubectl('delete', 'pdb', '-n', APP, APP, '--ignore-not-found')
}

/** What keeps pods off a node, and whose cordon that is, in words; "": nothing does. */
function keptOff(node: string): string {
  const { metadata, spec } = nodeObject(node)
  const attempt = metadata.annotations?.[MARK]
  const taints = (spec.taints ?? [])
    .filter(({ effect }) => effect !== 'PreferNoSchedule')
    .map(({ key, effect }) => `${key}:${effect}`)
  return [
    ...taints,
    ...(spec.unschedulable === true ? ['cordoned'] : []),
    ...(attempt ? [`marked by ${attempt}`] : []),
  ].join(', ')
}

/**
 * Two pods run, one of them at least on this node, and a budget lets none of them go. They only prefer the node, since they have to
 * come up elsewhere afterwards, and nobody moves them there later: so they come once it takes pods.
 */
async function occupy(node: string, image: string): Promise<readonly NodePod[]> {
  kubectl('delete', 'namespace', APP, '--ignore-not-found')
  await until(`${node} ready to be drained`, STEP_MS, () => {
    const why = keptOff(node)
    if (why !== '') throw new Error(`${node} takes no pods: ${why}`)
    return isReady(node)
  })
  apply(app(image, node))
  apply(BUDGET)
  return until('two pods to be drained', STEP_MS, () => {
    const pods = podsOfApp()
    const running = pods.filter(({ status }) => status.phase === 'Running')
    const there = running.filter(({ spec }) => spec.nodeName === node)
    if (running.length === 2 && there.length > 0) return there
    const placed = pods.map(({ spec, status }) => `${status.phase} on ${spec.nodeName ?? 'no node'}`)
    throw new Error(
      `of ${pods.length}: ${placed.join(', ')}; what keeps pods off ${node}: ${keptOff(node) || 'nothing'}`,
    )
  })
}

/** @returns the attempt that has cordoned the node */
async function untilCordoned(node: string): Promise<string> {
  return until(`our cordon of ${node} and its mark`, STEP_MS, () => cordonOf(node) || undefined)
}

/** @returns what it says of its success */
async function untilDrained(node: string, attempt: string): Promise<string> {
  const ended = await until(`the drain of ${node} is done`, STEP_MS, () => endOf(node, attempt))
  check(`it succeeded: ${ended.outcome}, ${ended.message}`, ended.outcome === 'succeeded')
  const left = podsOfApp().filter(({ spec }) => spec.nodeName === node)
  check(`${node} has no pod of the application, not ${left.length}`, left.length === 0)
  return ended.message ?? ''
}

async function untilGivenBack(node: string): Promise<void> {
  await until(`${node} takes pods again, without our mark`, STEP_MS, () => isOpen(node))
  await until('the lease is given back', STEP_MS, () => !leaseHolders().includes(node))
}

/** No pod goes while the budget keeps it, and the node stays ours. */
async function checkKept(node: string, there: readonly NodePod[], attempt: string): Promise<void> {
  await pause(BUDGET_MS)
  const still = podsOfApp().map(({ metadata }) => metadata.uid)
  check(
    'no pod is gone against the budget',
    there.every(({ metadata }) => still.includes(metadata.uid)),
  )
  check('the cordon stands meanwhile', cordonOf(node) === attempt)
}

/** A budget holds it up; what is drained comes up elsewhere, and the node takes pods again once it is proven well. */
export async function budget(context: DrillContext): Promise<void> {
  const { nodes, image, say } = context
  const node = nodes[1] ?? nodes[0] ?? ''
  const there = await occupy(node, image)
  tellJournal(node, `budget ${node}`)
  const askedMs = performance.now()
  const attempt = await untilCordoned(node)
  say(`${node} is cordoned with our mark ${seconds(askedMs)} after its problem; held by "${leaseHolders()}"`)
  await checkKept(node, there, attempt)
  liftBudget()
  const liftedMs = performance.now()
  const text = await untilDrained(node, attempt)
  say(`held up by a budget for ${BUDGET_MS / 1000} s, and drained ${seconds(liftedMs)} after that was lifted: ${text}`)
  checkNoticed(context, node, attempt, APP)
  const agents = JSON.parse(
    kubectl('get', 'pods', '-n', NAMESPACE, `--field-selector=spec.nodeName=${node}`, '-o', 'json'),
  ) as { readonly items: readonly NodePod[] }
  check('what belongs to every node stays', agents.items.length >= 2)
  tellJournal(node, `budget is over ${node}`)
  const wellMs = performance.now()
  await untilGivenBack(node)
  say(`taking pods again, the lease given back, ${seconds(wellMs)} after it was proven well`)
}

/** Whoever uncordons a node in the middle of it has ended it: no pod goes, and the cordon does not come again. */
export async function person({ nodes, image, say }: DrillContext): Promise<void> {
  const node = nodes[1] ?? nodes[0] ?? ''
  const there = await occupy(node, image)
  tellJournal(node, `person ${node}`)
  const attempt = await untilCordoned(node)
  kubectl('uncordon', node)
  tellJournal(node, `person is over ${node}`)
  const uncordonedMs = performance.now()
  const ended = await until('it has ended', STEP_MS, () => endOf(node, attempt))
  say(`uncordoned by a person in the middle of it: ${ended.outcome} after ${seconds(uncordonedMs)}: ${ended.message}`)
  check('it has not succeeded', ended.outcome !== 'succeeded')
  await untilGivenBack(node)
  liftBudget()
  await pause(BUDGET_MS)
  const still = podsOfApp().map(({ metadata }) => metadata.uid)
  check(
    'no pod is gone, without a budget either',
    there.every(({ metadata }) => still.includes(metadata.uid)),
  )
  check('nobody cordons it again', isOpen(node))
}

/** Every node has to be drained at once, by one lease. */
export async function together({ nodes, image, say }: DrillContext): Promise<void> {
  await occupy(nodes[0] ?? '', image)
  liftBudget()
  const watch = watchCordons()
  try {
    await until('the nodes as they are', STEP_MS, () => watch.seen() >= nodes.length)
    const beganMs = performance.now()
    for (const node of nodes) tellJournal(node, `together ${node}`)
    const left = new Set(nodes)
    while (left.size > 0) {
      const node = await until('one more node cordoned', 2 * STEP_MS, () =>
        [...left].find((one) => cordonOf(one) !== ''),
      )
      await untilDrained(node, cordonOf(node))
      // Whoever else wants to has time to do so.
      await pause(BUDGET_MS)
      tellJournal(node, `together is over ${node}`)
      await untilGivenBack(node)
      left.delete(node)
    }
    say(`${nodes.length} nodes that all had to be drained: ${watch.order().join(', ')}, in ${seconds(beganMs)}`)
    check(`never more than one cordoned by us at a time, not ${watch.most()}`, watch.most() === 1)
    say(`never more than ${watch.most()} cordoned by us at a time, by ${watch.seen()} changes of nodes`)
  } finally {
    watch.close()
  }
}

/** In the middle of a drain nobody hears the API server: it goes on after that, and on another node a kubelet is repaired meanwhile. */
export async function away({ nodes, image, say }: DrillContext): Promise<void> {
  const node = nodes[1] ?? nodes[0] ?? ''
  // A node does one act at a time: of the one that drains its kubelet would have to wait.
  const other = nodes.findLast((one) => one !== node)
  if (other === undefined) return say('NOT DONE: without the API server; it takes two nodes')
  const there = await occupy(node, image)
  tellJournal(node, `away ${node}`)
  const attempt = await untilCordoned(node)
  const before = startedOf(other)
  apiDown()
  const downMs = performance.now()
  try {
    onNode(other, 'systemctl stop kubelet')
    await until('the kubelet runs again', STEP_MS, () => tryOnNode(other, 'systemctl is-active kubelet').status === 0)
    say(`without the API server the kubelet of ${other} runs again ${seconds(downMs)} after it was stopped`)
    await pause(Math.max(0, AWAY_MS - (performance.now() - downMs)))
  } finally {
    apiUp()
  }
  say(`the API server was away for ${seconds(downMs)}`)
  await until('every node ready', STEP_MS, () => nodes.every(isReady))
  const after = await until('its journal', STEP_MS, () => startedOf(other))
  check(`one attempt more, that of the kubelet, not ${after - before}`, after === before + 1)
  check(`the drain goes on: ${endOf(node, attempt)?.message}`, endOf(node, attempt) === undefined)
  await checkKept(node, there, attempt)
  liftBudget()
  const liftedMs = performance.now()
  const text = await untilDrained(node, attempt)
  say(`the same drain went on, and was done ${seconds(liftedMs)} after the budget was lifted: ${text}`)
  tellJournal(node, `away is over ${node}`)
  await untilGivenBack(node)
}

/** Drained, rebooted by its logind, known by another boot id, and open again once its problem is proven over. */
export async function reboot(context: DrillContext): Promise<void> {
  const { nodes, image, say } = context
  const node = nodes[1] ?? nodes[0] ?? ''
  await occupy(node, image)
  liftBudget()
  const bootId = () => onNode(node, 'cat /proc/sys/kernel/random/boot_id').trim()
  const before = bootId()
  const tellsMs = Number(onNode(node, 'date +%s%3N'))
  tellJournal(node, `reboot ${node}`)
  const askedMs = performance.now()
  const attempt = await untilCordoned(node)
  await until('the machine goes down', STEP_MS * 2, () => tryOnNode(node, 'true').status !== 0)
  const { metadata } = nodeObject(node)
  say(
    `${node} went down ${seconds(askedMs)} after its problem; marked as rebooting ${metadata.annotations?.['node-doctor.io/rebooting']}`,
  )
  check('the mark is the boot that ended', metadata.annotations?.['node-doctor.io/rebooting'] === before)
  check('it is cordoned, and ours', cordonOf(node) === attempt)
  check('its lease is kept', leaseHolders().includes(node))
  powerOn(node)
  const upMs = performance.now()
  const ended = await until('it is known how it ended', BOOT_MS, () => endOf(node, attempt))
  check(
    `by another boot id: ${ended.message}`,
    ended.outcome === 'succeeded' && ended.message?.includes(bootId()) === true,
  )
  say(`${seconds(upMs)} after it came up: ${ended.message}`)
  const asked = historyOf(node).filter((one) => one.attempt === attempt && one.step === 'asking')
  check(`logind was asked once, not ${asked.length} times`, asked.length === 1)
  check(
    'it stays cordoned until its problem is proven over',
    cordonOf(node) === attempt && leaseHolders().includes(node),
  )
  await until('every node ready', BOOT_MS, () => nodes.every(isReady))
  const wellMs = performance.now()
  await until(`${node} takes pods again`, BOOT_MS, () => {
    // Its monitor looks only at what comes after it began.
    tellJournal(node, `reboot is over ${node}`)
    return isOpen(node)
  })
  await untilGivenBack(node)
  say(`taking pods again, the lease given back, ${seconds(wellMs)} after it was told well`)
  checkNoticed(context, node, attempt, APP)
  checkRequests(context, node, tellsMs)
}

/** What a drain has left on a node in its middle, for who takes everything off. */
export async function leave({ nodes, image, say }: DrillContext): Promise<string> {
  const node = nodes[1] ?? nodes[0] ?? ''
  await occupy(node, image)
  tellJournal(node, `leave ${node}`)
  await untilCordoned(node)
  say(`${node} is cordoned by a drain that a budget holds up, and has the lease ("${leaseHolders()}")`)
  return node
}
