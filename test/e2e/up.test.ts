import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NodeView } from '#model'
import { memoryCheck } from './checks.ts'
import { ensureBuilt, freePort, socketsBelow, until } from './constellation.ts'

const CLI = new URL('../../dist/cli.mjs', import.meta.url).pathname
const BIN = new URL('../../services/cli/bin.mjs', import.meta.url).pathname

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function cli(args: readonly string[], env: Record<string, string> = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { ...process.env, ...env },
  })
  return { code: status, out: stdout, err: stderr }
}

describe('the command line', () => {
  let dir = ''
  let config = ''
  let runDir = ''
  let up: ChildProcess | undefined
  let out = ''

  beforeAll(async () => {
    ensureBuilt()
    dir = await mkdtemp(join(tmpdir(), 'nd-up-'))
    runDir = join(dir, 'run')
    config = join(dir, 'config.json')
    await writeFile(
      config,
      JSON.stringify({
        apiVersion: 'node-doctor.io/v1alpha1',
        kind: 'NodeDoctorConfig',
        metadata: { name: 'up' },
        settings: { nodeName: 'up-node', runDir, stateDir: join(dir, 'state') },
        bus: { port: await freePort() },
        monitors: [memoryCheck()],
        exporters: {
          http: { enabled: true, bindAddress: '127.0.0.1', hostPort: await freePort() },
          prometheus: { enabled: true, port: await freePort() },
        },
      }),
    )
  })
  afterAll(async () => {
    up?.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  })

  function start(): void {
    out = ''
    up = spawn(process.execPath, [CLI, 'up', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [up.stdout, up.stderr])
      stream?.on('data', (chunk: Buffer) => {
        out += chunk.toString()
      })
  }

  it('says what is wrong with it, the nearest name, and ends with 2', () => {
    expect(cli(['stauts'])).toMatchObject({
      code: 2,
      err: 'node-doctor: unknown command "stauts"; did you mean status?\nnode-doctor --help lists what there is.\n',
    })
    expect(cli(['status', '--al'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('status: unknown option --al; did you mean --all?'),
    })
    expect(cli(['status', '-o', 'yaml'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('-o yaml: expected json or text'),
    })
    expect(cli(['up', '--config', config, '--services', 'detectr'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean detector?'),
    })
  })

  it('has help for every command, and says its release', () => {
    expect(cli(['--help']).out).toContain('Commands:')
    for (const command of ['up', 'status', 'watch', 'validate', 'version'])
      expect(cli([command, '--help'])).toMatchObject({
        code: 0,
        out: expect.stringContaining(`Usage: node-doctor ${command}`),
      })
    expect(JSON.parse(cli(['version', '-o', 'json']).out)).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
    expect(spawnSync(process.execPath, [BIN, 'version'], { encoding: 'utf8' }).stdout).toMatch(/^node-doctor \d/)
  })

  it('validates a configuration, all faults at once', async () => {
    expect(cli(['validate', config])).toMatchObject({ code: 0, out: expect.stringContaining('is valid') })
    const bad = join(dir, 'bad.yaml')
    await writeFile(
      bad,
      'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: x }\nsettings: { logLevl: debug, updateInterval: 5 }\n',
    )
    const { code, err } = cli(['validate', bad])
    expect(code).toBe(2)
    expect(err).toContain('bad.yaml:4')
    expect(err).toContain('logLevel')
    expect(err).toContain('updateInterval')
  })

  it('says that nothing is known where nothing runs', () => {
    expect(cli(['status', '--config', config])).toMatchObject({
      code: 3,
      err: expect.stringContaining('Not known: the detector does not answer'),
    })
  })

  it('starts everything, tells where to look, answers in the page’s words, and stops everything', async () => {
    start()
    await until('all is ready', () => out.includes('All ready in'), 30_000)
    for (const word of ['detector', 'system', 'http-exporter', 'grpcurl -plaintext unix://', 'The page'])
      expect(out).toContain(word)
    expect(cli(['up', '--config', config])).toMatchObject({ code: 2, err: expect.stringContaining('already runs') })

    await until('the node is known', () => cli(['status', '--config', config]).code === 0)
    const text = cli(['status', '--config', config, '--all'])
    expect(text.out).toMatch(/All right\. \d+ conditions? proven/)
    expect(text.out).toContain('MemoryLow')
    const view = JSON.parse(cli(['status', '--config', config, '-o', 'json']).out) as NodeView
    expect(view.node.name).toBe('up-node')

    const watch = spawn(process.execPath, [CLI, 'watch', '--config', config, '-o', 'json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let watched = ''
    watch.stdout.on('data', (chunk: Buffer) => {
      watched += chunk.toString()
    })
    await until('the first document is there', () => watched.includes('\n'))
    expect(JSON.parse(watched.split('\n')[0] ?? '')).toMatchObject({
      kind: 'node',
      node: { node: { name: 'up-node' } },
    })
    watch.kill('SIGINT')

    const pids = [...out.matchAll(/^ {2}[\w-]+ +(\d+) /gm)].map((match) => Number(match[1]))
    expect(pids).toHaveLength(3)
    process.kill(pids[1] ?? 0, 'SIGKILL')
    await until('what died is started again', () => /system ready/.test(out), 30_000)

    const ended = new Promise<number | null>((resolve) => up?.on('exit', resolve))
    up?.kill('SIGINT')
    expect(await ended).toBe(0)
    expect(out).toContain('Stopped.')
    expect(await socketsBelow(runDir)).toEqual([])
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  }, 90_000)

  it('killed itself, it leaves no process behind', async () => {
    start()
    await until('all is ready', () => out.includes('All ready in'), 30_000)
    const pids = [...out.matchAll(/^ {2}[\w-]+ +(\d+) /gm)].map((match) => Number(match[1]))
    up?.kill('SIGKILL')
    for (const pid of pids) {
      await until(`process ${pid} is gone`, () => {
        try {
          process.kill(pid, 0)
          return false
        } catch {
          return true
        }
      })
    }
  }, 60_000)
})
