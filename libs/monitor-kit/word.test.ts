import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EndOptions } from '#bus'
import { loadConfig } from '#config'
import { createHost } from '#host'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix, type RpcClient } from '#rpc'
import { createHostedService, createServerDoor, systemClock } from '#service'
import { detector } from '../../services/detector/service.ts'
import { freePort } from '../bus/testing.ts'
import { keepLog } from '../service/testing.ts'
import { defineMonitor } from './define.ts'
import { checkOf, healthy, problem } from './testing/scripted-monitor.ts'
import { closeStage, host, openStage, type Stage, watchMonitor } from './testing/stage.ts'
import type { CheckResult, ClearedWord, MonitorDefinition } from './types.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => closeStage(stage))

/** A check that latches: once bad, it is bad until a person says otherwise. */
function latching(look: () => Promise<boolean>): { definition: MonitorDefinition; words: ClearedWord[] } {
  const words: ClearedWord[] = []
  const texts = { description: '', source: '', warning: '', critical: '', sustained: '' }
  const well = { label: '', healthyReason: 'BelowLimit', healthyMessage: '' }
  const check = checkOf(() => ({ findings: [] }), {
    conditions: [{ type: 'RaidBroken', ...texts, ...well }],
    parameters: ['limit'],
    create() {
      let isBad = false
      async function run(): Promise<CheckResult> {
        isBad = (await look()) || isBad
        return { findings: [isBad ? problem('RaidBroken', 'disk:/') : healthy('RaidBroken', 'disk:/')] }
      }
      function cleared(word: ClearedWord): void {
        words.push(word)
        isBad = false
      }
      return Object.assign(run, { cleared })
    },
  })
  return { definition: defineMonitor({ name: 'tiny', description: '', checks: [check] }), words }
}

const DISKS = [{ name: 'disks', type: 'disk-check' }]
const look = (client: RpcClient) => client.call(MonitorService.check, { check: 'disks' })
const older = async (client: RpcClient) =>
  (await client.call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 })).conditions

