import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { EventView, HistoryView, NodeView } from '#model'
import { diskCheck, memoryCheck, quickCheck, withChecks } from './checks.ts'
import {
  type Constellation,
  type ConstellationOptions,
  FLAGS,
  freePort,
  startConstellation,
  until,
} from './constellation.ts'
import { canMount, createDisk, type Disk } from './disk.ts'
import { untilWhole } from './whole.ts'

const DETECTOR = new URL('../../dist/detector.mjs', import.meta.url).pathname
const HAS_FAKETIME = spawnSync('faketime', ['--version']).status === 0

/** How long things are away: short here, at full length in `make soak`. */
const AWAY_MS = Number(process.env['NODE_DOCTOR_SOAK_AWAY_MS'] ?? 4000)

const running: Constellation[] = []
const disks: Disk[] = []
afterEach(async () => {
  for (const c of running.splice(0)) await c.stop()
  for (const disk of disks.splice(0)) await disk.remove()
}, 90_000)

function checks(...more: object[]): Record<string, unknown> {
  return withChecks(memoryCheck(), ...more)
}

/** Started, with everything in place that it will say of itself. */
async function start(options: ConstellationOptions): Promise<Constellation> {
  const c = await startConstellation(options)
  running.push(c)
  await c.ready()
  const { monitors } = options.config as { readonly monitors: readonly { name: string }[] }
  await untilWhole(
    c,
    monitors.map(({ name }) => name),
  )
  return c
}

async function fullDisk(): Promise<Disk> {
  const disk = await createDisk()
  disks.push(disk)
  return disk
}

