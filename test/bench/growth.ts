/**
 * What each process grows by in an hour while a monitor reports 200 times a second beside the default checks; `up`, the
 * supervisor, included. `--minutes N` (default 15) after `--warm N` (default 5): what is kept
 * on purpose (the last events, what a page that comes back is told again) fills up in that time.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../libs/bus/testing.ts'
import { ensureBuilt, until } from '../e2e/constellation.ts'
import { startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { reportFigure } from './figure.ts'
import { growthPerHour, memoryOf } from './process/cost.ts'

const NODE = 'bench-node'
const CLI = new URL('../../dist/cli.mjs', import.meta.url).pathname
const LOAD = new URL('../e2e/hostile-monitor.ts', import.meta.url).pathname
const SAMPLE_MS = 5000

function argument(name: string, or: number): number {
  return Number(process.argv[process.argv.indexOf(name) + 1]) || or
}

/** The processes that were started on this configuration, by what they are. */
async function processesOf(dir: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    if (!words.some((word) => word.startsWith(dir))) continue
    if (words[0] === 'nats-server') found.set('nats-server', Number(pid))
    const bundle = words.find((word) => word.endsWith('.mjs'))?.match(/([\w-]+)\.mjs$/)?.[1]
    if (bundle !== undefined && words[0] === process.execPath) found.set(bundle === 'cli' ? 'up' : bundle, Number(pid))
  }
  return found
}

ensureBuilt()
const dir = await mkdtemp(join(tmpdir(), 'nd-growth-'))
const api = await startFakeApiServer({ nodes: [NODE], requestsMax: 100 })
await api.writeKubeconfig(join(dir, 'kubeconfig'))
const settings = { nodeName: NODE, runDir: join(dir, 'run'), stateDir: join(dir, 'state') }
const ports = [await freePort(), await freePort(), await freePort()]
await writeFile(
  join(dir, 'config.json'),
  JSON.stringify({
    apiVersion: 'node-doctor.io/v1alpha1',
    kind: 'NodeDoctorConfig',
    metadata: { name: 'growth' },
    settings: { ...settings, kubeconfig: join(dir, 'kubeconfig') },
    bus: { port: ports[0] },
    exporters: {
      kubernetes: { enabled: true },
      http: { enabled: true, bindAddress: '127.0.0.1', hostPort: ports[1] },
      prometheus: { enabled: true, bindAddress: '127.0.0.1', port: ports[2] },
    },
  }),
)
const up = spawn(process.execPath, [CLI, 'up', '--config', join(dir, 'config.json')], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
const ended = new Promise((resolve) => up.once('exit', resolve))
const pids = await until('all processes run', async () => {
  const found = await processesOf(dir)
  return found.size === 6 && found
})
const load = spawn(process.execPath, [LOAD, join(settings.runDir, 'monitors', 'load.sock'), 'load'], {
  stdio: 'inherit',
})
try {
  const seconds = argument('--minutes', 15) * 60
  await new Promise((resolve) => setTimeout(resolve, argument('--warm', 5) * 60_000))
  const samples = new Map([...pids.keys()].map((name) => [name, [] as number[]]))
  for (let at = 0; at < seconds * 1000; at += SAMPLE_MS) {
    for (const [name, pid] of pids) samples.get(name)?.push(memoryOf(pid).privateMiB)
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
  }
  for (const [name, values] of samples) {
    reportFigure({ name: `${name}, private memory under load`, value: values.at(-1) ?? Number.NaN, unit: 'MiB' })
    reportFigure({
      name: `${name}, growth under load`,
      value: growthPerHour(values, seconds),
      unit: 'MiB/h',
      budget: { max: 12 },
    })
  }
} finally {
  load.kill('SIGKILL')
  up.kill('SIGTERM')
  await ended
  await api.close()
  await rm(dir, { recursive: true, force: true })
}
