import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createHost } from '#host'
import { closedDoor, createHostedService, systemClock } from '#service'
import { keepLog } from '../service/testing.ts'
import { placeOf } from './place.ts'
import { createMonitorService } from './service.ts'
import { healthy, scriptedMonitor, wellScript } from './testing/scripted-monitor.ts'
import { closeStage, configOf, host, openStage } from './testing/stage.ts'

const DISKS = [{ name: 'disks', type: 'disk-check' }]

/** A monitor whose check keeps who it is, for this boot and beyond. */
function keeping(who: string) {
  const script = wellScript()
  script.disk = async ({ memory, stateFolder }) => {
    memory.remember({ who })
    await writeFile(join(await stateFolder(), 'who'), who)
    return { findings: [healthy('DiskFull')] }
  }
  return scriptedMonitor(script)
}

describe('the place of a monitor', () => {
  const own = '/run/node-doctor/monitors/log'

  it('is its own folder at its own socket, whoever names that', () => {
    const place = { socketPath: `${own}/log.sock`, folder: own, runFolder: own, apart: '' }
    expect(placeOf({ name: 'log', runDir: '/run/node-doctor' })).toEqual({ ...place, socketPlace: undefined })
    const named = placeOf({ name: 'log', runDir: '/run/node-doctor', socket: `${own}/log.sock`, isBeside: true })
    expect(named).toEqual({ ...place, socketPlace: '--socket' })
  })

  it('is another for each other socket, the same each time, with what probes look at where they look for it', () => {
    const at = (socket: string, isBeside = false) =>
      placeOf({ name: 'log', runDir: '/run/node-doctor', socket, isBeside })
    const { apart } = at('/tmp/x.sock')
    expect(apart).toMatch(/^\.at-[0-9a-f]{16}$/)
    expect(at('/tmp/x.sock')).toEqual({
      socketPath: '/tmp/x.sock',
      socketPlace: '--socket',
      folder: own,
      runFolder: `${own}/${apart}`,
      apart,
    })
    expect(at('/tmp/y.sock').apart).not.toBe(apart)
    expect(at('/tmp/x.sock', true).folder).toBe(`${own}/${apart}`)
  })
})

it('lets a monitor run at another socket beside the one that watches the node, and write none of its files', async () => {
  const stage = await openStage()
  try {
    await host(stage, keeping('the first'), DISKS)
    const [run, state] = [join(stage.runDir, 'monitors', 'tiny'), join(stage.runDir, 'state', 'monitors', 'tiny')]
    const who = (folder: string) => readFile(join(folder, 'disks', 'who'), 'utf8').catch(() => '')
    const knows = (folder: string) => readFile(join(folder, 'disks.memory.json'), 'utf8').catch(() => '')
    await expect.poll(() => knows(run)).toContain('the first')
    await expect.poll(() => existsSync(join(run, 'ready'))).toBe(true)
    const stop = new AbortController()
    const socket = join(stage.runDir, 'x.sock')
    const second = createHostedService(createMonitorService(keeping('the second')), {
      version: '1',
      config: configOf(stage.runDir, DISKS),
      flags: { socket },
      host: createHost({ root: '' }),
      clock: systemClock(),
      log: keepLog('tiny').log,
      alone: true,
      bus: closedDoor,
    }).run(stop.signal)
    const { apart } = placeOf({ name: 'tiny', runDir: stage.runDir, socket })
    await expect.poll(() => knows(join(run, apart))).toContain('the second')
    await expect.poll(() => who(join(state, apart))).toBe('the second')
    expect(await who(state)).toBe('the first')
    expect(await knows(run)).toContain('the first')
    await expect.poll(() => existsSync(join(run, apart, 'ready'))).toBe(true)
    stop.abort()
    await second
    expect((await readdir(run)).toSorted()).toEqual([apart, 'alive', 'disks.memory.json', 'ready', 'tiny.sock'])
  } finally {
    await closeStage(stage)
  }
})
