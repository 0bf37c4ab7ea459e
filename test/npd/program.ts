/** Runs one program over one case, and says what it told. */
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFile, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FakeApiServer, startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { type Canonical, canonicalOf, type Seen } from './canonical.ts'
import type { Ports } from './ports.ts'
import { startTranslator } from './translator.ts'
import type { Case, Told, ToldCondition, World } from './types.ts'

const NODE = 'worker-1'
/** A condition that is awaited comes within this, or is missing. */
const PATIENCE_MS = 15_000
/** One that does not end within this is killed. */
const END_MS = 10_000
/** Without steps: NPD writes its first conditions a second after its start, and so long after that something answers. */
const SETTLE_MS = 2500

/** A command that takes NPD's flags. */
export interface Program {
  readonly name: 'npd' | 'ours'
  readonly command: readonly string[]
}

function filled(text: string, folder: string): string {
  return text.replaceAll('{folder}', folder)
}

async function writeFiles({ files = {} }: Case, folder: string): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, filled(typeof content === 'string' ? content : JSON.stringify(content, null, 2), folder))
    if (name.endsWith('.sh')) await chmod(path, 0o755)
  }
}

/** What the kubelet says of every node. */
const KUBELETS = /^(?:Ready|MemoryPressure|DiskPressure|PIDPressure|NetworkUnavailable)$/

/** What the API server holds now. */
function toldTo(api: FakeApiServer): Told {
  const conditions = (api.node(NODE)?.status?.conditions ?? []).filter(({ type }) => !KUBELETS.test(type))
  return {
    conditions: Object.fromEntries(
      conditions.map(({ type, status, reason = '', message = '' }): [string, ToldCondition] => [
        type,
        { type, status, reason, message },
      ]),
    ),
    events: api.events().map(({ reason = '', message = '', count = 1 }) => ({ reason, message, count })),
  }
}

/** A program that runs, and what is known of it. */
interface Run {
  readonly folder: string
  readonly api: FakeApiServer
  readonly ports: OwnPorts
  readonly hasEnded: () => boolean
  /** Text of /metrics that a step waited for. */
  metrics?: string
}

/** Again and again, until it holds or the time is over. */
async function patiently({ hasEnded }: Run, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS
  while (!hasEnded() && Date.now() < endMs && !(await holds())) await sleep(50)
}

function worldOf(run: Run): World {
  const { folder, api, ports, hasEnded } = run
  return {
    folder,
    append: (file, ...lines) => appendFile(join(folder, file), lines.map((line) => `${line}\n`).join('')),
    async replace(file, text) {
      const path = join(folder, file)
      await writeFile(`${path}.new`, filled(text, folder), { mode: file.endsWith('.sh') ? 0o755 : 0o644 })
      await rename(`${path}.new`, path)
    },
    until: (what) => patiently(run, () => what(toldTo(api))),
    untilMetrics: (what) =>
      patiently(run, async () => {
        const text = await ask(ports.metrics, '/metrics')
        if (text === undefined || !what(text)) return false
        run.metrics = text
        return true
      }),
    async pass(ms) {
      if (!hasEnded()) await sleep(ms)
    },
  }
}

async function ask(port: number, path: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5000) })
    return await answer.text()
  } catch {
    // Nobody listens: that is what the record says then.
    return undefined
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** How a child ended: its code, or "SIGKILL". */
function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(127))
    child.once('exit', (code) => resolve(code ?? -1))
  })
}

async function end(child: ChildProcess, ended: Promise<number>): Promise<number> {
  child.kill('SIGTERM')
  const killing = setTimeout(() => child.kill('SIGKILL'), END_MS)
  try {
    return await ended
  } finally {
    clearTimeout(killing)
  }
}

/** Its first answer or request: steps are counted from there, however late a start on a busy machine is. */
async function untilUp(run: Run): Promise<void> {
  const { api, ports } = run
  const isUp = async () =>
    api.requests.length > 0 ||
    (await ask(ports.metrics, '/metrics')) !== undefined ||
    (await ask(ports.own, '/healthz')) !== undefined
  await patiently(run, isUp)
}

interface OwnPorts {
  readonly own: number
  readonly metrics: number
}

function flagsOf({ flags, ownFlags = [] }: Case, program: Program, folder: string, api: string, ports: OwnPorts) {
  return [
    `--hostname-override=${NODE}`,
    `--apiserver-override=${api}?inClusterConfig=false`,
    `--port=${ports.own}`,
    `--prometheus-port=${ports.metrics}`,
    ...flags,
    ...(program.name === 'ours' ? ownFlags : []),
  ].map((flag) => filled(flag, folder))
}

/** @param onLog takes what it writes */
export async function runProgram(
  program: Program,
  one: Case,
  nextPort: Ports,
  onLog: (text: string) => void = () => undefined,
): Promise<Canonical> {
  const folder = await mkdtemp(join(tmpdir(), 'npd-case-'))
  const api = await startFakeApiServer({ nodes: [NODE], anonymous: 'all' })
  const translator = await startTranslator(api.url)
  const ports = { own: await nextPort(), metrics: await nextPort() }
  try {
    await writeFiles(one, folder)
    const [file = '', ...args] = [...program.command, ...flagsOf(one, program, folder, translator.url, ports)]
    const fromMs = Date.now()
    const env = { ...process.env, ...one.env }
    const child = spawn(file, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => onLog(chunk.toString()))
    let exitCode: number | undefined
    const ended = endOf(child).then((code) => {
      exitCode = code
      return code
    })
    const run: Run = { folder, api, ports, hasEnded: () => exitCode !== undefined }
    await untilUp(run)
    const steps = one.steps ?? (() => Promise.race([sleep(SETTLE_MS), ended]).then(() => undefined))
    await steps(worldOf(run))
    const [metrics, conditions, healthz] = await Promise.all([
      run.metrics ?? ask(ports.metrics, '/metrics'),
      ask(ports.own, '/conditions'),
      ask(ports.own, '/healthz'),
    ])
    const early = exitCode
    const endCode = early === undefined ? await end(child, ended) : undefined
    const seen: Seen = {
      ...{ exitCode: early, endCode, requests: api.requests, metrics, conditions: parsed(conditions), healthz },
      ...{ folder, fromMs, toMs: Date.now() },
    }
    return canonicalOf(seen)
  } finally {
    await translator.close()
    await api.close()
    await rm(folder, { recursive: true, force: true })
  }
}
