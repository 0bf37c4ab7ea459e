/** `node-doctor up` with the detector alone, on a run directory of its own, and what it prints on each stream. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach } from 'vitest'
import { storeInMemory } from '../../services/cli/up/store.ts'
import { ensureBuilt, until } from './constellation.ts'

const CLI = new URL('../../dist/cli.mjs', import.meta.url).pathname

export interface RunningUp {
  readonly child: ChildProcess
  readonly runDir: string
  /** All of its standard output and standard error up to now. */
  readonly printed: { out: string; err: string }
  /** Sends a signal and waits until it is gone. @returns its exit code */
  end(signal: NodeJS.Signals): Promise<number | null>
}

export interface UpPlace {
  readonly dir: string
  /** Ready when it resolves. @param name of its run directory below `dir` */
  start(name: string, args?: readonly string[]): Promise<RunningUp>
}

/** A folder for each test, and every `up` that it starts ended after it; their stores in memory are removed. */
export function upPlace(): UpPlace {
  const started: RunningUp[] = []
  let dir = ''
  beforeAll(ensureBuilt)
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nd-up-'))
  })
  afterEach(async () => {
    for (const { end } of started) await end('SIGKILL')
    for (const { runDir } of started.splice(0)) await rm(storeInMemory(runDir), { recursive: true, force: true })
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  })

  async function start(name: string, args: readonly string[] = []): Promise<RunningUp> {
    const runDir = join(dir, name)
    const folders = ['--run-dir', runDir, '--state-dir', join(dir, `${name}-state`)]
    const child = spawn(process.execPath, [CLI, 'up', '--services', 'detector', ...folders, ...args], {
      env: { ...process.env, NODE_DOCTOR_CONFIG: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const printed = { out: '', err: '' }
    child.stdout.on('data', (chunk: Buffer) => {
      printed.out += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      printed.err += chunk.toString()
    })
    const closed = once(child, 'close')
    const running: RunningUp = {
      child,
      runDir,
      printed,
      async end(signal) {
        child.kill(signal)
        await closed
        return child.exitCode
      },
    }
    started.push(running)
    await until('it is ready', () => printed.out.includes('All ready in'), 30_000)
    return running
  }
  return {
    get dir() {
      return dir
    },
    start,
  }
}