describe("a person's word", () => {
  it('reaches the check and the present state, cleaned, and holds until the next look', async () => {
    let bad = true
    const { definition, words } = latching(() => Promise.resolve(bad))
    const { client } = await host(stage, definition, DISKS)
    await look(client)
    bad = false
    await look(client)
    expect((await older(client))[0]).toMatchObject({ status: 1, reason: 'AboveLimit' })

    const watcher = watchMonitor(stage, client)
    await watcher.report()
    const value = { type: 'RaidBroken', entity: 'disk:/', by: 'ann\u001b[2J', why: 'replaced\nFAKE  row\u202e' }
    watcher.say({ $case: 'clear', value })
    watcher.say({ $case: 'clear', value: { ...value, type: 'Nothing' } })
    const cleared = 'disk:/: cleared by ann[2J: replaced FAKE row'
    await expect
      .poll(async () => (await older(client))[0])
      .toMatchObject({ status: 2, reason: 'Cleared', message: cleared })
    expect(words).toEqual([{ type: 'RaidBroken', entity: 'disk:/', by: 'ann[2J', why: 'replaced FAKE row' }])

    const later = watchMonitor(stage, client)
    let present = await later.report()
    while (present.runs.length > 0) present = await later.report()
    expect(present.observations).toMatchObject([{ reason: 'Cleared', health: Health.HEALTHY }])
    await look(client)
    expect((await older(client))[0]).toMatchObject({ status: 2, reason: 'BelowLimit' })
  })

  it('that comes while a run is under way is heard by the check after it, and what that run saw is over', async () => {
    const going = Promise.withResolvers<boolean>()
    const { definition, words } = latching(() => going.promise)
    const { client } = await host(stage, definition, DISKS)
    const looking = look(client)
    const watcher = watchMonitor(stage, client)
    await watcher.next()
    watcher.say({ $case: 'clear', value: { type: 'RaidBroken', entity: 'disk:/', by: 'ann', why: 'seen' } })
    await client.call(MonitorService.describe, { detectorVersion: '' })
    expect(words).toEqual([])
    going.resolve(true)
    expect((await looking).report?.observations[0]?.health).toBe(Health.PROBLEM)
    await expect.poll(() => words).toHaveLength(1)
    expect((await older(client))[0]).toMatchObject({ status: 2, reason: 'Cleared' })
  })

  it('that comes while a look with parameters is under way holds for its answer, and for nothing that is seen later', async () => {
    const going = Promise.withResolvers<boolean>()
    const began = Promise.withResolvers<void>()
    let found: Promise<boolean> = Promise.resolve(true)
    const { definition, words } = latching(() => {
      if (found === going.promise) began.resolve()
      return found
    })
    const { client } = await host(stage, definition, DISKS)
    await look(client)
    found = going.promise
    const asking = client.call(ExternalMonitorService.checkHealth, { parameters: { limit: '1' }, sequence: 1 })
    await began.promise
    const watcher = watchMonitor(stage, client)
    await watcher.next()
    watcher.say({ $case: 'clear', value: { type: 'RaidBroken', entity: 'disk:/', by: 'ann', why: 'seen' } })
    await expect.poll(async () => (await older(client))[0]).toMatchObject({ status: 2, reason: 'Cleared' })
    expect(words).toEqual([])
    going.resolve(true)
    expect((await asking).conditions[0]).toMatchObject({ status: 2, reason: 'Cleared' })
    expect(words).toHaveLength(1)
    found = Promise.resolve(false)
    await look(client)
    expect((await older(client))[0]).toMatchObject({ status: 2, reason: 'BelowLimit' })
  })

  it('that comes while a look with parameters is under way hides nothing that is found after it', async () => {
    const going = Promise.withResolvers<boolean>()
    const began = Promise.withResolvers<void>()
    let found: Promise<boolean> = Promise.resolve(true)
    const { definition, words } = latching(() => {
      if (found === going.promise) began.resolve()
      return found
    })
    const { client } = await host(stage, definition, DISKS)
    await look(client)
    found = going.promise
    const asking = client.call(ExternalMonitorService.checkHealth, { parameters: { limit: '1' }, sequence: 1 })
    await began.promise
    const watcher = watchMonitor(stage, client)
    await watcher.next()
    watcher.say({ $case: 'clear', value: { type: 'RaidBroken', entity: 'disk:/', by: 'ann', why: 'seen' } })
    await expect.poll(async () => (await older(client))[0]).toMatchObject({ status: 2, reason: 'Cleared' })
    going.resolve(true)
    await asking
    await expect.poll(() => words).toHaveLength(1)
    await look(client)
    expect((await older(client))[0]).toMatchObject({ status: 1, reason: 'AboveLimit' })
  })

  it('said to the detector ends what a check has latched, for good', async () => {
    const bad = Promise.withResolvers<boolean>()
    let found: Promise<boolean> = bad.promise
    bad.resolve(true)
    const { definition, words } = latching(() => found)
    const { client } = await host(stage, definition, DISKS)
    const node = await startDetector()
    const health = async () =>
      (await node.call(DetectorService.getNode, {})).node?.conditions.find(({ type }) => type === 'RaidBroken')?.health
    await expect.poll(health, { timeout: 10_000 }).toBe(Health.PROBLEM)
    found = Promise.resolve(false)
    await look(client)
    expect(await health()).toBe(Health.PROBLEM)

    const { cleared } = await node.call(DetectorService.clear, { type: 'RaidBroken', by: 'ann', why: 'new disk' })
    expect(cleared).toMatchObject([{ type: 'RaidBroken', entity: 'disk:/' }])
    await expect.poll(() => words).toEqual([{ type: 'RaidBroken', entity: 'disk:/', by: 'ann', why: 'new disk' }])
    const { report } = await look(client)
    expect(report?.observations).toMatchObject([{ health: Health.HEALTHY, reason: 'BelowLimit' }])
    expect(await health()).toBe(Health.HEALTHY)
  }, 30_000)
})

/** The real one, with its bus, that finds the monitor's socket. */
async function startDetector(): Promise<RpcClient> {
  const file = join(stage.runDir, 'config.json')
  const document = {
    apiVersion: 'node-doctor.io/v1alpha1',
    kind: 'NodeDoctorConfig',
    metadata: { name: 'test' },
    settings: { nodeName: 'n1', runDir: stage.runDir, stateDir: join(stage.runDir, 'state') },
    bus: { port: await freePort() },
    detector: { monitorDirs: [join(stage.runDir, 'monitors')] },
    defaultMonitors: [],
    monitors: [],
  }
  await writeFile(file, JSON.stringify(document))
  const config = await loadConfig({ file, flags: [], env: {} })
  const stop = new AbortController()
  const bus = (end: EndOptions) => createServerDoor({ ...end, config })
  const around = { version: '1', config, host: createHost({ root: '' }), clock: systemClock(), alone: true, bus }
  const ended = createHostedService(detector, { ...around, log: keepLog().log }).run(stop.signal)
  const client = connectUnix(join(stage.runDir, 'detector', 'detector.sock'))
  stage.ends.push(() => {
    stop.abort()
    client.close()
    return ended
  })
  await client.connected(AbortSignal.timeout(10_000))
  return client
}
