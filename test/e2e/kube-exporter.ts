/** The k8s-exporter as a process of its own, on a real bus that the test writes as a detector would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestBus, type TestBus } from '../../libs/bus/testing.ts'
import { startTestDetector, type TestDetector } from '../../libs/bus/testing-detector.ts'
import { someMonitor } from '../../libs/view/testing.ts'
import { HEAP_FLAG, NODE_ENV, nodeFlagsOf } from '../../services/cli/up/node-flags.ts'
import type { ApiServerUnderTest } from '../fakes/kube-apiserver/types.ts'
import { ensureBuilt } from './constellation.ts'

const BUNDLE = new URL('../../dist/k8s-exporter.mjs', import.meta.url).pathname

export interface KubeScene {
  readonly bus: TestBus
  readonly detector: TestDetector
  readonly pid: number
  readonly log: readonly string[]
  /** Starts it; after a kill again, in the same place. */
  start(): void
  kill(signal?: NodeJS.Signals): Promise<void>
  close(): Promise<void>
}

export interface KubeSceneOptions {
  readonly api: ApiServerUnderTest
  readonly nodeName: string
  /** "exporters.kubernetes.resyncInterval": "1s" … */
  readonly set?: Readonly<Record<string, string>>
}

export async function startKubeScene({ api, nodeName, set = {} }: KubeSceneOptions): Promise<KubeScene> {
  ensureBuilt()
  const dir = await mkdtemp(join(tmpdir(), 'nd-kube-e2e-'))
  const kubeconfig = join(dir, 'kubeconfig')
  await api.writeKubeconfig(kubeconfig)
  const bus = await startTestBus()
  const detector = await startTestDetector(bus)
  await detector.monitor(someMonitor({ name: 'system', origin: 'built-in' }))
  const beat = setInterval(() => detector.heartbeat(), 500)
  const log: string[] = []
  let child: ChildProcess | undefined

  const settings = {
    'settings.runDir': bus.dir,
    'settings.stateDir': join(dir, 'state'),
    'settings.nodeName': nodeName,
    'settings.kubeconfig': kubeconfig,
    'settings.logFormat': 'json',
    'exporters.kubernetes.enabled': 'true',
    ...set,
  }

  function start(): void {
    const args = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
    child = spawn(process.execPath, [...nodeFlagsOf('k8s-exporter'), HEAP_FLAG, BUNDLE, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...NODE_ENV },
    })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) =>
        log.push(
          ...chunk
            .toString()
            .split('\n')
            .filter((line) => line !== ''),
        ),
      )
  }

  function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const running = child
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return Promise.resolve()
    return new Promise((resolve) => {
      running.once('exit', () => resolve())
      running.kill(signal)
    })
  }

  start()
  return {
    bus,
    detector,
    log,
    get pid() {
      return child?.pid ?? -1
    },
    start,
    kill,
    async close() {
      clearInterval(beat)
      await kill()
      await bus.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
