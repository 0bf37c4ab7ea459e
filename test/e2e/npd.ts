/** `node-doctor npd` as a process, beside the API server's fake, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { freePort } from '../../libs/bus/testing.ts'
import { type FakeApiServer, type FakeOptions, type Rule, startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { until } from './constellation.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const COMMANDS = { npd: [join(ROOT, 'dist/npd.mjs')], bin: [join(ROOT, 'services/cli/bin.mjs'), 'npd'] } as const

export const NODE = 'worker-1'

/** What `system:node-problem-detector` may do. */
export const RULES: readonly Rule[] = [
  { verbs: ['get'], resources: ['nodes'] },
  { verbs: ['patch'], resources: ['nodes/status'] },
  { verbs: ['create', 'patch', 'update'], resources: ['events'] },
]

export interface RunningNpd {
  readonly child: ChildProcess
  readonly ports: { readonly own: number; readonly metrics: number }
  /** All that it printed up to now. */
  readonly printed: { out: string; err: string }
  /** Its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>
  /** Asks it to end. @returns its exit code, and how long that took */
  end(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly ms: number }>
  /** What its own port, or that of metrics, answers; undefined: nothing. */
  ask(path: '/healthz' | '/conditions' | '/metrics'): Promise<string | undefined>
}

export interface NpdPlace {
  readonly dir: string
  readonly api: FakeApiServer
  /** Temporary folders of processes that run, or that left theirs behind. */
  leftFolders(): Promise<readonly string[]>
  write(name: string, content: unknown): Promise<string>
  append(name: string, ...lines: readonly string[]): Promise<void>
  /** @param words behind the flags that every one has. */
  start(words: readonly string[], options?: StartOptions): Promise<RunningNpd>
  /** Status and reason of a condition that stands on the node. */
  condition(type: string): string | undefined
}

export interface StartOptions {
  /** Default dist/npd.mjs. */
  readonly by?: keyof typeof COMMANDS
  readonly env?: NodeJS.ProcessEnv
  /** No flags but the words. */
  readonly isBare?: boolean
  readonly ports?: RunningNpd['ports']
}

/** A file of a log, as node-problem-detector's own are written. */
export function logFile(logPath: string, type: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    plugin: 'filelog',
    pluginConfig: {
      timestamp: '^.{15}',
      message: 'kernel: (.*)',
      timestampFormat: 'Jan _2 15:04:05',
    },
    logPath,
    lookback: '5m',
    bufferSize: 10,
    source: 'kernel-monitor',
    conditions: [{ type, reason: 'NoProblem', message: 'all is well' }],
    rules: [
      { type: 'permanent', condition: type, reason: 'Hung', pattern: 'task \\S+ hangs' },
      { type: 'temporary', reason: 'OOMKilling', pattern: 'Killed process \\d+' },
    ],
    ...more,
  }
}

/** A line of that log, told now. */
export function lineOf(text: string, at = new Date()): string {
  const month = at.toLocaleString('en-US', { month: 'short' })
  return `${month} ${String(at.getDate()).padStart(2)} ${at.toTimeString().slice(0, 8)} ${NODE} kernel: ${text}`
}

async function answerOf(port: number, path: string): Promise<string | undefined> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5000) })).text()
  } catch {
    return undefined
  }
}

function handleOf(child: ChildProcess, ports: RunningNpd['ports']): RunningNpd {
  const printed = { out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => {
    printed.out += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    printed.err += chunk.toString()
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    ...{ child, ports, printed, ended },
    async end(signal = 'SIGTERM') {
      const fromMs = performance.now()
      child.kill(signal)
      return { code: await ended, ms: performance.now() - fromMs }
    },
    ask: (path) => answerOf(path === '/metrics' ? ports.metrics : ports.own, path),
  }
}

/** Of each test its own; what it started is ended after it. */
export function npdPlace(options: FakeOptions = {}): NpdPlace {
  const started: RunningNpd[] = []
  let dir = ''
  let api: FakeApiServer
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nd-npd-'))
    api = await startFakeApiServer({ nodes: [NODE], anonymous: RULES, ...options })
  })
  afterEach(async () => {
    for (const { child, ended } of started.splice(0)) {
      child.kill('SIGTERM')
      const killing = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(killing)
    }
    await api.close()
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  })

  return {
    get dir() {
      return dir
    },
    get api() {
      return api
    },
    leftFolders: async () => (await readdir(dir)).filter((name) => name.startsWith('node-doctor-npd-')),
    async write(name, content) {
      const path = join(dir, name)
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
      return path
    },
    append: (name, ...lines) => appendFile(join(dir, name), lines.map((line) => `${line}\n`).join('')),
    async start(words, { by = 'npd', env = {}, isBare = false, ports: given } = {}) {
      const ports = given ?? { own: await freePort(), metrics: await freePort() }
      const flags = [
        `--hostname-override=${NODE}`,
        `--apiserver-override=${api.url}?inClusterConfig=false`,
        `--port=${ports.own}`,
        `--prometheus-port=${ports.metrics}`,
      ]
      const child = spawn(process.execPath, [...COMMANDS[by], ...(isBare ? [] : flags), ...words], {
        cwd: dir,
        env: { ...process.env, NODE_NAME: '', TMPDIR: dir, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const running = handleOf(child, ports)
      started.push(running)
      return running
    },
    condition(type) {
      const told = api.node(NODE)?.status?.conditions?.find((one) => one.type === type)
      return told && `${told.status} ${told.reason ?? ''}`
    },
  }
}

/** Waits until a condition stands on the node so. */
export function untilCondition(place: NpdPlace, type: string, expected: string | undefined): Promise<true> {
  return until(`${type} is ${expected}`, () => place.condition(type) === expected, 30_000).catch((err: unknown) => {
    throw new Error(`${String(err)}; it is ${place.condition(type)}`)
  })
}
