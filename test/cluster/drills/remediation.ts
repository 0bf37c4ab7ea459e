/** Repairs on real nodes: a kubelet that is stopped runs again, the operator's word holds it back, and a node is drained as kubectl does. */
import { until } from '../../compose/exec.ts'
import { apply, check, checkNothingLeft, kubectl, NAMESPACE, nodeObject, ourEvents, untilReady } from '../cluster.ts'
import { type Drill, type DrillContext, pause, seconds } from '../drill.ts'
import { install, uninstall } from '../helm.ts'
import { onNode, tryOnNode } from '../hooks.ts'

const VALUES = 'test/cluster/values/remediation.yaml'
const SWITCH = 'node-doctor.io/remediation'
const MARK = 'node-doctor.io/cordoned'
const APP = 'drill-app'
/** Two looks of a check every 10 s, and what a busy machine takes. */
const REPAIRED_MS = 120_000
/** A node is not repaired in its first two minutes. */
const SETTLED_MS = 180_000
/** In which pods would go that no budget keeps. */
const BUDGET_MS = 15_000
/** Longer than it takes to be repaired. */
const HELD_MS = 60_000

interface RepairRecord {
  readonly kind: string
  readonly step?: string
  readonly detail?: string
  readonly outcome?: string
  readonly verdict?: string
  readonly act?: { readonly strategy: string }
  readonly text?: string
}

interface NodePod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly nodeName?: string }
  readonly status: { readonly phase: string }
}

function remediatorOf(node: string): string {
  const where = [
    '-n',
    NAMESPACE,
    '-l',
    'app.kubernetes.io/component=remediation',
    `--field-selector=spec.nodeName=${node}`,
  ]
  return kubectl('get', 'pods', ...where, '-o', 'jsonpath={.items[0].metadata.name}')
}

function inRemediator(node: string, ...words: string[]): string {
  const cli = ['/opt/node-doctor/bin/entrypoint.sh', 'cli', ...words]
  return kubectl('exec', '-n', NAMESPACE, remediatorOf(node), '-c', 'remediator', '--', ...cli)
}

/** The records of its journal, the last first. */
function historyOf(node: string): readonly RepairRecord[] {
  const { records } = JSON.parse(inRemediator(node, 'history', '--limit', '200', '-o', 'json')) as {
    readonly records: readonly { readonly what: RepairRecord }[]
  }
  return records.map(({ what }) => what)
}

/** How many attempts were begun. */
function startedOf(node: string): number {
  return historyOf(node).filter(({ kind }) => kind === 'started').length
}

function isActive(node: string): boolean {
  return tryOnNode(node, 'systemctl is-active kubelet').stdout.trim() === 'active'
}

async function untilDeployed(nodes: readonly string[]): Promise<void> {
  await untilReady(nodes)
  await until('both containers that repair ready on every node', SETTLED_MS, () =>
    nodes.every((node) => {
      const path = 'jsonpath={.status.containerStatuses[*].ready}'
      return kubectl('get', 'pod', '-n', NAMESPACE, remediatorOf(node), '-o', path) === 'true true'
    }),
  )
}

/** A kubelet that somebody stopped runs again, and it is told what was done. */
async function kubelet({ nodes, say }: DrillContext): Promise<void> {
  const node = nodes[0] ?? ''
  onNode(node, 'systemctl stop kubelet')
  const stoppedMs = performance.now()
  await until('the kubelet runs again', SETTLED_MS, () => isActive(node))
  say(`the kubelet of ${node} runs again ${seconds(stoppedMs)} after it was stopped`)
  await until('it is proven', REPAIRED_MS, () => historyOf(node).some(({ verdict }) => verdict === 'proven'))
  const started = historyOf(node).filter(({ kind }) => kind === 'started')
  check(`one attempt was enough, not ${started.length}`, started.length === 1)
  const told = await until('its events', REPAIRED_MS, () => {
    const events = ourEvents(node).filter(({ reason }) => /repair|remediation/i.test(reason))
    return events.length > 1 && events
  })
  say(`events: ${told.map(({ reason, message }) => `${reason}: ${message}`).join(' | ')}`)
}

