/** Repairs on real nodes: a kubelet that is stopped runs again, the operator's word holds it back, and nodes are drained as kubectl does. */
import { readFileSync } from 'node:fs'
import { run, tryRun, until } from '../../compose/exec.ts'
import {
  apply,
  check,
  checkNothingLeft,
  kubectl,
  NAMESPACE,
  nodeObject,
  ourEvents,
  tryKubectl,
  untilReady,
} from '../cluster.ts'
import { type Drill, type DrillContext, pause, seconds } from '../drill.ts'
import { install, takeOff, uninstall } from '../helm.ts'
import { hook, onNode, tryOnNode } from '../hooks.ts'
import { render } from '../manifests.ts'
import { areRepairing, historyOf, startedOf } from '../repairs.ts'
import { APP, away, budget, leave, person, reboot, tellAllOver, together } from './drained.ts'

const VALUES = 'test/cluster/values/remediation.yaml'
const OVERLAY = 'deploy/kustomize/overlays/remediation'
const SWITCH = 'node-doctor.io/remediation'
/** Two looks of a check every 10 s, and what a busy machine takes. */
const REPAIRED_MS = 120_000
/** A node is not repaired in its first two minutes. */
const SETTLED_MS = 180_000
/** Longer than it takes to be repaired. */
const HELD_MS = 60_000

function isActive(node: string): boolean {
  return tryOnNode(node, 'systemctl is-active kubelet').stdout.trim() === 'active'
}

async function untilDeployed(nodes: readonly string[]): Promise<void> {
  await untilReady(nodes)
  await until('both containers that repair ready on every node', SETTLED_MS, () => areRepairing(nodes))
}

/** A kubelet that somebody stopped runs again, and it is told what was done. */
async function kubelet({ nodes, say }: DrillContext): Promise<void> {
  const node = nodes[0] ?? ''
  // Events outlast the installation that sent them.
  const before = new Set(ourEvents(node).map(({ metadata }) => metadata.resourceVersion))
  onNode(node, 'systemctl stop kubelet')
  const stoppedMs = performance.now()
  await until('the kubelet runs again', SETTLED_MS, () => isActive(node))
  say(`the kubelet of ${node} runs again ${seconds(stoppedMs)} after it was stopped`)
  await until('it is proven', REPAIRED_MS, () => historyOf(node).some(({ verdict }) => verdict === 'proven'))
  const started = startedOf(node)
  check(`one attempt was enough, not ${started}`, started === 1)
  const told = await until('its events', REPAIRED_MS, () => {
    const events = ourEvents(node).filter(({ metadata }) => !before.has(metadata.resourceVersion))
    const ofRepairs = events.filter(({ reason }) => reason.startsWith('Remediation'))
    return ofRepairs.length > 1 && ofRepairs
  })
  say(`events: ${told.map(({ reason, message }) => `${reason}: ${message}`).join(' | ')}`)
}

/** While the Node says this nothing is done about a stopped kubelet; once it says nothing any more, one attempt is. */
async function held({ say }: DrillContext, node: string, word: 'off' | 'observe'): Promise<void> {
  kubectl('annotate', 'node', node, `${SWITCH}=${word}`, '--overwrite')
  const before = startedOf(node)
  onNode(node, 'systemctl stop kubelet')
  await pause(HELD_MS)
  check('the kubelet is left alone', !isActive(node))
  kubectl('annotate', 'node', node, `${SWITCH}-`)
  const freedMs = performance.now()
  await until('the kubelet runs again', REPAIRED_MS, () => isActive(node))
  say(
    `${word}: held back for ${HELD_MS / 1000} s by the annotation, and running ${seconds(freedMs)} after that was taken off`,
  )
  // A kubelet that has just begun knows no pod yet.
  const after = await until('its journal', REPAIRED_MS, () => startedOf(node))
  check(`one attempt more, not ${after - before}`, after === before + 1)
}

