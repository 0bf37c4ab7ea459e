/** A second installation beside the first: it steps back, and its end takes nothing of the first one's. */
import { spawn } from 'node:child_process'
import { run, tryRun, until } from '../../compose/exec.ts'
import { check, isUnanswered, kubectl, nodeObject, ourConditions, sinceWhen, tryKubectl, VOLATILE } from '../cluster.ts'
import { AFTERMATH_MS, type Drill, pause, seconds } from '../drill.ts'
import { imageValues } from '../helm.ts'
import { hook } from '../hooks.ts'

const NAME = 'node-doctor-second'
const BETWEEN_LOOKS_MS = 200
const AFTER_LOOKS = 15

interface PodList {
  readonly items: readonly {
    readonly status: { readonly containerStatuses?: readonly { readonly name: string; readonly ready: boolean }[] }
  }[]
}

function exporters() {
  const args = ['-n', NAME, 'get', 'pods', '-l', `app.kubernetes.io/instance=${NAME}`, '-o', 'json']
  const { items } = JSON.parse(kubectl(...args)) as PodList
  return items.flatMap(({ status }) => status.containerStatuses?.filter(({ name }) => name === 'k8s-exporter') ?? [])
}

function stepsBack(): boolean {
  const args = ['-n', NAME, 'logs', '-l', `app.kubernetes.io/instance=${NAME}`, '-c', 'k8s-exporter', '--tail=50']
  return /this exporter steps back/.test(kubectl(...args))
}

/** What is gone or has moved of what stood there. */
function lost(node: string, before: ReadonlyMap<string, string>, installation: string): string[] {
  const conditions = ourConditions(node)
  const now = sinceWhen(node, conditions)
  const unanswered = [...conditions.values()].filter(isUnanswered).map(({ type }) => type)
  const annotation = nodeObject(node).metadata.annotations?.['node-doctor.io/installation'] ?? 'nobody'
  return [
    ...(annotation === installation ? [] : [`${node} belongs to ${annotation}`]),
    ...(conditions.has('NodeDoctorHealthy') ? [] : [`${node} has no NodeDoctorHealthy`]),
    ...[...before]
      .filter(([type, text]) => ![...VOLATILE, ...unanswered].includes(type) && now.get(type) !== text)
      .map(([type, text]) => `${node} ${type}: ${text}, now ${now.get(type)}`),
  ]
}

export const second: Drill = {
  name: 'second',
  needs: ['HELM'],
  async run({ nodes, image, say }) {
    const before = new Map(nodes.map((node) => [node, sinceWhen(node)]))
    const installation = nodeObject(nodes[0] ?? '').metadata.annotations?.['node-doctor.io/installation'] ?? ''
    const taken = () => nodes.flatMap((node) => lost(node, before.get(node) ?? new Map(), installation))
    const where = ['--namespace', NAME]
    run([
      hook('HELM'),
      'install',
      NAME,
      'deploy/helm/node-doctor',
      ...where,
      '--create-namespace',
      ...imageValues(image),
    ])
    try {
      await until('its exporters run', 120_000, () => exporters().length === nodes.length)
      await until('they say that they step back', 90_000, () => exporters().every(({ ready }) => !ready) && stepsBack())
      await pause(AFTERMATH_MS)
      const beside = taken()
      check(`the first one's conditions stand beside it: ${beside.join('; ')}`, beside.length === 0)
      say(`a second installation in ${NAME} stepped back on ${nodes.length} nodes; the nodes stay ${installation}'s`)
      const beganMs = performance.now()
      const removal = spawn(hook('HELM'), ['uninstall', NAME, ...where, '--timeout', '5m'], { stdio: 'ignore' })
      const exit = new Promise<number | null>((resolve) => removal.once('exit', resolve))
      let looks = 0
      // Nothing may be away even for a moment: neither while it goes, nor until the first one looks again.
      for (let after = 0; after < AFTER_LOOKS; looks++) {
        const gone = taken()
        check(`its end took nothing: ${gone.join('; ')}`, gone.length === 0)
        await pause(BETWEEN_LOOKS_MS)
        if (removal.exitCode !== null) after++
      }
      check('it was uninstalled', (await exit) === 0)
      say(`uninstalled, ${seconds(beganMs)}, ${looks} looks: all of the first one's stands, no since-when moved`)
    } finally {
      tryRun([hook('HELM'), 'uninstall', NAME, ...where, '--no-hooks', '--ignore-not-found'])
      tryKubectl('delete', 'namespace', NAME, '--ignore-not-found', '--wait=false')
    }
  },
}