/** The operator's word on the Node wins, also over a restart of the remediator. */
async function off({ nodes, say }: DrillContext): Promise<void> {
  const node = nodes[0] ?? ''
  kubectl('annotate', 'node', node, `${SWITCH}=off`, '--overwrite')
  const before = startedOf(node)
  onNode(node, 'systemctl stop kubelet')
  await pause(HELD_MS)
  check('the kubelet is left alone', !isActive(node))
  kubectl('annotate', 'node', node, `${SWITCH}-`)
  const freedMs = performance.now()
  await until('the kubelet runs again', REPAIRED_MS, () => isActive(node))
  say(`held back for ${HELD_MS / 1000} s by the annotation, and running ${seconds(freedMs)} after that was taken off`)
  // A kubelet that has just begun knows no pod yet.
  const after = await until('its journal', REPAIRED_MS, () => startedOf(node))
  check(`one attempt more, not ${after - before}`, after === before + 1)
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
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: ${APP}, namespace: ${APP} }
spec: { minAvailable: 2, selector: { matchLabels: { app: ${APP} } } }
`
}

function standsCordoned(node: string): boolean {
  const { metadata, spec } = nodeObject(node)
  return spec.unschedulable === true && (metadata.annotations?.[MARK] ?? '') !== ''
}

/** A budget holds it up and is named; what is drained comes up elsewhere, and the node takes pods again once it is proven well. */
async function drain({ nodes, image, say }: DrillContext): Promise<void> {
  const node = nodes[1] ?? nodes[0] ?? ''
  apply(app(image, node))
  await until('two pods to be drained', REPAIRED_MS, () => {
    const running = podsOfApp().filter(({ status }) => status.phase === 'Running')
    return running.length === 2 && running.some(({ spec }) => spec.nodeName === node)
  })
  const there = podsOfApp().filter(({ spec }) => spec.nodeName === node)
  onNode(node, `logger -t node-doctor-drill 'drain ${node}'`)
  const askedMs = performance.now()
  await until('our cordon and its mark', REPAIRED_MS, () => standsCordoned(node))
  say(`${node} is cordoned with our mark ${seconds(askedMs)} after its problem`)
  await pause(BUDGET_MS)
  const still = podsOfApp().map(({ metadata }) => metadata.uid)
  check(
    'no pod is gone against the budget',
    there.every(({ metadata }) => still.includes(metadata.uid)),
  )
  kubectl('delete', 'pdb', '-n', APP, APP)
  await until(
    'the drain is done',
    REPAIRED_MS,
    () =>
      historyOf(node).some(({ kind, outcome }) => kind === 'ended' && outcome === 'succeeded') &&
      podsOfApp().every(({ spec }) => spec.nodeName !== node),
  )
  const agents = JSON.parse(
    kubectl('get', 'pods', '-n', NAMESPACE, `--field-selector=spec.nodeName=${node}`, '-o', 'json'),
  ) as { readonly items: readonly NodePod[] }
  check('what belongs to every node stays', agents.items.length >= 2)
  onNode(node, `logger -t node-doctor-drill 'well ${node}'`)
  const wellMs = performance.now()
  await until('it takes pods again, without our mark', REPAIRED_MS, () => {
    const { metadata, spec } = nodeObject(node)
    return spec.unschedulable !== true && metadata.annotations?.[MARK] === undefined
  })
  say(`drained, and taking pods again ${seconds(wellMs)} after it was proven well`)
  await until('the lease is given back', REPAIRED_MS, () => {
    const holders = kubectl('get', 'leases', '-n', NAMESPACE, '-o', 'jsonpath={.items[*].spec.holderIdentity}')
    return !holders.includes(node)
  })
}

export const remediation: Drill = {
  name: 'remediation',
  needs: ['HELM', 'NODE_SHELL'],
  async run(context) {
    const { nodes, image, say } = context
    for (const one of nodes) onNode(one, 'rm -rf /run/node-doctor /var/lib/node-doctor')
    install(image, VALUES)
    try {
      await untilDeployed(nodes)
      await kubelet(context)
      await off(context)
      await drain(context)
    } finally {
      for (const one of nodes) tryOnNode(one, 'systemctl start kubelet')
      kubectl('delete', 'namespace', APP, '--ignore-not-found', '--wait=false')
      uninstall()
    }
    for (const one of nodes) {
      checkNothingLeft(one)
      check(`${one} takes pods`, nodeObject(one).spec.unschedulable !== true)
    }
    say('every node is as it was before')
  },
}