/** It is told what would be done, and nothing is. */
async function observe(context: DrillContext): Promise<void> {
  // Not the node of before: what comes and goes is not repaired.
  const node = context.nodes.at(-1) ?? ''
  await held(context, node, 'observe')
  const told = historyOf(node).filter(({ kind, mode }) => kind === 'started' && mode === 'dry-run')
  check(`what would be done is told: ${told.length}`, told.length > 0)
  context.say(`observe: told ${told.length} times what would be done`)
}

/** No node is cordoned or tainted, nor marked, by us or for us. */
function checkFree(nodes: readonly string[]): void {
  for (const node of nodes) {
    checkNothingLeft(node)
    check(`${node} takes pods`, nodeObject(node).spec.unschedulable !== true)
    const taints = kubectl('get', 'node', node, '-o', 'jsonpath={.spec.taints[*].key}')
    check(`${node} has no taint of ours: ${taints}`, !taints.includes('node-doctor.io/'))
  }
  const leases = kubectl('get', 'leases', '-n', NAMESPACE, '-o', 'name')
  check(`no Lease is left: ${leases}`, leases === '')
}

/** What only some environments can do; what is left out is said. */
async function where(
  name: 'API_DOWN' | 'NODE_POWER_ON',
  context: DrillContext,
  part: (context: DrillContext) => Promise<void>,
) {
  if (hook(name) === '') return context.say(`NOT DONE: ${part.name}, ${name} is not set`)
  await part(context)
}

export const remediation: Drill = {
  name: 'remediation',
  needs: ['HELM', 'NODE_SHELL'],
  async run(context) {
    const { nodes, image, say } = context
    const setup = readFileSync('test/cluster/reboot-node/setup.sh', 'utf8')
    for (const one of nodes) {
      onNode(one, 'rm -rf /run/node-doctor /var/lib/node-doctor/*')
      if (hook('NODE_POWER_ON') !== '') onNode(one, setup)
    }
    tellAllOver(nodes)
    install(image, VALUES)
    try {
      await untilDeployed(nodes)
      await kubelet(context)
      await held(context, nodes[0] ?? '', 'off')
      await observe(context)
      await budget(context)
      await person(context)
      await together(context)
      await where('API_DOWN', context, away)
      await where('NODE_POWER_ON', context, reboot)
      const node = await leave(context)
      takeOff()
      checkFree(nodes)
      say(`uninstalled in the middle of a drain: ${node} takes pods; no mark, no taint, no Lease is left`)
    } finally {
      for (const one of nodes) tryOnNode(one, 'systemctl start kubelet')
      kubectl('delete', 'namespace', APP, '--ignore-not-found', '--wait=false')
      uninstall()
    }
    say('every node is as it was before')
  },
}

/** The overlay, as it is applied and taken off by docs/deploying.md. */
export const remediationOverlay: Drill = {
  name: 'remediation-overlay',
  needs: ['NODE_SHELL'],
  async run(context) {
    const { nodes, image, say } = context
    for (const one of nodes) onNode(one, 'rm -rf /run/node-doctor /var/lib/node-doctor/*')
    apply(render(OVERLAY, image))
    try {
      await untilDeployed(nodes)
      await kubelet(context)
      apply(render('deploy/kustomize/cleanup', image))
      kubectl(
        '-n',
        NAMESPACE,
        'wait',
        '--for=condition=complete',
        'job/node-doctor-cleanup',
        '--timeout=300s',
        '--request-timeout=0',
      )
      say(kubectl('-n', NAMESPACE, 'logs', 'job/node-doctor-cleanup').trim())
      checkFree(nodes)
    } finally {
      for (const one of nodes) tryOnNode(one, 'systemctl start kubelet')
      tryKubectl('delete', '-k', 'deploy/kustomize/cleanup', '--ignore-not-found')
      tryRun(['bash', '-c', `kubectl kustomize ${OVERLAY} | kubectl delete --ignore-not-found --wait=true -f -`])
    }
    const kept = run(['kubectl', 'get', 'clusterrole,clusterrolebinding', '-o', 'name']).split('\n')
    const ours = kept.filter((name) => name.includes('node-doctor'))
    check(`no right of ours is left: ${ours.join(', ')}`, ours.length === 0)
    say('every node is as it was before')
  },
}
