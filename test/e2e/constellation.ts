/**
 * The real processes on this machine, for tests: each service from its bundle, its own folders, free ports, started
 * again when it dies (as the kubelet and `node-doctor up` do) unless a test holds it down.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConditionView, NodeView, ProblemView, StreamMessage } from '#view'
import { freePort } from '../../libs/bus/testing.ts'
import { CATALOG, checkOf } from '../../libs/config/catalog.ts'
import { DEFAULT_CHECKS } from '../../libs/config/layers/default-checks.ts'
import { HEAP_FLAG, NODE_FLAGS, nodeEnvOf, nodeFlagsOf } from '../../services/cli/up/node-flags.ts'

const DIST = new URL('../../dist/', import.meta.url).pathname
export const FLAGS = [...NODE_FLAGS, HEAP_FLAG]

/** Builds the bundles and the page; what did not change is left as it is. */
export function build(): void {
  execFileSync(process.execPath, ['scripts/build.ts'], {
    cwd: new URL('../..', import.meta.url).pathname,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Builds if nothing is there. Before tests of the project `world` it was built. */
export function ensureBuilt(): void {
  if (!['detector', 'http-exporter', 'system'].every((name) => existsSync(join(DIST, `${name}.mjs`)))) build()
}

/** Waits until `probe` returns something; fails after `ms` with what it last said. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 20_000,
): Promise<T> {
  const deadline = performance.now() + ms
  let last: unknown
  for (;;) {
    try {
      const value = await probe()
      if (value !== undefined && value !== false) return value
    } catch (err) {
      last = err
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${ms} ms${last ? ` (${String(last)})` : ''}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

interface Running {
  child: ChildProcess | undefined
  held: boolean
  starts: number
  readonly log: string[]
  exitCodes: (number | null)[]
}

export interface ConstellationOptions {
  /** Merged over the test's default configuration, section by section. */
  readonly config?: Record<string, unknown>
  readonly services?: readonly string[]
  readonly dir?: string
  readonly env?: Record<string, string>
  /** Folders of other builds, by service. */
  readonly builds?: Readonly<Record<string, string>>
  /** A program put before node: ["faketime", "-f", "+1h"]; or that of each service, by its name. */
  readonly wrap?: readonly string[] | ((service: string) => readonly string[])
}

export interface Constellation {
  readonly dir: string
  readonly runDir: string
  readonly stateDir: string
  readonly configFile: string
  readonly url: string
  readonly metricsUrl: string
  readonly natsPort: number
  pid(service: string): number
  starts(service: string): number
  log(service: string): readonly string[]
  kill(service: string, signal?: NodeJS.Signals): void
  /** Keeps a service down after it ends. */
  hold(service: string): void
  release(service: string): void
  /** PID of the embedded nats-server. */
  natsPid(): number | undefined
  json<T>(path: string): Promise<T>
  status(): Promise<NodeView>
  condition(type: string, entity?: string): Promise<ConditionView | undefined>
  problem(type: string, entity?: string): Promise<ProblemView | undefined>
  ready(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
}

export async function startConstellation(options: ConstellationOptions = {}): Promise<Constellation> {
  ensureBuilt()
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'nd-e2e-')))
  const [httpPort, metricsPort, natsPort] = [await freePort(), await freePort(), await freePort()]
  const runDir = join(dir, 'run')
  const stateDir = join(dir, 'state')
  const configFile = join(dir, 'config.json')
  const more = (options.config ?? {}) as Record<string, Record<string, unknown>>
  const services = options.services ?? ['detector', 'system', 'http-exporter']
  // Of a monitor that nobody starts nothing is asked: it would be missing.
  const monitors = Object.entries(DEFAULT_CHECKS)
    .filter(([monitor]) => monitor === 'system' || services.includes(monitor))
    .flatMap(([, checks]) => checks)
    // What is for some machines only a build before does not know either.
    .filter(({ type }) => options.builds === undefined || checkOf(CATALOG, type)?.when === undefined)
  const config = {
    apiVersion: 'node-doctor.io/v1alpha1',
    kind: 'NodeDoctorConfig',
    metadata: { name: 'test' },
    // A build before knows no such key.
    ...(options.builds === undefined ? { defaultMonitors: [] } : {}),
    monitors,
    ...more,
    settings: { nodeName: 'test-node', runDir, stateDir, logLevel: 'debug', logFormat: 'json', ...more['settings'] },
    bus: { port: natsPort, ...more['bus'] },
    exporters: {
      http: { enabled: true, bindAddress: '127.0.0.1', hostPort: httpPort },
      prometheus: { enabled: true, bindAddress: '127.0.0.1', port: metricsPort },
      ...more['exporters'],
    },
  }
  await writeFile(configFile, JSON.stringify(config, null, 2))
  const running = new Map<string, Running>()
  let stopping = false

  function start(name: string): void {
    const slot = running.get(name) ?? { child: undefined, held: false, starts: 0, log: [], exitCodes: [] }
    running.set(name, slot)
    const { wrap = [] } = options
    const argv = [
      ...(typeof wrap === 'function' ? wrap(name) : wrap),
      process.execPath,
      ...nodeFlagsOf(name),
      HEAP_FLAG,
      join(options.builds?.[name] ?? DIST, `${name}.mjs`),
      '--config',
      configFile,
    ]
    const child = spawn(argv[0] ?? process.execPath, argv.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...nodeEnvOf(name), ...options.env },
    })
    slot.child = child
    slot.starts++
    for (const stream of [child.stdout, child.stderr]) {
      let rest = ''
      stream?.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n')
        rest = lines.pop() ?? ''
        slot.log.push(...lines)
        if (slot.log.length > 5000) slot.log.splice(0, 1000)
      })
    }
    child.on('exit', (code) => {
      slot.exitCodes.push(code)
      slot.child = undefined
      if (!stopping && !slot.held) setTimeout(() => !stopping && !slot.held && start(name), 200)
    })
  }
  function slotOf(name: string): Running {
    const slot = running.get(name)
    if (slot === undefined) throw new Error(`no service ${name}`)
    return slot
  }

  for (const name of services) start(name)

  const constellation: Constellation = {
    dir,
    runDir,
    stateDir,
    configFile,
    natsPort,
    url: `http://127.0.0.1:${httpPort}`,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    pid: (name) => slotOf(name).child?.pid ?? -1,
    starts: (name) => slotOf(name).starts,
    log: (name) => slotOf(name).log,
    kill: (name, signal = 'SIGKILL') => slotOf(name).child?.kill(signal),
    hold: (name) => {
      slotOf(name).held = true
    },
    release: (name) => {
      const slot = slotOf(name)
      slot.held = false
      if (slot.child === undefined) start(name)
    },
    natsPid: () => natsPidOf(runDir),
    async json<T>(path: string) {
      const response = await fetch(`http://127.0.0.1:${httpPort}${path}`, { signal: AbortSignal.timeout(5000) })
      return (await response.json()) as T
    },
    status: () => constellation.json<NodeView>('/status'),
    condition: async (type, entity = '') =>
      (await constellation.status()).conditions.find((c) => c.type === type && c.entity === entity),
    problem: async (type, entity = '') =>
      (await constellation.status()).problems.find((p) => p.type === type && p.entity === entity),
    ready: async () => {
      await until(
        'the exporter is live',
        async () => (await constellation.status()).detector.state === 'live',
        90_000,
      ).catch((err: unknown) => {
        const logs = [...running].map(([name, slot]) => `--- ${name}\n${slot.log.slice(-15).join('\n')}`).join('\n')
        throw new Error(`${String(err)}\n${logs}`)
      })
    },
    async stop(signal = 'SIGTERM') {
      stopping = true
      const children = [...running.values()].flatMap(({ child }) => (child ? [child] : []))
      await Promise.all(
        children.map(
          (child) =>
            new Promise<void>((resolve) => {
              const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
              child.on('exit', () => {
                clearTimeout(timer)
                resolve()
              })
              child.kill(signal)
            }),
        ),
      )
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
  return constellation
}

/** The nats-server whose command line names this run directory. */
function natsPidOf(runDir: string): number | undefined {
  try {
    const pids = execFileSync('pgrep', ['-f', `^nats-server .*${runDir}`], { encoding: 'utf8' })
      .trim()
      .split('\n')
    return pids[0] ? Number(pids[0]) : undefined
  } catch {
    return undefined
  }
}

/** Reads `/stream` until closed; keeps every message with the monotonic time of its arrival. */
export interface StreamReader {
  readonly messages: readonly { readonly atMs: number; readonly message: StreamMessage }[]
  close(): void
}

export function readStream(url: string): StreamReader {
  const abort = new AbortController()
  const messages: { atMs: number; message: StreamMessage }[] = []
  async function read(): Promise<void> {
    const response = await fetch(`${url}/stream`, { signal: abort.signal, headers: { accept: 'text/event-stream' } })
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of response.body ?? []) {
      const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) {
        const data = part
          .split('\n')
          .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trimStart()] : []))
          .join('\n')
        if (data !== '') messages.push({ atMs: performance.now(), message: JSON.parse(data) as StreamMessage })
      }
    }
  }
  read().catch(() => undefined)
  return { messages, close: () => abort.abort() }
}

/** Names of sockets below a folder. */
export async function socketsBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isSocket()).map((entry) => join(entry.parentPath, entry.name))
}
