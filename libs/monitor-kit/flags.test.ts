import { existsSync } from 'node:fs'
import { readdir, rename, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHost } from '#host'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix } from '#rpc'
import { closedDoor, createHostedService, systemClock } from '#service'
import { keepLog } from '../service/testing.ts'
import { applyFlags, flagsOf } from './flags.ts'
import { createMonitorService } from './service.ts'
import { healthy, instance, scriptedMonitor, wellScript } from './testing/scripted-monitor.ts'
import { BOTH, closeStage, configOf, openStage, type Stage } from './testing/stage.ts'
import type { MonitorDefinition, MonitorFlag } from './types.ts'

const LIMIT: MonitorFlag = {
  name: 'limit',
  value: 'PERCENT',
  what: 'too full above it',
  default: '95',
  parse: (text) => ({ checks: { 'disk-check': { limit: Number(text) } } }),
}
const SAID: MonitorFlag = { name: 'version', value: 'TEXT', what: 'it says', parse: (version) => ({ version }) }

const withFlags = (...flags: MonitorFlag[]): MonitorDefinition => ({ ...scriptedMonitor(wellScript()), flags })

describe('the flags of a monitor', () => {
  it('are `--socket` and its own, with what holds without them', () => {
    expect(flagsOf(withFlags(LIMIT)).map(({ name, default: initial }) => [name, initial])).toEqual([
      ['socket', '<run dir>/monitors/tiny/tiny.sock'],
      ['limit', '95'],
    ])
  })

  it.each([
    ['/tmp/x.sock', '/tmp/x.sock'],
    ['unix:///tmp/x.sock', '/tmp/x.sock'],
    ['x.sock', join(process.cwd(), 'x.sock')],
  ])('take %s for the socket %s', (text, path) => {
    expect(flagsOf(withFlags())[0]?.parse(text)).toBe(path)
  })

  it.each(['', 'unix://', '/var/run/npd/'])('take no folder for a socket: "%s"', (text) => {
    const problem = 'expected the path of a socket, for example /var/run/npd/my.sock'
    expect(() => flagsOf(withFlags())[0]?.parse(text)).toThrow(problem)
  })

  it('set keys of checks in place of the configuration, also of one that is called by another name', () => {
    const checks = [instance('old-disk-check', { config: { limit: 90, path: '/' } }), instance('cpu-check')]
    const applied = applyFlags(withFlags(LIMIT, SAID), checks, { limit: LIMIT.parse('80'), version: SAID.parse('7') })
    expect(applied.checks.map(({ config }) => config)).toEqual([{ limit: 80, path: '/' }, {}])
    expect(applied).toMatchObject({ version: '7', socket: undefined })
  })

  it('that set keys of a check which nobody has are refused', () => {
    const flag = { ...LIMIT, parse: () => ({ checks: { gpu: {} } }) }
    expect(() => applyFlags(withFlags(flag), [], { limit: flag.parse() })).toThrow(
      'monitor "tiny" cannot be defined: a flag sets keys of gpu, which it does not have',
    )
  })
})

describe('a monitor at a socket of its own', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await openStage()
  })
  afterEach(() => closeStage(stage))

  function hosted(socket: string, definition: MonitorDefinition, flags: Readonly<Record<string, unknown>> = {}) {
    const kept = keepLog('tiny')
    const stop = new AbortController()
    const ended = createHostedService(createMonitorService(definition), {
      version: '1.2.3',
      config: configOf(stage.runDir, BOTH),
      flags: { socket, ...flags },
      host: createHost({ root: '' }),
      clock: systemClock(),
      log: kept.log,
      alone: true,
      bus: closedDoor,
    }).run(stop.signal)
    ended.catch(() => undefined)
    stage.ends.push(() => {
      stop.abort()
      return ended.catch(() => undefined)
    })
    return { ...kept, ended }
  }

  it('serves there, in a folder that it makes, with the keys and the version of its flags', async () => {
    const socket = join(stage.runDir, 'npd', 'gpu', 'x.sock')
    const script = wellScript()
    script.disk = ({ config }) => ({ findings: [{ ...healthy('DiskFull'), message: JSON.stringify(config) }] })
    const definition = { ...scriptedMonitor(script), flags: [LIMIT, SAID] }
    const { messages } = hosted(socket, definition, { limit: LIMIT.parse('80'), version: { version: '7.0' } })
    const client = connectUnix(socket)
    stage.ends.push(() => Promise.resolve(client.close()))
    await client.connected(AbortSignal.timeout(5000))
    await expect.poll(messages).toContain('service running')
    expect(await client.call(ExternalMonitorService.getMetadata, {})).toMatchObject({ name: 'tiny', version: '7.0' })
    const { conditions } = await client.call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 })
    expect(conditions[0]).toMatchObject({ type: 'DiskFull', message: '{"limit":80}' })
    expect((await stat(socket)).mode & 0o777).toBe(0o660)
    // What probes look at stays where they look for it, and beside the socket nothing is left.
    expect(await readdir(join(stage.runDir, 'npd', 'gpu'))).toEqual(['x.sock'])
    const folder = join(stage.runDir, 'monitors', 'tiny')
    await expect.poll(() => existsSync(join(folder, 'ready'))).toBe(true)
    expect(existsSync(join(folder, 'alive'))).toBe(true)
  })

  it('takes over a socket that nobody listens on, and refuses one that somebody does', async () => {
    const socket = join(stage.runDir, 'x.sock')
    const first = hosted(socket, withFlags())
    await expect.poll(first.messages).toContain('service running')
    await expect(hosted(socket, withFlags()).ended).rejects.toThrow(
      `cannot listen on ${socket}: another process answers there; stop it, or choose another --socket`,
    )
    const stale = join(stage.runDir, 'stale.sock')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(stage.runDir, 'other.sock'), resolve))
    await rename(join(stage.runDir, 'other.sock'), stale)
    await new Promise((resolve) => server.close(resolve))
    expect(existsSync(stale)).toBe(true)
    const second = hosted(stale, withFlags())
    await expect.poll(second.messages).toContain('service running')
  })

  it('says what to do where it cannot be', async () => {
    const file = join(stage.runDir, 'file.sock')
    await writeFile(file, '')
    await expect(hosted(file, withFlags()).ended).rejects.toThrow(
      `cannot listen on ${file}: a file that is no socket is there; remove it, or choose another --socket`,
    )
    const below = join(file, 'x.sock')
    await expect(hosted(below, withFlags()).ended).rejects.toThrow(
      /^cannot listen on .*: EEXIST: .*; make its folder writable for this user, or choose another --socket$/,
    )
    const long = join(stage.runDir, `${'x'.repeat(100)}.sock`)
    await expect(hosted(long, withFlags()).ended).rejects.toThrow(/may have 107; choose a shorter --socket$/)
  })
})
