/** A fleet with a real engine over real sockets, for tests: short times, nothing on a bus. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Clock, systemClock } from '#clock'
import type { PluginEntry } from '#config'
import { createHost } from '#host'
import { type Change, DEFAULT_LIMITS } from '#model'
import {
  ConditionStatus,
  type ExternalMonitorServer,
  ExternalMonitorService,
  MonitorMetadata,
  Status,
} from '#proto/npd/external/v1/external_monitor.ts'
import { type RpcServer, serveUnix } from '#rpc'
import { createLogger } from '#service'
import type { CheckPlace, DetectorConfig } from '../config.ts'
import { createEngine } from '../engine.ts'
import type { Engine } from '../engine-types.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { createOwnership } from './ownership.ts'
import { mostThingsOf } from './reading.ts'
import { createOpenChannel } from './rpc-channel.ts'
import { type Wanted, wantedOf } from './wanted.ts'

export const LOST_MS = 1500
export const SILENT_MS = 1200

export interface Bench extends AsyncDisposable {
  /** The one folder in which sockets are looked for. */
  readonly dir: string
  readonly engine: Engine
  readonly fleet: Fleet
  readonly changes: Change[]
  /** Of its log, as JSON. */
  readonly lines: readonly string[]
  /** Serves on `<dir>/<path>`. */
  serve(path: string, services: Parameters<typeof serveUnix>[0]['services']): Promise<RpcServer>
  /** A process that listens on `<dir>/<path>` with a queue of so many, and takes no connection ever. */
  listenOnly(path: string, backlog: number, queue: 'full' | 'empty'): Promise<ChildProcess>
  /** How often the log says this of a monitor. */
  logged(message: string, monitor: string): number
  /** Words of the open problem of this type and entity. */
  problem(type: string, entity?: string): string | undefined
}

/** Node's own server would take the connections. */
const LISTEN_ONLY = `
import socket, sys, time
path, backlog, queue = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen(int(backlog))
waiting = []
while queue == 'full':
    c = socket.socket(socket.AF_UNIX)
    c.setblocking(False)
    try:
        c.connect(path)
    except BlockingIOError:
        break
    waiting.append(c)
print('listens', flush=True)
time.sleep(120)
`

/** What a test says of the configuration. */
export interface Asked {
  readonly plugins?: readonly PluginEntry[]
  readonly detector?: Partial<DetectorConfig['detector']>
  readonly monitors?: readonly Partial<CheckPlace>[]
  readonly catalog?: DetectorConfig['catalog']
  readonly missing?: DetectorConfig['missing']
  readonly badNpdFiles?: DetectorConfig['badNpdFiles']
}

/** A fleet as such a configuration asks for it, below a folder: sockets of ours in `run`, others in the folder itself. */
export function wantedAt(dir: string, asked: Asked): Wanted {
  const { plugins = [], detector, monitors = [], catalog, missing = [], badNpdFiles = [] } = asked
  const limits = {
    reportsPerSecond: 500,
    messageBytes: 4_194_304,
    conditionsPerMonitor: 100,
    eventsPerReport: 100,
    entitiesPerType: 100,
  }
  const times = { lostAfterMs: LOST_MS, forgetAfterMs: 3_600_000 }
  return wantedOf({
    settings: { runDir: join(dir, 'run'), nodeName: 'n1' },
    bus: { url: '', port: 0, storeDir: '', maxStoreBytes: 0 },
    detector: { monitorDirs: [dir], discovery: true, expect: [], limits, ...times, ...detector },
    monitors: monitors.map((one) => ({ name: 'check', monitor: '', enabled: true, when: 'always', ...one })),
    plugins,
    catalog: catalog ?? [{ monitor: 'system', conditionTypes: [], sharedTypes: [] }],
    missing,
    badNpdFiles,
    refused: [],
    absentReaders: [],
  })
}

export function pluginAt(name: string, socketPath: string, more: Partial<PluginEntry> = {}): PluginEntry {
  const origin = { layer: 'file', text: 'test' } as const
  return {
    name,
    socketPath,
    intervalMs: 300,
    timeoutMs: 200,
    skipInitialStatus: false,
    retryPolicy: { maxAttempts: 5, backoffMultiplier: 2, initialBackoffMs: 1000, maxBackoffMs: 300_000 },
    healthCheck: { intervalMs: 30_000, timeoutMs: 5000, errorThreshold: 3 },
    parameters: {},
    conditions: [],
    origin,
    ...more,
  }
}

