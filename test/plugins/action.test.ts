/** The example of an action in Python: it keeps every rule that is asked of one, and does nothing twice, also when it is killed. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ActionRunnerService, RunRequest } from '#proto/nodedoctor/v1/action.ts'
import { AttemptOutcome } from '#proto/nodedoctor/v1/remediation.ts'
import { connectUnix, isAnswered, type RpcClient } from '#rpc'
import { systemClock } from '#service'
import { buildPlugin } from './build.ts'
import { LANGUAGES } from './languages.ts'

const ROOT = join(import.meta.dirname, '../..')
const [built] = LANGUAGES.filter(({ folder }) => folder === 'python').map((language) => buildPlugin(language))
const run = promisify(execFile)
const COMPACT = 'proc/sys/vm/compact_memory'

interface How {
  readonly join?: boolean
  readonly beginByMs?: number
  /** When its caller leaves. Default: after 20 s. */
  readonly signal?: AbortSignal
}

interface HeardEnd {
  readonly outcome: AttemptOutcome | undefined
  readonly joined: boolean | undefined
}

interface Scene {
  readonly root: string
  readonly socket: string
  start(): Promise<void>
  kill(): Promise<void>
  /** Whether it ran. */
  cancel(attempt: string): Promise<boolean>
  /** Asks for a run while it is stopped (SIGSTOP), gives it up, and lets it go on then. */
  giveUpStopped(attempt: string): Promise<void>
  /** The end of a run, and whether it was joined. */
  run(attempt: string, how?: How): Promise<HeardEnd>
}

function requestOf(attempt: string, how: How): RunRequest {
  const act = { strategy: 'external-action', target: 'external:memory/compact-memory', parameters: {}, text: '' }
  return RunRequest.fromPartial({ attempt, act, deadlineMs: 20_000, ...how })
}

async function heardOf(client: RpcClient, request: RunRequest, signal: AbortSignal): Promise<HeardEnd> {
  let [outcome, joined]: [HeardEnd['outcome'], HeardEnd['joined']] = [undefined, undefined]
  try {
    for await (const { what } of client.serverStream(ActionRunnerService.run, request, signal)) {
      if (what?.$case === 'begun') joined = what.value.joined
      if (what?.$case === 'ended') outcome = what.value.outcome
    }
  } catch {
    // It was killed: what was heard until then counts.
  }
  return { outcome, joined }
}

async function sceneOf(): Promise<Scene> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-action-'))
  const [root, socket] = [join(dir, 'root'), join(dir, 'memory.sock')]
  await mkdir(join(root, 'proc/sys/vm'), { recursive: true })
  await writeFile(join(root, COMPACT), '')
  const args = [join(built?.dir ?? '', 'action.py'), '--socket', socket, '--root', root, '--state', join(dir, 'state')]
  let child: ChildProcess | undefined
  async function kill(): Promise<void> {
    const exited = child && once(child, 'exit')
    child?.kill('SIGKILL')
    await exited
    child = undefined
  }
  onTestFinished(async () => {
    await kill()
    await rm(dir, { recursive: true, force: true })
  })
  return {
    root,
    socket,
    kill,
    async start() {
      child = spawn('python3', args, { stdio: ['ignore', 'ignore', 'inherit'] })
      await expect.poll(() => isAnswered(socket), { timeout: 20_000 }).toBe(true)
    },
    async cancel(attempt) {
      const client = connectUnix(socket)
      const { ran } = await client.call(ActionRunnerService.cancel, { attempt })
      client.close()
      return ran
    },
    async giveUpStopped(attempt) {
      const client = connectUnix(socket)
      const stop = new AbortController()
      await client.connected(stop.signal)
      child?.kill('SIGSTOP')
      try {
        const beginByMs = Math.ceil(systemClock().monotonicMs() + 200)
        const heard = heardOf(client, requestOf(attempt, { beginByMs }), stop.signal)
        await new Promise((soon) => setTimeout(soon, 500))
        stop.abort()
        await heard
      } finally {
        child?.kill('SIGCONT')
        // What waited in its socket is read.
        await client.call(ActionRunnerService.describe, {})
        client.close()
      }
    },
    async run(attempt, { signal = AbortSignal.timeout(20_000), ...how } = {}) {
      const client = connectUnix(socket)
      return heardOf(client, requestOf(attempt, how), signal).finally(() => client.close())
    },
  }
}

