/** A person's word to a running detector. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DetectorService, type WatchNodeResponse } from '#proto/nodedoctor/v1/detector.ts'
import {
  ConditionStatus,
  type ExternalMonitorServer,
  ExternalMonitorService,
} from '#proto/npd/external/v1/external_monitor.ts'
import { serveUnix } from '#rpc'
import { freePort } from '../../libs/bus/testing.ts'
import { startDetector } from './testing.ts'

const POLL = { timeout: 10_000 }

let dir = ''
const open: { stop(): Promise<void> }[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-word-'))
})
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop()
  await rm(dir, { recursive: true, force: true })
})

describe("a person's word", () => {
  it('about the node itself is taken by the name that is shown for it, and each is told with its why, however fast they come', async () => {
    const path = join(dir, 'fans.sock')
    const types = ['FanBroken', 'LinkBroken', 'RaidBroken']
    const conditions = types.map((type) => ({
      type,
      status: ConditionStatus.TRUE,
      transition: undefined,
      reason: 'Sick',
      message: 'as it is',
    }))
    const fans: ExternalMonitorServer = {
      checkHealth: (_call, callback) => callback(null, { source: 'fans', events: [], conditions }),
      getMetadata: (_call, callback) => callback({ code: 12, details: 'not implemented' }),
      stop: (_call, callback) => callback(null, {}),
    }
    const services = [{ definition: ExternalMonitorService, implementation: fans }]
    const server = await serveUnix({ path, services, serving: () => true })
    open.push({ stop: () => server.close(0) })
    const { client, node } = await startDetector(
      {
        dir,
        busPort: await freePort(),
        document: { plugins: [{ name: 'fans', socketAddress: path, interval: '30s', timeout: '1s' }] },
        bootId: undefined,
      },
      (running) => open.push(running),
    )
    await expect.poll(async () => (await node()).problems.map(({ type }) => type).sort(), POLL).toEqual(types)
    const told: WatchNodeResponse[] = []
    const abort = new AbortController()
    const watching = (async () => {
      for await (const response of client.serverStream(DetectorService.watchNode, {}, abort.signal)) told.push(response)
    })()
    await expect.poll(() => told.length).toBeGreaterThan(0)
    const clear = (type: string, entity: string) =>
      client.call(DetectorService.clear, { type, entity, by: 'ada', why: `seen ${type}` })
    await expect(clear('FanBroken', 'fan:0')).rejects.toMatchObject({
      message: expect.stringContaining('no problem FanBroken of fan:0 is open; FanBroken is open of: node'),
    })
    await Promise.all(types.map((type) => clear(type, 'node')))
    const words = () =>
      told.flatMap(({ change }) =>
        change?.$case === 'event' && change.value.reason === 'ProblemCleared' ? [change.value.message] : [],
      )
    await expect
      .poll(() => words().sort())
      .toEqual(types.map((type) => expect.stringContaining(`cleared by ada: seen ${type}`)))
    await expect(client.call(DetectorService.forget, { monitor: 'detector' })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    })
    abort.abort()
    await watching
  }, 60_000)
})
