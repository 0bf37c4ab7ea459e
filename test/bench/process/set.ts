/** The whole set as `node-doctor up` runs it, the supervisor included, from `dist/`: what benchmarks of cost look at. */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeView } from '#view'
import { freePort } from '../../../libs/bus/testing.ts'
import { ensureBuilt, until } from '../../e2e/constellation.ts'
import { startFakeApiServer } from '../../fakes/kube-apiserver/server.ts'

const NODE = 'bench-node'
const CLI = new URL('../../../dist/cli.mjs', import.meta.url).pathname
/** The detector, the monitors system and log, both exporters, nats-server, and `up` itself. */
const PROCESSES = 7

export interface RunningSet extends AsyncDisposable {
  readonly runDir: string
  /** Where the bus keeps its store: in memory, as on a node. */
  readonly storeDir: string
  /** PIDs by name: `up`, `nats-server`, and each service. */
  readonly pids: ReadonlyMap<string, number>
  /** What the node is, as the http-exporter shows it. */
  status(): Promise<NodeView>
  /** As Prometheus gets it. */
  metrics(): Promise<string>
  stop(): Promise<void>
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

export interface SetOptions {
  /** What the fake API server keeps. Default 100 */
  readonly requestsMax?: number
  /** Entries of `monitors`, in place of those that are watched by default. */
  readonly monitors?: readonly object[]
  /** Where they take the host's root to be. Default: this machine's. */
  readonly hostRoot?: string
  /** Where the monitors find the API server. Default: nowhere. */
  readonly kubeconfig?: string
  /** How many processes that makes. Default 6 */
  readonly processes?: number
}

/** Resolves once every process runs; they may not be ready yet. */
export async function startSet(options: SetOptions = {}): Promise<RunningSet> {
  const { requestsMax = 100, monitors, hostRoot = '', processes = PROCESSES } = options
  ensureBuilt()
  const dir = await mkdtemp(join(tmpdir(), 'nd-bench-'))
  const api = await startFakeApiServer({ nodes: [NODE], requestsMax })
  await api.writeKubeconfig(join(dir, 'kubeconfig'))
  const runDir = join(dir, 'run')
  const storeDir = await mkdtemp('/dev/shm/nd-bench-')
  const [busPort, httpPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
  await writeFile(
    join(dir, 'config.json'),
    JSON.stringify({
      apiVersion: 'node-doctor.io/v1alpha1',
      kind: 'NodeDoctorConfig',
      metadata: { name: 'bench' },
      settings: { nodeName: NODE, runDir, stateDir: join(dir, 'state'), kubeconfig: join(dir, 'kubeconfig'), hostRoot },
      bus: { port: busPort, storeDir },
      ...(monitors === undefined ? {} : { defaultMonitors: [], monitors }),
      exporters: {
        kubernetes: { enabled: true },
        http: { enabled: true, bindAddress: '127.0.0.1', hostPort: httpPort },
        prometheus: { enabled: true, bindAddress: '127.0.0.1', port: metricsPort },
      },
    }),
  )
  const up = spawn(process.execPath, [CLI, 'up', '--config', join(dir, 'config.json'), '--log-format', 'pretty'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...(options.kubeconfig === undefined ? {} : { KUBECONFIG: options.kubeconfig }) },
  })
  const ended = new Promise((resolve) => up.once('exit', resolve))
  const pids = await until('all processes run', async () => {
    const found = await processesOf(dir)
    return found.size === processes && found
  })
  async function stop(): Promise<void> {
    up.kill('SIGTERM')
    await ended
    await api.close()
    for (const folder of [dir, storeDir]) await rm(folder, { recursive: true, force: true })
  }

  return {
    runDir,
    storeDir,
    pids,
    async status() {
      const response = await fetch(`http://127.0.0.1:${httpPort}/status`, { signal: AbortSignal.timeout(5000) })
      return (await response.json()) as NodeView
    },
    async metrics() {
      const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { signal: AbortSignal.timeout(5000) })
      return response.text()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