const missing = built?.missing ?? ''

describe.skipIf(missing !== '')(`the action in Python ${missing}`, () => {
  it('keeps every rule that it is held to', async () => {
    const scene = await sceneOf()
    await scene.start()
    const args = [
      'services/cli/main.ts',
      'conformance',
      scene.socket,
      '--runs',
      'compact-memory',
      '--idle',
      '5ms',
      '-o',
      'json',
    ]
    const { stdout } = await run(process.execPath, args, { cwd: ROOT }).catch(
      (err: unknown) => err as { stdout: string },
    )
    const { rules } = JSON.parse(stdout) as { rules: { id: string; result: string; detail: string }[] }
    expect(rules.filter(({ result }) => result !== 'pass')).toEqual([])
    expect(rules.find(({ id }) => id === 'action-late')?.detail).toBe('it was not begun')
    expect(rules.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['socket-mode', 'action-once', 'action-outlives-caller']),
    )
    expect(await readFile(join(scene.root, COMPACT), 'utf8')).toBe('1\n')
  })

  it('does not do again what it was killed in, and knows again what was over', async () => {
    const scene = await sceneOf()
    await scene.start()
    expect(await scene.run('3f2a91c0-1')).toEqual({ outcome: AttemptOutcome.SUCCEEDED, joined: false })
    await rm(join(scene.root, COMPACT))
    execFileSync('mkfifo', [join(scene.root, COMPACT)])
    const cut = scene.run('3f2a91c0-2')
    await expect
      .poll(async () => (await scene.run('3f2a91c0-3', { join: true })).outcome, { timeout: 20_000 })
      .toBe(AttemptOutcome.LOST)
    await scene.kill()
    expect(await cut).toEqual({ outcome: undefined, joined: false })
    await rm(join(scene.root, COMPACT))
    await writeFile(join(scene.root, COMPACT), '')
    await scene.start()
    expect(await scene.run('3f2a91c0-2', { join: true })).toEqual({ outcome: AttemptOutcome.LOST, joined: true })
    expect(await scene.run('3f2a91c0-2')).toEqual({ outcome: AttemptOutcome.LOST, joined: true })
    expect(await scene.run('3f2a91c0-1', { join: true })).toEqual({ outcome: AttemptOutcome.SUCCEEDED, joined: true })
    expect(await readFile(join(scene.root, COMPACT), 'utf8')).toBe('')
  })

  it('begins nothing of what was given up while it was stopped, or called off or told to be lost before it came', async () => {
    const scene = await sceneOf()
    await scene.start()
    const attempt = '3f2a91c0-1'
    await scene.giveUpStopped(attempt)
    expect(await scene.run(attempt, { join: true })).toEqual({ outcome: AttemptOutcome.LOST, joined: undefined })
    const [off, lost] = ['3f2a91c0-2', '3f2a91c0-3']
    expect(await scene.cancel(off)).toBe(false)
    await scene.run(lost, { join: true })
    for (const late of [attempt, off, lost])
      expect(await scene.run(late)).toEqual({ outcome: AttemptOutcome.DECLINED, joined: undefined })
    expect(await readFile(join(scene.root, COMPACT), 'utf8')).toBe('')
  })

  it('answers still while an attempt hangs that was joined over and over by callers who left', async () => {
    const scene = await sceneOf()
    await scene.start()
    await rm(join(scene.root, COMPACT))
    execFileSync('mkfifo', [join(scene.root, COMPACT)])
    const cut = scene.run('3f2a91c0-1')
    await expect.poll(() => readdir(join(scene.root, '../state')), { timeout: 20_000 }).toEqual(['3f2a91c0-1'])
    for (let callers = 0; callers < 20; callers++)
      await scene.run('3f2a91c0-1', { join: true, signal: AbortSignal.timeout(100) })
    expect(await scene.cancel('3f2a91c0-1')).toBe(true)
    await scene.kill()
    await cut
  })
})
