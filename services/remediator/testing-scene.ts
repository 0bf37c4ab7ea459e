/** The real service on a real bus, with a plug-in that repairs. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'
import { parseConfig } from '#config'
import { createHost } from '#host'
import type { MonitorState, Problem, ToldRemediation } from '#model'
import { type DetectorServer, DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { connectUnix, GRPC_STATUS, type RpcClient, serveUnix } from '#rpc'
import { createMetrics, createServerDoor, type Service, systemClock } from '#service'
import { socketOf } from '#service-table'
import { fromProtoRemediation } from '#wire/remediation'
import { startTestBus, type TestBus } from '../../libs/bus/testing.ts'
import { startTestDetector, type TestDetector } from '../../libs/bus/testing-detector.ts'
import { type KeptLog, keepLog } from '../../libs/service/testing.ts'
import { someMonitor, someProblem } from '../../libs/view/testing.ts'
import { remediatorConfig } from './config.ts'
import { remediator } from './service.ts'
import { startRunner, type TestRunner } from './testing-runner.ts'

const NAME = 'remediator'
const HEAD = 'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: test }\n'

/** A life of the service. */
export interface Life {
  readonly service: Service
  readonly log: KeptLog
  readonly client: RpcClient
  stop(): Promise<void>
}

/** What a test has. */
export interface Scene {
  readonly dir: string
  readonly bus: TestBus
  readonly detector: TestDetector
  readonly runner: TestRunner
  /** The detector is heard. */
  beats: boolean
  /** Of the machine, for lives that begin from now on. Default: this machine's. */
  bootId: string
  /** Whoever acts on the machine; undefined: nobody. */
  readonly hostActions: TestRunner | undefined
  /** What the detector does when it is asked for a look; undefined: nobody is there who could be asked. */
  onCheck: (() => Promise<void>) | undefined
  /** Opens, changes or resolves the problem of the check `disk`, with a look of it. */
  problem(changes?: Partial<Problem>): Promise<Problem>
  /** The check has looked now. */
  look(): Promise<void>
  /** The service from here on; again: after a restart. */
  run(): Promise<Life>
  /** What the journal says, the oldest first. */
  records(life: Life): Promise<readonly ToldRemediation[]>
}

/** What a scene may have beside its section of repairs. */
export interface SceneSetting {
  /** Default 30s. */
  readonly verifyWithin?: string
  /** Default 2. */
  readonly maxAttempts?: number
  /** The strategy of the check `disk` with its keys. Default: by the plug-in. */
  readonly repair?: string
  /** A file; default: no cluster is known. */
  readonly kubeconfig?: string
  /** Another plug-in, its socket, for another check (of the same monitor) that is called as it is. */
  readonly other?: { readonly name: string; readonly socket: string }
  /** Somebody acts on the machine. Default false. */
  readonly hasHostActions?: boolean
}

const BY_PLUGIN = 'strategy: external-action, plugin: fixer, pluginAction: fix'

function configText(
  socket: string,
  section: string,
  { verifyWithin = '30s', maxAttempts = 2, repair = BY_PLUGIN, other }: SceneSetting,
): string {
  const plugin = other === undefined ? '' : `, { name: ${other.name}, socketAddress: ${other.socket} }`
  const check =
    other === undefined
      ? ''
      : `  - { name: ${other.name}, type: system-memory, remediation: { strategy: external-action, plugin: ${other.name}, pluginAction: fix } }\n`
  return `${HEAD}settings: { nodeName: worker-7 }
remediation:
  enabled: true
  maxRetriesPerMinute: 0
  actions: [{ name: fixer, socketAddress: ${socket} }${plugin}]
${section}
monitors:
  - name: disk
    type: system-disk
    remediation: { ${repair}, cooldown: 1s, verifyWithin: ${verifyWithin}, maxAttempts: ${maxAttempts} }
${check}`
}

/** Where a service of this bus's machine listens. */
async function socketIn({ dir }: TestBus, name: 'host-actions' | 'detector'): Promise<string> {
  const path = socketOf({ name, kind: 'core' }, dir)
  await mkdir(dirname(path), { recursive: true })
  return path
}

