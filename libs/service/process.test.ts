import { type ChildProcess, spawn } from 'node:child_process'
import { access, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { logFormatOf } from './process.ts'
import { minimalConfig } from './testing.ts'

const PROGRAM = join(import.meta.dirname, 'testing-process.ts')
let runDir = ''
const children: ChildProcess[] = []

beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'nd-proc-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(runDir, { recursive: true, force: true })
})

interface Started {
  readonly child: ChildProcess
  /** Everything it wrote. */
  out(): string
  lines(): Record<string, unknown>[]
  said(message: string): Promise<void>
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

function start(behaviours: string, flags: readonly string[] = [], env: Record<string, string> = {}): Started {
  const child = spawn('node_modules/.bin/node', [PROGRAM, behaviours, `--run-dir=${runDir}`, ...flags], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  children.push(child)
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
  const lines = () =>
    out
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return {
    child,
    out: () => out,
    lines,
    said: (message) =>
      expect.poll(() => lines().map((line) => line['message']), { timeout: 10_000 }).toContain(message),
    ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal }))),
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

describe('a process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('drains at %s, ends with 0, and leaves no socket', async (signal) => {
    const started = start('well')
    await started.said('service ready')
    expect(await exists(join(runDir, 'well-0', 'well-0.sock'))).toBe(true)
    started.child.kill(signal)
    expect(await started.ended).toEqual({ code: 0, signal: null })
    expect(await readdir(join(runDir, 'well-0'))).toEqual(['alive'])
    expect(started.lines().map(({ message }) => message)).toEqual(
      expect.arrayContaining(['asked to stop', 'service draining', 'stopping', 'service stopped']),
    )
  })

  it('leaves at once at a second signal', async () => {
    const started = start('hangs-at-stop')
    await started.said('service ready')
    started.child.kill('SIGTERM')
    await started.said('stopping')
    started.child.kill('SIGINT')
    expect(await started.ended).toEqual({ code: 1, signal: null })
    expect(started.lines().at(-1)).toMatchObject({ message: 'asked to stop again, the process ends at once' })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('takes a %s that its parent passes on as well for one', async (signal) => {
    const started = start('well')
    await started.said('service ready')
    started.child.kill(signal)
    started.child.kill(signal)
    expect(await started.ended).toEqual({ code: 0, signal: null })
  })

  it('ends with 1 when a service does not stop in time', async () => {
    const started = start('hangs-at-stop')
    await started.said('service ready')
    started.child.kill('SIGTERM')
    expect(await started.ended).toEqual({ code: 1, signal: null })
    expect(started.out()).toContain('did not stop within 300 ms')
  })

  it('of one service that fails ends with 1', async () => {
    const started = start('fails-to-start')
    expect(await started.ended).toEqual({ code: 1, signal: null })
    expect(started.out()).toContain('no bus')
  })

  it('of several goes on when one of them fails', async () => {
    const started = start('fails-to-start,well')
    await started.said('service starts again')
    await started.said('service ready')
    started.child.kill('SIGTERM')
    expect(await started.ended).toEqual({ code: 0, signal: null })
    expect(new Set(started.lines().map(({ component }) => component))).toEqual(
      new Set(['fails-to-start-0', 'well-1', 'fails-to-start-0+well-1']),
    )
  })

  it('of several says which does not start, and why, also where another one hangs when it is to stop', async () => {
    const started = start('fails-to-start,hangs-at-stop-for-a-minute', [], { START_TRIES: '2', RUN_DIR: runDir })
    await started.said('stopping')
    await expect.poll(started.out).toContain('fails-to-start-0 does not start: no bus\n')
    expect(started.child.exitCode).toBeNull()
  })

  it('logs what nobody caught once, and ends with 1', async () => {
    const started = start('throws-later')
    expect(await started.ended).toEqual({ code: 1, signal: null })
    const told = started.lines().filter(({ message }) => message === 'unexpected error, the process ends')
    expect(told).toEqual([
      expect.objectContaining({ level: 'error', err: expect.objectContaining({ message: 'a bug' }) }),
    ])
  })

  it('lists every error of its configuration and ends with 2', async () => {
    const started = start('well', ['--set', 'nonsense=1'])
    expect(await started.ended).toEqual({ code: 2, signal: null })
    expect(started.out()).toBe(
      'cannot use the configuration (flags), 2 errors:\n  flag: nonsense: unknown key\n  flag: other: unknown key\n',
    )
  })

  it('explains its command line, and ends with 2 when it does not understand it', async () => {
    const help = start('well,never-ready', ['--help'])
    expect(await help.ended).toMatchObject({ code: 0 })
    expect(help.out()).toContain('well-0: a service that well\nnever-ready-1: a service that never-ready\n\nOptions:')
    const wrong = start('well', ['--nonsense'])
    expect(await wrong.ended).toMatchObject({ code: 2 })
    expect(wrong.out()).toContain('unknown flag --nonsense; there are --config, ')
    const version = start('well', ['--version'])
    await version.ended
    expect(version.out()).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('goes on when nobody reads its logs any more', async () => {
    const started = start('well')
    await started.said('service ready')
    started.child.stdout?.destroy()
    started.child.kill('SIGTERM')
    expect(await started.ended).toEqual({ code: 0, signal: null })
  })

  it('of a second instance is refused with what to do', async () => {
    const first = start('well')
    await first.said('service ready')
    const second = start('well')
    expect(await second.ended).toMatchObject({ code: 1 })
    expect(second.out()).toContain('another process answers there; stop it, or choose another run directory')
    expect(first.child.exitCode).toBeNull()
  })
})

describe('the form of logs', () => {
  it('is for people on a terminal, unless the configuration says otherwise', () => {
    const config = minimalConfig({ logFormat: 'json' })
    const origin = { layer: 'file', text: 'config.yaml, line 3' } as const
    const set = {
      ...config,
      settingsInForce: { set: [{ key: 'settings.logFormat', value: 'json', origin }], defaults: 0 },
    }
    expect([logFormatOf(config, true), logFormatOf(config, false), logFormatOf(set, true)]).toEqual([
      'pretty',
      'json',
      'json',
    ])
  })
})
