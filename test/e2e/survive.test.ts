import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../libs/bus/testing.ts'
import { diskCheck, quickCheck } from './checks.ts'
import { FLAGS, startConstellation, until } from './constellation.ts'
import { canMount } from './disk.ts'
import { checks, isFresh, sinces, survivors } from './survivors.ts'

const DETECTOR = new URL('../../dist/detector.mjs', import.meta.url).pathname

const scene = survivors()

describe('the detector', () => {
  it('that is started twice on one node refuses the second, and says who has the bus', async () => {
    const c = await scene.start({ config: checks() })
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
    const c = await scene.start({
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
      const full = await scene.disk()
      const watched = await scene.disk()
      const stateDir = join(full.mount, 'state')
      await mkdir(stateDir)
      await full.fill(0.999)
      const c = await scene.start({ config: { ...checks(diskCheck(watched.mount)), settings: { stateDir } } })
      await watched.fill(0.95)
      await until('the problem is told from a full disk', () => c.problem('DiskFull', `disk:${watched.mount}`))
      full.readOnly(true)
      await watched.free()
      await until('its end is told from a read-only disk', async () =>
        (await c.status()).resolved.some(({ type }) => type === 'DiskFull'),
      )
      await c.stop()
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
    scene.keep(c)
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
})