/** A detector as far as it can be asked for a look. */
async function serveChecks(path: string, onCheck: () => Scene['onCheck']): Promise<() => Promise<void>> {
  const check: DetectorServer['check'] = (_, callback) => {
    const ask = onCheck()
    if (ask === undefined) callback({ code: GRPC_STATUS.UNAVAILABLE, details: 'nobody looks' })
    else void ask().then(() => callback(null, { report: undefined }))
  }
  const server = await serveUnix({
    path,
    services: [{ definition: { check: DetectorService.check }, implementation: { check } }],
    serving: () => true,
  })
  return () => server.close(0)
}

/** Makes scenes that end with their test. */
export function scenesOfTests(): (section?: string, setting?: SceneSetting) => Promise<Scene> {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })
  return async (section = '', setting = {}) => {
    const dir = await mkdtemp(join(tmpdir(), 'nd-rem-'))
    ends.push(() => rm(dir, { recursive: true, force: true }))
    const bus = await startTestBus()
    ends.push(() => bus.close())
    const detector = await startTestDetector(bus)
    const runner = await startRunner(join(dir, 'fixer.sock'))
    ends.push(runner.close)
    const hostActions =
      setting.hasHostActions === true ? await startRunner(await socketIn(bus, 'host-actions')) : undefined
    if (hostActions !== undefined) ends.push(hostActions.close)
    const scene: Pick<Scene, 'beats' | 'bootId' | 'onCheck'> = {
      beats: true,
      bootId: await createHost({ root: '' }).bootId(),
      onCheck: undefined,
    }
    ends.push(await serveChecks(await socketIn(bus, 'detector'), () => scene.onCheck))
    const beat = setInterval(() => {
      try {
        if (scene.beats) detector.heartbeat()
      } catch {
        // A test has ended this bus.
      }
    }, 200)
    ends.push(async () => clearInterval(beat))
    const text = configText(join(dir, 'fixer.sock'), section, setting)
    const full = parseConfig(text, '/etc/node-doctor/config.yaml', { env: {}, flags: [] })
    const opened = new Date()
    let current = someProblem({
      check: 'disk',
      source: 'system',
      owner: 'system',
      opened,
      phase: 'opened',
      generation: 1,
    })

    async function look(): Promise<void> {
      const [run] = someMonitor().runs
      if (run === undefined) throw new Error('the monitor has a run')
      const monitor: MonitorState = someMonitor({
        name: 'system',
        runs: ['disk', setting.other?.name ?? []]
          .flat()
          .map((check) => ({ ...run, check, started: new Date(), durationUs: 1, intervalMs: 30_000 })),
      })
      await detector.monitor(monitor)
    }

    async function run(): Promise<Life> {
      const log = keepLog(NAME)
      const clock = systemClock()
      const settings = { ...full.settings, runDir: bus.dir, kubeconfig: setting.kubeconfig }
      const service = await remediator.create({
        name: NAME,
        version: '0.1.0',
        nodeName: 'worker-7',
        config: remediatorConfig({ ...full, settings }),
        runDir: bus.dir,
        stateDir: join(dir, 'state'),
        host: { ...createHost({ root: '' }), bootId: () => Promise.resolve(scene.bootId) },
        bus: createServerDoor({ name: NAME, log: log.log, clock, config: { ...full, settings } }),
        clock,
        log: log.log,
        metrics: createMetrics(),
        signal: new AbortController().signal,
      })
      await service.start(new AbortController().signal)
      const path = join(dir, `rpc-${ends.length}.sock`)
      const server = await serveUnix({ path, services: service.rpc, serving: () => true })
      const client = connectUnix(path)
      let stopped: Promise<void> | undefined
      const stop = () =>
        (stopped ??= (async () => {
          client.close()
          await server.close(0)
          await service.stop()
        })())
      ends.push(stop)
      return { service, log, client, stop }
    }

    return Object.assign(scene, {
      dir,
      bus,
      detector,
      runner,
      hostActions,
      look,
      run,
      async problem(changes: Partial<Problem> = {}) {
        current = { ...current, revision: current.revision + 1, ...changes }
        await look()
        await detector.problem(current)
        return current
      },
      async records({ client }: Life) {
        const answer = await client.call(RemediatorService.history, { limit: 1000, fingerprint: '', before: 0 })
        return answer.records.flatMap((record) => fromProtoRemediation(record, new Date(0)) ?? []).toReversed()
      },
    })
  }
}
