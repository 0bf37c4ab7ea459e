import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { NodeView } from '#view'
import { freePort } from '../../libs/bus/testing.ts'
import { storeInMemory } from '../../services/cli/up/store.ts'
import { memoryCheck } from './checks.ts'
import { ensureBuilt, socketsBelow, until } from './constellation.ts'

const ROOT = new URL('../..', import.meta.url).pathname
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
  let metricsUrl = ''
  let pagePort = 0
  let up: ChildProcess | undefined
  let out = ''

  beforeAll(async () => {
    ensureBuilt()
    dir = await mkdtemp(join(tmpdir(), 'nd-up-'))
    runDir = join(dir, 'run')
    config = join(dir, 'config.json')
    const metricsPort = await freePort()
    pagePort = await freePort()
    metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`
    await writeFile(
      config,
      JSON.stringify({
        apiVersion: 'node-doctor.io/v1alpha1',
        kind: 'NodeDoctorConfig',
        metadata: { name: 'up' },
        settings: { nodeName: 'up-node', runDir, stateDir: join(dir, 'state') },
        bus: { port: await freePort() },
        defaultMonitors: [],
        monitors: [memoryCheck()],
        exporters: {
          http: { enabled: true, bindAddress: '127.0.0.1', hostPort: pagePort },
          prometheus: { enabled: true, port: metricsPort },
        },
      }),
    )
  })
  afterAll(async () => {
    up?.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
    await rm(storeInMemory(runDir), { recursive: true, force: true })
  })

  // What a test leaves behind after a failure keeps the next one from its run directory.
  afterEach(async () => {
    if (up === undefined || up.exitCode !== null || up.signalCode !== null) return
    const ended = new Promise((resolve) => up?.on('exit', resolve))
    up.kill('SIGKILL')
    await ended
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
      err: expect.stringContaining('Not known: there is no detector on'),
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

    const told = /^node_doctor_process_resident_memory_bytes\{service="(.+?)"\} \d{7}/gm
    await until('what each process costs is in /metrics', async () => {
      const text = await (await fetch(metricsUrl)).text()
      const services = new Set([...text.matchAll(told)].map(([, service]) => service))
      return ['detector', 'http-exporter', 'nats-server', 'system', 'up'].every((name) => services.has(name))
    })

    const ended = new Promise<number | null>((resolve) => up?.on('exit', resolve))
    up?.kill('SIGINT')
    expect(await ended).toBe(0)
    expect(out).toContain('Stopped.')
    expect(await socketsBelow(runDir)).toEqual([])
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  }, 90_000)

  it('says of a port that another program has who that is and what to do, and serves all else', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(pagePort, '127.0.0.1', resolve))
    try {
      start()
      await until('the overview is there', () => out.includes('Ctrl-C stops everything.'), 30_000)
      expect(out).toMatch(
        new RegExp(
          `^  The page        is not served by Node Doctor: \\S+ \\(pid ${process.pid}\\) listens on port ${pagePort}; end it, or take another port: --set exporters\\.http\\.hostPort=PORT$`,
          'm',
        ),
      )
      expect(out).toMatch(/^ {2}In a terminal {3}npx node-doctor status --run-dir \S+$/m)
      expect(out).not.toContain(`http://127.0.0.1:${pagePort}/`)
      expect(out).toContain(`  Prometheus      ${metricsUrl}\n`)
      expect((await fetch(metricsUrl)).status).toBe(200)
    } finally {
      await new Promise((resolve) => squatter.close(resolve))
    }
    await until('it is taken once it is free', () => /http-exporter ready/.test(out), 30_000)
    expect((await fetch(`http://127.0.0.1:${pagePort}/healthz`)).status).toBe(200)
    const ended = new Promise<number | null>((resolve) => up?.on('exit', resolve))
    up?.kill('SIGINT')
    expect(await ended).toBe(0)
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

  /** Every process below one, by /proc. */
  function descendants(pid: number): number[] {
    const children = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
      .stdout.split('\n')
      .map(Number)
      .filter((child) => child > 0)
    return [...children, ...children.flatMap(descendants)]
  }

  function isGone(pid: number): boolean {
    try {
      process.kill(pid, 0)
      return false
    } catch {
      return true
    }
  }

  async function startAs(file: string, args: readonly string[]): Promise<ChildProcess> {
    out = ''
    // Of what is logged only warnings and errors are shown so.
    const argv = [...args, 'up', '--config', config, '--log-format', 'pretty']
    const child = spawn(file, argv, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    up = child
    await until('all is ready', () => out.includes('All ready in'), 30_000)
    return child
  }

  it.each([
    ['npx', ['node-doctor'], 'SIGTERM'],
    [process.execPath, [BIN], 'SIGTERM'],
    [process.execPath, [BIN], 'SIGHUP'],
    [process.execPath, [BIN], 'SIGKILL'],
  ] as const)(
    'started by %s %j, %s to it ends every process within 5 s',
    async (file, args, signal) => {
      const child = await startAs(file, args)
      const pids = descendants(child.pid ?? 0)
      expect(pids.length).toBeGreaterThanOrEqual(5)
      const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
      const beganMs = performance.now()
      child.kill(signal)
      const code = await ended
      // npx lets a shell end by the signal, and ends like it.
      if (signal !== 'SIGKILL' && file !== 'npx') expect(code).toBe(0)
      for (const pid of pids) await until(`process ${pid} is gone`, () => isGone(pid), 10_000)
      expect(performance.now() - beganMs).toBeLessThan(5000)
      expect(await socketsBelow(runDir)).toEqual([])
    },
    60_000,
  )

  it('started by bin.mjs, it passes the exit code on', () => {
    const ran = spawnSync(process.execPath, [BIN, 'status', '--run-dir', join(dir, 'nowhere')], { encoding: 'utf8' })
    expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining('there is no detector on')])
  })

  describe('for a user who may not', () => {
    function asNobody(args: readonly string[], env: Record<string, string> = {}): Ran {
      const argv = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--', process.execPath, CLI, ...args]
      const { status, stdout, stderr } = spawnSync('setpriv', argv, {
        encoding: 'utf8',
        timeout: 30_000,
        env: { PATH: process.env['PATH'] ?? '', ...env },
      })
      return { code: status, out: stdout, err: stderr }
    }

    it.runIf(process.getuid?.() === 0)('says which folder it cannot make, and what to do', async () => {
      const closed = join(dir, 'closed')
      await mkdir(closed, { mode: 0o700 })
      await chmod(dir, 0o755)
      const ran = asNobody(['up', '--run-dir', join(closed, 'run')])
      expect(ran).toEqual({
        code: 2,
        out: '',
        err: `cannot use ${closed}/run for sockets: this user may not write there (EACCES); name another folder with --run-dir DIR, or start Node Doctor as a user that may write there\n`,
      })
      expect(asNobody(['up'], { HOME: '/nonexistent' })).toMatchObject({
        code: 2,
        err: expect.stringMatching(/^cannot use \S+ for sockets: [^\n]+\n$/),
      })
    })

    it.runIf(process.getuid?.() === 0)(
      'says that the detector is there and may not be asked',
      async () => {
        const child = await startAs(process.execPath, [CLI])
        await chmod(dir, 0o755)
        const ran = asNobody(['status', '--run-dir', runDir])
        const ended = new Promise((resolve) => child.on('exit', resolve))
        child.kill('SIGTERM')
        await ended
        expect(ran).toEqual({
          code: 3,
          out: '',
          err: expect.stringMatching(
            new RegExp(
              `^Not known: no permission to use the detector's socket ${runDir}/detector/detector\\.sock: .* has mode 0\\d{3}, owner uid \\d+, group gid \\d+; this process is uid \\d+, gid \\d+, .*\\.\\nAsk as root, or as the user that started Node Doctor\\.\\n$`,
            ),
          ) as unknown,
        })
      },
      60_000,
    )
  })
})