export interface BenchOptions {
  readonly plugins?: (dir: string) => readonly PluginEntry[]
  /** What else it begins with. */
  readonly asked?: Asked
  readonly forgetAfterMs?: number
  /** Hears what goes to the bus; what it throws meets the engine. */
  readonly publish?: (changes: readonly Change[]) => void
  /** Default the system's. */
  readonly clock?: Clock
  /** Before the fleet starts: what an earlier life has left. */
  readonly before?: (engine: Engine, dir: string) => void
}

export async function createBench(options: BenchOptions = {}): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-fleet-'))
  const changes: Change[] = []
  const servers: RpcServer[] = []
  const children: ChildProcess[] = []
  const lines: string[] = []
  const { clock = systemClock() } = options
  const engine = createEngine({
    version: '1',
    clock,
    limits: DEFAULT_LIMITS,
    ownership: createOwnership({ builtIn: [], configured: [] }),
    incarnation: 1,
    publish: (made, receipt) => {
      options.publish?.(made)
      changes.push(...made)
      receipt?.done()
    },
    publishMetrics: () => 0,
  })
  options.before?.(engine, dir)
  const fleet = createFleet({
    engine,
    open: createOpenChannel(4_194_304, mostThingsOf(DEFAULT_LIMITS), clock),
    log: createLogger({ component: 'test', level: 'info', format: 'json', write: (line) => lines.push(line) }),
    clock,
    files: createHost({ root: '' }).files,
    silentAfterMs: SILENT_MS,
  })
  const { forgetAfterMs, asked = {} } = options
  const detector = { ...asked.detector, ...(forgetAfterMs !== undefined && { forgetAfterMs }) }
  await fleet.reconcile(wantedAt(dir, { plugins: options.plugins?.(dir) ?? [], ...asked, detector }))
  return {
    dir,
    engine,
    fleet,
    changes,
    lines,
    async serve(path, services) {
      await mkdir(dirname(join(dir, path)), { recursive: true })
      const server = await serveUnix({ path: join(dir, path), services, serving: () => true })
      servers.push(server)
      return server
    },
    async listenOnly(path, backlog, queue) {
      const child = spawn('python3', ['-c', LISTEN_ONLY, join(dir, path), String(backlog), queue], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      children.push(child)
      await once(child.stdout, 'data')
      return child
    },
    logged: (message, monitor) =>
      lines.filter((line) => line.includes(`"${message}"`) && line.includes(`"${monitor}"`)).length,
    problem(type, entity) {
      for (const problem of engine.state.problems.values()) {
        const isMeant = problem.type === type && (entity === undefined || problem.entity === entity)
        if (isMeant && problem.phase !== 'resolved') return problem.message
      }
      return undefined
    },
    async [Symbol.asyncDispose]() {
      await fleet.stop()
      for (const server of servers) await server.close(0)
      for (const child of children) child.kill('SIGKILL')
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** A plug-in of the older protocol whose next answers are what `answer` says then. */
export function polled(
  answer: () => Partial<Status> | 'hang' | Error,
  onAskedWho: () => void = () => undefined,
): {
  definition: typeof ExternalMonitorService
  implementation: ExternalMonitorServer
} {
  return {
    definition: ExternalMonitorService,
    implementation: {
      checkHealth(_call, callback) {
        const said = answer()
        if (said === 'hang') return
        if (said instanceof Error) callback({ code: 2, details: said.message })
        else callback(null, Status.fromPartial({ source: 'test', ...said }))
      },
      getMetadata(_call, callback) {
        onAskedWho()
        callback(null, MonitorMetadata.fromPartial({ name: 'p', version: '1', apiVersion: 'v1' }))
      },
      stop: (_call, callback) => callback(null, {}),
    },
  }
}

export function condition(type: string, isSick = false): Status['conditions'][number] {
  const status = isSick ? ConditionStatus.TRUE : ConditionStatus.FALSE
  return { type, status, transition: undefined, reason: isSick ? 'Sick' : 'Fine', message: 'as it is' }
}
