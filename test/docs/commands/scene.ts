/** A running set beside a fake of the API server, on which commands of the docs are run as they stand there. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Constellation, startConstellation } from '../../e2e/constellation.ts'
import { type FakeApiServer, startFakeApiServer } from '../../fakes/kube-apiserver/server.ts'
import { isNotRun } from './not-run.ts'
import { type Command, ROOT } from './pages.ts'
import { simpleCommands } from './shell.ts'

/** Node of the set; the pages call theirs `worker-1`, NODE or NAME. */
const NODE = 'worker-1'

export const CONFIG = `apiVersion: node-doctor.io/v1alpha1
kind: NodeDoctorConfig
metadata: { name: docs }
defaultMonitors: []
monitors:
  - { name: disk, type: disk-health-check, interval: 1m }
`

export interface Scene {
  readonly folder: string
  readonly set: Constellation
  readonly api: FakeApiServer
  close(): Promise<void>
}

function startApi(): Promise<FakeApiServer> {
  return startFakeApiServer({ nodes: [NODE], anonymous: 'all', hasControl: true })
}

export async function startScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'nd-docs-'))
  const api = await startApi()
  const kubeconfig = join(folder, 'kubeconfig')
  await api.writeKubeconfig(kubeconfig)
  await writeFile(join(folder, 'config.yaml'), CONFIG)
  await writeFile(join(folder, 'rules.json'), '{"plugin": "kmsg"}\n')
  await writeFile(join(folder, 'kern.log'), 'Out of memory: Killed process 1 (java)\n')
  const set = await startConstellation({
    dir: folder,
    services: [
      'detector',
      'remediator',
      'host-actions',
      'system',
      'http-exporter',
      'k8s-exporter',
      'external-exporter',
    ],
    config: {
      settings: { kubeconfig, nodeName: NODE },
      exporters: { kubernetes: { enabled: true } },
      remediation: { enabled: true, dryRun: true },
    },
  })
  await set.ready()
  return {
    folder,
    set,
    api,
    async close() {
      await set.stop()
      await api.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Names of the pages → what they are here. */
function here(text: string, { folder, set, api }: Scene): string {
  return text
    .replaceAll('http://127.0.0.1:6443', api.url)
    .replaceAll('http://127.0.0.1:8080', set.url)
    .replaceAll('unix://<socket>', `unix://${set.runDir}/monitors/system/system.sock`)
    .replaceAll('/run/node-doctor', set.runDir)
    .replaceAll('/tmp/kubeconfig', join(folder, 'kubeconfig'))
    .replaceAll('/tmp/nd-gpu/config.yaml', join(folder, 'config.yaml'))
    .replaceAll('--kubeconfig FILE', `--kubeconfig ${join(folder, 'kubeconfig')}`)
    .replaceAll(/\bFILE\b/g, join(folder, 'config.yaml'))
    .replaceAll(/\bCONFIG\b/g, join(folder, 'rules.json'))
    .replaceAll(/\bLOG\b/g, join(folder, 'kern.log'))
    .replaceAll(/\b(NODE|NAME)\b(?!:)/g, (name, _, at: number) => (text[at - 1] === '$' ? name : NODE))
}

function isOfNodes(words: readonly string[]): boolean {
  const [, verb = '', ...rest] = words
  const watched = rest.some((word) => ['-w', '-k'].includes(word))
  const asked = verb === 'events' || (['get', 'describe'].includes(verb) && /^(node|nodes|events)$/.test(rest[0] ?? ''))
  // Named without one: the name of a command, not a command.
  return asked && !watched && !(verb === 'describe' && rest.length === 1)
}

/** As a person types it who fills in what is in capitals; a name alone asks for its help. */
function cliArguments(words: readonly string[]): string[] {
  const [verb = '', ...rest] = words.slice(words.indexOf('node-doctor') + 1)
  if (verb === '' || verb === 'COMMAND') return ['--help']
  const isName = rest.length === 0 ? !['status', 'validate', 'version'].includes(verb) : rest.join(' ') === 'test'
  if (isName) return [verb, '--help']
  // With this it reads its flags, and does not run on.
  if (verb === 'npd') return [verb, ...rest, '--version']
  return [verb, ...rest.map((word) => word.replace(/^\[|\]$/g, ''))]
}

/** What is run of a line, as a script of bash; "" for nothing. */
function scriptOf(command: Command, scene: Scene): string {
  const text = here(command.text, scene)
  const all = simpleCommands(text)
  if (all.some((words) => isNotRun(words) !== undefined)) return ''
  // A script runs on; its options are held against its help.
  if (all.some(([program, script]) => program === 'npx' && script === 'node')) return ''
  const programs = new Set(all.map(([program = '']) => program))
  const only = (...names: string[]) => programs.size > 0 && [...programs].every((program) => names.includes(program))
  // With these an error of the server is one of the command, and a stream ends.
  if (only('curl'))
    return text.replace(/^curl /, `curl --fail-with-body --max-time ${text.includes('/stream') ? 1 : 5} `)
  if (only('grpcurl')) return text
  if (only('node-doctor', 'npx')) {
    const quoted = all.flatMap((words) => cliArguments(words)).map((word) => `'${word}'`)
    return `node dist/cli.mjs ${quoted.join(' ')}`
  }
  if (only('kubectl', 'sed') && all.every((words) => words[0] === 'sed' || isOfNodes(words)))
    return `set -o pipefail; ${text}`
  return ''
}

/**
 * Exit codes that say that the command was understood and answered: `status` says by 1 that a problem is open, by 3 that
 * something is not known yet (without a detector it prints nothing there); a stream goes on.
 */
function isWell(script: string, code: number, stdout: string): boolean {
  if (code === 0) return true
  if (!script.startsWith('node dist/cli.mjs')) return code === 28 && script.includes('/stream')
  return code === 1 || (code === 3 && stdout !== '')
}

/** @returns what a command that could be run said against itself */
export async function runOnScene(command: Command, scene: Scene): Promise<string[]> {
  if (!command.text.includes('/_fake')) return runThere(command, scene)
  // A server of its own for what breaks one.
  const api = await startApi()
  try {
    return await runThere(command, { ...scene, api })
  } finally {
    await api.close()
  }
}

function runThere(command: Command, scene: Scene): Promise<string[]> {
  const script = scriptOf(command, scene)
  if (script === '') return Promise.resolve([])
  const env = {
    ...process.env,
    R: scene.set.runDir,
    NODE,
    KUBECONFIG: join(scene.folder, 'kubeconfig'),
    NODE_DOCTOR_RUN_DIR: scene.set.runDir,
  }
  return new Promise((resolve) => {
    execFile('bash', ['-c', script], { cwd: ROOT, env, timeout: 20_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve(isWell(script, code, stdout) ? [] : [`${script} ended with ${code}: ${stdout}${stderr}`])
    })
  })
}