/** A Node that is older than what the bundles are written for, if this machine has one. */
const OLD_NODE = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 99) < 24
})

describe.runIf(OLD_NODE !== undefined)('on an old Node', () => {
  it('what `make dev` runs starts, and runs the set with the pinned one', () => {
    ensureBuilt()
    const args = [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), 'scripts/dev.ts', '--help']
    const { status, stdout, stderr } = spawnSync(OLD_NODE ?? '', args, { cwd: ROOT, encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('node-doctor up')
  })

  it('every bundle says in one line what it needs', async () => {
    ensureBuilt()
    const bundles = (await readdir(join(ROOT, 'dist'))).filter((name) => name.endsWith('.mjs'))
    expect(bundles).toEqual(
      expect.arrayContaining(['cli.mjs', 'detector.mjs', 'exporters.mjs', 'monitors.mjs', 'system.mjs']),
    )
    for (const name of bundles) {
      const { status, stdout, stderr } = spawnSync(OLD_NODE ?? '', [join(ROOT, 'dist', name), 'status'], {
        encoding: 'utf8',
      })
      expect([name, status, stdout, stderr]).toEqual([
        name,
        2,
        '',
        expect.stringMatching(
          /^Node Doctor needs Node 24 or newer and was started with v\d+\.\d+\.\d+; use the Node that comes with it: node_modules\/.bin\/node\n$/,
        ),
      ])
    }
  })

  it('bin.mjs takes the Node that was installed with it', () => {
    const { status, stdout } = spawnSync(OLD_NODE ?? '', [BIN, 'version'], { encoding: 'utf8' })
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^node-doctor \d/)])
  })
})
