/** The example of an action in Python: it keeps every rule that is asked of one, and does nothing twice, also when it is killed. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ActionRunnerService, RunRequest } from '#proto/nodedoctor/v1/action.ts'
import { AttemptOutcome } from '#proto/nodedoctor/v1/remediation.ts'
import { connectUnix, isAnswered } from '#rpc'
import { buildPlugin } from './build.ts'
import { LANGUAGES } from './languages.ts'

const ROOT = join(import.meta.dirname, '../..')
const [built] = LANGUAGES.filter(({ folder }) => folder === 'python').map((language) => buildPlugin(language))
const run = promisify(execFile)
const COMPACT = 'proc/sys/vm/compact_memory'

interface Scene {
  readonly root: string
  readonly socket: string
  start(): Promise<void>
  kill(): Promise<void>
  /** The end of a run, and whether it was joined. */
  run(attempt: string, join?: boolean): Promise<{ outcome: AttemptOutcome | undefined; joined: boolean | undefined }>
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
    async run(attempt, isJoin = false) {
      const client = connectUnix(socket)
      const told: Awaited<ReturnType<Scene['run']>> = { outcome: undefined, joined: undefined }
      const act = { strategy: 'external-action', target: 'external:memory/compact-memory', parameters: {}, text: '' }
      const request = RunRequest.fromPartial({ attempt, act, deadlineMs: 20_000, join: isJoin })
      try {
        for await (const { what } of client.serverStream(
          ActionRunnerService.run,
          request,
          AbortSignal.timeout(20_000),
        )) {
          if (what?.$case === 'begun') told.joined = what.value.joined
          if (what?.$case === 'ended') told.outcome = what.value.outcome
        }
        return told
      } catch {
        return told
      } finally {
        client.close()
      }
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
      .poll(async () => (await scene.run('3f2a91c0-3', true)).outcome, { timeout: 20_000 })
      .toBe(AttemptOutcome.LOST)
    await scene.kill()
    expect(await cut).toEqual({ outcome: undefined, joined: false })
    await rm(join(scene.root, COMPACT))
    await writeFile(join(scene.root, COMPACT), '')
    await scene.start()
    expect(await scene.run('3f2a91c0-2', true)).toEqual({ outcome: AttemptOutcome.LOST, joined: true })
    expect(await scene.run('3f2a91c0-2')).toEqual({ outcome: AttemptOutcome.LOST, joined: true })
    expect(await scene.run('3f2a91c0-1', true)).toEqual({ outcome: AttemptOutcome.SUCCEEDED, joined: true })
    expect(await readFile(join(scene.root, COMPACT), 'utf8')).toBe('')
  })
})