function sinces(view: NodeView): string[] {
  return view.conditions.map(({ type, entity, health, since }) => `${type} ${entity} ${health} ${since}`).sort()
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function isFresh(c: Constellation, withinMs: number): Promise<boolean> {
  const system = (await c.status()).monitors.find(({ name }) => name === 'system')
  return system?.health === 'alive' && system.checks.every(({ last }) => Date.now() - Date.parse(last) < withinMs)
}

describe('the bus', () => {
  it.skipIf(!canMount)(
    'that is away for a while costs nothing: what happened meanwhile arrives in order, once',
    async () => {
      const disk = await fullDisk()
      const c = await start({ config: checks(diskCheck(disk.mount)) })
      await until(
        'the disk is well',
        async () => (await c.condition('DiskFull', `disk:${disk.mount}`))?.health === 'healthy',
      )
      const nats = await until('nats-server runs', () => c.natsPid())
      process.kill(nats, 'SIGSTOP')
      await disk.fill(0.95)
      await sleep(AWAY_MS / 2)
      await disk.free()
      await sleep(AWAY_MS)
      // One that stands still for long is replaced, and gone.
      if (c.natsPid() === nats) process.kill(nats, 'SIGCONT')
      const resolved = await until(
        'the whole story arrives',
        async () => (await c.status()).resolved.find(({ type }) => type === 'DiskFull'),
        40_000,
      )
      expect(resolved).toMatchObject({ generation: 1, proof: 'healthy-checks' })
      const history = await c.json<HistoryView>('/history?range=1h')
      const lane = history.lanes.find(({ label }) => label.includes(disk.mount))
      expect(lane?.intervals.filter(({ level }) => level === 'critical')).toHaveLength(1)
      await until('checks arrive again', () => isFresh(c, 3000))
    },
    120_000,
  )

  it('whose store is made anew under running exporters has the whole state again, and nothing is told twice', async () => {
    const c = await start({ config: checks() })
    const before = sinces(await c.status())
    const ids = (await c.json<{ events: EventView[] }>('/events')).events.map(({ id }) => id)
    const nats = await until('nats-server runs', () => c.natsPid())
    await rm(join(c.runDir, 'bus', 'jetstream'), { recursive: true, force: true })
    process.kill(nats, 'SIGKILL')
    await until('another server runs', () => c.natsPid() !== undefined && c.natsPid() !== nats)
    await until('the state is whole again', async () => sinces(await c.status()).join() === before.join(), 30_000)
    await until('checks arrive again', () => isFresh(c, 3000), 30_000)
    const after = (await c.json<{ events: EventView[] }>('/events')).events.map(({ id }) => id)
    expect(new Set(after).size).toBe(after.length)
    for (const id of ids) expect(after).toContain(id)
  }, 90_000)
})

describe('the detector', () => {
  it('that is gone leaves everything unknown after a minute, and everything as it was when it is back', async () => {
    const c = await start({ config: checks() })
    const before = sinces(await c.status())
    c.hold('detector')
    c.kill('detector')
    await until(
      'the exporter says that nothing is known',
      async () => (await c.status()).detector.state === 'stale',
      75_000,
    )
    const stale = await c.status()
    expect(stale.verdict.level).toBe('stale')
    for (const condition of stale.conditions)
      expect(condition).toMatchObject({ health: 'unknown', status: 'Unknown', reason: 'DetectorUnreachable' })
    expect((await fetch(`${c.url}/health`)).status).toBe(503)
    c.release('detector')
    await until('it is live again', async () => (await c.status()).detector.state === 'live', 30_000)
    await until('all is as it was', async () => sinces(await c.status()).join() === before.join(), 30_000)
  }, 150_000)

  it('that is started twice on one node refuses the second, and says who has the bus', async () => {
    const c = await start({ config: checks() })
    const second = spawnSync(process.execPath, [...FLAGS, DETECTOR, '--config', c.configFile], {
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect(second.status).not.toBe(0)
    expect(second.stdout + second.stderr).toMatch(/another process answers there|another process holds/)
    expect(await isFresh(c, 4000)).toBe(true)
  }, 60_000)

  it('refuses a configuration with errors, names every one, and ends with code 2', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nd-bad-'))
    const file = join(dir, 'config.yaml')
    await writeFile(
      file,
      'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: x }\nsettings: { logLevl: debug }\nmonitors:\n  - name: a\n    type: system-memory\n    interval: 30\n  - name: a\n    type: system-cpux\n',
    )
    const ran = spawnSync(process.execPath, [...FLAGS, DETECTOR, '--config', file], {
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect(ran.status).toBe(2)
    for (const text of ['config.yaml:4', 'logLevl', 'logLevel', 'config.yaml:8', 'interval', 'config.yaml:9'])
      expect(ran.stderr).toContain(text)
    await rm(dir, { recursive: true })
  }, 60_000)
})

describe('a machine in trouble', () => {
  it('all of whose processes end at once comes back with every since-when as it was', async () => {
    const c = await start({
      config: checks(quickCheck('pressure', 'system-pressure')),
    })
    const before = sinces(await c.status())
    for (const service of ['detector', 'system', 'http-exporter']) c.kill(service)
    await until(
      'everything is live again',
      async () => (await c.status()).detector.state === 'live' && (await isFresh(c, 3000)),
      40_000,
    )
    expect(sinces(await c.status())).toEqual(before)
  }, 90_000)

  it.skipIf(!canMount)(
    'whose state directory is on a full and then read-only disk goes on telling what it sees',
    async () => {
      const full = await fullDisk()
      const watched = await fullDisk()
      const stateDir = join(full.mount, 'state')
      await mkdir(stateDir)
      await full.fill(0.999)
      const c = await start({ config: { ...checks(diskCheck(watched.mount)), settings: { stateDir } } })
      await watched.fill(0.95)
      await until('the problem is told from a full disk', () => c.problem('DiskFull', `disk:${watched.mount}`))
      full.readOnly(true)
      await watched.free()
      await until('its end is told from a read-only disk', async () =>
        (await c.status()).resolved.some(({ type }) => type === 'DiskFull'),
      )
      await c.stop()
      running.pop()
    },
    90_000,
  )

  it('whose page’s port is taken says so, and goes on with the rest', async () => {
    const port = await freePort()
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
    const metricsPort = await freePort()
    const c = await startConstellation({
      config: {
        ...checks(),
        exporters: {
          http: { enabled: true, bindAddress: '127.0.0.1', hostPort: port },
          prometheus: { enabled: true, bindAddress: '127.0.0.1', port: metricsPort },
        },
      },
    })
    running.push(c)
    await until(
      'metrics are served all the same',
      async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).ok,
      30_000,
    )
    await until('why the page is not is told', () =>
      c.log('http-exporter').some((line) => line.includes(String(port)) && /EADDRINUSE|taken|in use/i.test(line)),
    )
    await new Promise((resolve) => squatter.close(resolve))
    await until(
      'the page comes as soon as the port is free',
      async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok,
      40_000,
    )
  }, 90_000)

  it.skipIf(process.getuid?.() !== 0)(
    'whose run directory cannot be written is told so, with what to do',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'nd-ro-'))
      await chmod(dir, 0o555)
      const ran = spawnSync(
        'setpriv',
        [
          '--reuid=65534',
          '--clear-groups',
          process.execPath,
          ...FLAGS,
          DETECTOR,
          '--run-dir',
          join(dir, 'run'),
          '--state-dir',
          join(dir, 'state'),
        ],
        { encoding: 'utf8', timeout: 30_000, env: { PATH: process.env['PATH'] } },
      )
      expect(ran.status).not.toBe(0)
      expect(ran.stdout + ran.stderr).toMatch(/EACCES.*(writable|another run directory)|cannot/s)
      await rm(dir, { recursive: true })
    },
    60_000,
  )

  it.skipIf(!HAS_FAKETIME)(
    'whose clock is stepped by an hour resolves nothing, opens nothing and moves no since-when',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'nd-clock-'))
      const stamp = join(dir, 'faketime')
      await writeFile(stamp, '+0\n')
      const c = await start({
        config: checks(),
        env: {
          LD_PRELOAD: faketimeLibrary(),
          FAKETIME_TIMESTAMP_FILE: stamp,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        },
      })
      const before = sinces(await c.status())
      for (const offset of ['+1h', '-1h', '+0']) {
        await writeFile(stamp, `${offset}\n`)
        await sleep(3000)
        const view = await c.status()
        expect([offset, view.detector.state]).toEqual([offset, 'live'])
        expect([offset, view.problems.map(({ type }) => type)]).toEqual([offset, []])
        expect([offset, sinces(view)]).toEqual([offset, before])
      }
      await rm(dir, { recursive: true })
    },
    90_000,
  )
})

function faketimeLibrary(): string {
  return execFileSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1 | head -1'], { encoding: 'utf8' }).trim()
}
