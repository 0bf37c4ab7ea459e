import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHost } from '#host'
import { HealthService } from '#proto/grpc/health/v1/health.ts'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import type { Report } from '#proto/nodedoctor/v1/types.ts'
import { ExternalMonitorService, Status } from '#proto/npd/external/v1/external_monitor.ts'
import type { RpcClient } from '#rpc'
import { closedDoor, createHostedService, systemClock } from '#service'
import { keepLog } from '../service/testing.ts'
import { createMonitorService } from './service.ts'
import {
  hangs,
  healthy,
  pending,
  problem,
  type Script,
  scriptedMonitor,
  wellScript,
} from './testing/scripted-monitor.ts'
import { BOTH, closeStage, configOf, type Entry, host, openStage, type Stage, watchMonitor } from './testing/stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => closeStage(stage))

const start = async (script: Script, entries: readonly Entry[] = BOTH) => {
  const monitor = await host(stage, scriptedMonitor(script), entries)
  await expect.poll(monitor.messages, { timeout: 5000 }).toContain('service running')
  return monitor
}
const watch = (client: RpcClient, how: Parameters<typeof watchMonitor>[2] = {}) => watchMonitor(stage, client, how)

const HEALTH: readonly string[] = ['unspecified', 'healthy', 'problem', 'unknown']
const words = ({ observations }: Report) =>
  observations.map(({ type, entity, health, reason }) =>
    [type, entity, HEALTH[health], reason].filter(Boolean).join(' '),
  )
const STATUS: readonly string[] = ['unspecified', 'TRUE', 'FALSE', 'UNKNOWN']
const statusWords = ({ conditions }: Status) => conditions.map(({ type, status }) => `${type} ${STATUS[status]}`)

const check = (client: RpcClient, name: string) => client.call(MonitorService.check, { check: name })
const checkHealth = (client: RpcClient) =>
  client.call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 })

describe('a monitor', () => {
  it('describes what it watches by what is configured', async () => {
    const { client } = await start(wellScript())
    const described = await client.call(MonitorService.describe, { detectorVersion: '' })
    expect(described).toMatchObject({ name: 'tiny', version: '1.2.3', heartbeatIntervalMs: 5000 })
    expect(described.conditionTypes.map(({ type, polarity }) => [type, polarity])).toEqual([
      ['DiskFull', 1],
      ['DiskSlow', 1],
      ['CpuBusy', 2],
    ])
    expect(described.checks).toMatchObject([
      {
        check: 'disks',
        checkType: 'disk-check',
        intervalMs: 30_000,
        conditionTypes: ['DiskFull', 'DiskSlow'],
        dependsOn: ['cpus'],
      },
      { check: 'cpus', checkType: 'cpu-check' },
    ])
    expect(described.metrics).toMatchObject([{ name: 'disk_used_ratio', title: '{mount} used' }])
    expect(described.eventReasons).toMatchObject([
      { reason: 'DiskReplaced' },
      { reason: 'IntervalsStretched' },
      { reason: 'IntervalsRestored' },
    ])
  })

  it('does not declare what is not configured, or not for it', async () => {
    const { client } = await start(wellScript(), [
      { name: 'cpus', type: 'cpu-check', enabled: false },
      { name: 'others', type: 'disk-check', monitor: 'other' },
    ])
    const described = await client.call(MonitorService.describe, { detectorVersion: '' })
    expect([described.conditionTypes, described.checks]).toEqual([[], []])
    expect((await client.call(HealthService.check, { service: '' })).status).toBe(1)
    const watcher = watch(client)
    expect((await watcher.next()).report).toBeUndefined()
  })

  it('does not start with a check that it does not have', async () => {
    const ended = createHostedService(createMonitorService(scriptedMonitor(wellScript())), {
      version: '',
      config: configOf(stage.runDir, [{ name: 'gpus', type: 'gpu-check' }]),
      host: createHost({ root: '' }),
      clock: systemClock(),
      log: keepLog().log,
      alone: true,
      bus: closedDoor,
    }).run(new AbortController().signal)
    await expect(ended).rejects.toThrow(
      'monitor tiny cannot run gpus: it has no check of type gpu-check, only disk-check, cpu-check; make the catalogue anew (make generate)',
    )
  })

  it('is ready when each check has run once, or is given up on', async () => {
    const script = { ...wellScript(), disk: hangs }
    const { client } = await start(script)
    const ask = async () => (await client.call(HealthService.check, { service: '' })).status
    expect(await ask()).toBe(2)
    await expect.poll(ask, { timeout: 4000 }).toBe(1)
  })

  it('stops within a second, also while a check hangs, and ends every watch', async () => {
    const { client, stop, ended } = await start({ ...wellScript(), disk: hangs })
    const watcher = watch(client)
    await watcher.report()
    const beganMs = performance.now()
    stop.abort()
    await ended
    expect(performance.now() - beganMs).toBeLessThan(1000)
    await expect(
      (async () => {
        for (;;) if ((await watcher.responses.next()).done) return 'ended'
      })(),
    ).resolves.toBe('ended')
  })
})

describe('a watcher', () => {
  it('is told what happens, and what it has not acknowledged again when it comes back', async () => {
    const script = wellScript()
    const { client } = await start(script)
    const first = watch(client)
    const [one, two] = await first.reports(2)
    expect([one, two].map((report) => report && words(report))).toEqual([
      ['DiskFull disk:/ healthy BelowLimit', 'DiskSlow healthy BelowLimit'],
      ['CpuBusy healthy BelowLimit'],
    ])
    script.cpu = () => ({ findings: [problem('CpuBusy')] })
    await check(client, 'cpus')
    // The present state comes once, before what is new.
    let told = await first.report()
    while (words(told)[0] !== 'CpuBusy problem AboveLimit') told = await first.report()
    first.ack(two!)
    await client.call(MonitorService.describe, { detectorVersion: '' })
    await first.leave()

    const second = watch(client)
    const [again, present] = await second.reports(2)
    expect([again?.sequence, words(again!)]).toEqual([told.sequence, ['CpuBusy problem AboveLimit']])
    expect(words(present!)).toEqual([
      'DiskFull disk:/ healthy BelowLimit',
      'DiskSlow healthy BelowLimit',
      'CpuBusy problem AboveLimit',
    ])
    expect(present!.sequence).toBeGreaterThan(again!.sequence)
    expect(present!.observations[2]?.observed).toEqual(again!.observations[0]?.observed)
    second.ack(present!)
    await client.call(MonitorService.describe, { detectorVersion: '' })
    await second.leave()

    const third = watch(client)
    expect(words(await third.report())).toHaveLength(3)
  })

  it('gets the numbers with what is new, but no old ones', async () => {
    const script = wellScript()
    script.disk = () => ({
      findings: [healthy('DiskSlow')],
      metrics: [{ name: 'disk_used_ratio', labels: {}, value: 0.5 }],
    })
    const { client } = await start(script, [{ name: 'disks', type: 'disk-check' }])
    await check(client, '')
    const watcher = watch(client)
    const old = await watcher.report()
    expect([old.metrics, old.runs]).toEqual([[], [expect.objectContaining({ check: 'disks', error: '' })]])
    const asked = await check(client, 'disks')
    expect(asked.report?.metrics[0]).toMatchObject({ name: 'disk_used_ratio', value: 0.5 })
    let told = old
    while (told.sequence !== asked.report?.sequence) told = await watcher.report()
    expect(told.metrics).toEqual(asked.report.metrics)
  })

  it('is told what was measured before it came, beside what is known', async () => {
    const script = wellScript()
    script.disk = () => ({
      findings: [healthy('DiskSlow')],
      metrics: [{ name: 'disk_used_ratio', labels: {}, value: 0.5 }],
    })
    const { client } = await start(script, [{ name: 'disks', type: 'disk-check' }])
    await check(client, '')
    const watcher = watch(client)
    let told = await watcher.report()
    while (told.metrics.length === 0) told = await watcher.report()
    expect(told.runs).toEqual([])
    expect(told.metrics).toMatchObject([{ name: 'disk_used_ratio', value: 0.5 }])
  })

  it('is told with a run what the process costs, not with every one', async () => {
    const { client } = await start(wellScript(), [{ name: 'disks', type: 'disk-check' }])
    const watcher = watch(client)
    const old = await watcher.report()
    const own = (report: Report | undefined) =>
      report?.metrics.map(({ name }) => name).filter((name) => name.startsWith('process_'))
    const [first, second] = [await check(client, 'disks'), await check(client, 'disks')]
    const costs = [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_heap_size_bytes',
      'process_heap_used_bytes',
      'process_start_time_seconds',
    ]
    expect([own(first.report), own(second.report)]).toEqual([costs, []])
    let told = old
    while (told.sequence !== first.report?.sequence) told = await watcher.report()
    expect(own(told)).toEqual(costs)
  })

  it('hears a heartbeat when there is nothing else to say', async () => {
    const { client } = await start(wellScript(), [{ name: 'cpus', type: 'cpu-check' }])
    const watcher = watch(client)
    await watcher.report()
    const beganMs = performance.now()
    let response = await watcher.next()
    while (response.report !== undefined) response = await watcher.next()
    expect(response.time).toBeInstanceOf(Date)
    expect(performance.now() - beganMs).toBeLessThan(5500)
  })

  it('that asks for few reports a second gets many kept ones at that pace', async () => {
    const { client } = await start(wellScript(), [{ name: 'cpus', type: 'cpu-check' }])
    for (let i = 0; i < 40; i++) await check(client, 'cpus')
    const watcher = watch(client, { maxReportsPerSecond: 25 })
    const beganMs = performance.now()
    const reports = await watcher.reports(40)
    const sequences = reports.map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    expect(performance.now() - beganMs).toBeGreaterThan(1000)
  })

  it('that does not read holds nobody up, and is told all when it reads', async () => {
    const { client } = await start(wellScript(), [{ name: 'cpus', type: 'cpu-check' }])
    const slow = watch(client)
    const quick = watch(client)
    await slow.report()
    for (let i = 0; i < 300; i++) await check(client, 'cpus')
    const last = (await check(client, 'cpus')).report?.sequence ?? 0
    for (const watcher of [quick, slow]) {
      let told = await watcher.report()
      while (told.sequence < last) told = await watcher.report()
      expect(told.sequence).toBe(last)
    }
  })

  it('never gets a message that is larger than it takes, and sees that something is missing', async () => {
    const script = wellScript()
    script.disk = () => ({
      findings: Array.from({ length: 100 }, (_, i) => problem('DiskFull', `disk:/${i}`, 'x'.repeat(500))),
    })
    const { client, messages } = await start(script)
    const watcher = watch(client, { maxMessageBytes: 10_000 })
    let response = await watcher.next()
    while (response.dropped === 0) response = await watcher.next()
    expect(messages()).toContain('report is larger than its watcher takes')
  })

  it('that says nothing is told all the same, also when it will never say anything', async () => {
    const { client } = await start(wellScript())
    const stream = client.bidiStream(MonitorService.watch, AbortSignal.timeout(5000))
    stream.end()
    for await (const { report } of stream.responses) if (report !== undefined) break
  })

  it('is refused when there are too many of them', async () => {
    const { client } = await start(wellScript())
    for (let i = 0; i < 8; i++) await watch(client).next()
    await expect(watch(client).next()).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' })
  })
})

describe('a check', () => {
  it('that is asked for is run and told to watchers too', async () => {
    const script = wellScript()
    const { client } = await start(script)
    script.disk = () => ({ findings: [problem('DiskFull', 'disk:/var')] })
    const { report } = await check(client, 'disks')
    expect(words(report!)).toEqual(['DiskFull disk:/var problem AboveLimit'])
    expect((await check(client, '')).report?.runs.map(({ check: name }) => name)).toEqual(['disks', 'cpus'])
    await expect(check(client, 'nothing')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('no check is named "nothing"; there are: disks, cpus'),
    })
  })

  it('that hangs becomes unknown at its timeout, and is said to hang once in the log', async () => {
    const script = { ...wellScript(), disk: hangs }
    const { client, lines } = await start(script, [
      { name: 'disks', type: 'disk-check', timeoutMs: 100, intervalMs: 300 },
    ])
    const watcher = watch(client)
    for (let i = 0; i < 3; i++) {
      expect(words(await watcher.report())).toEqual([
        'DiskFull unknown CheckTimedOut',
        'DiskSlow unknown CheckTimedOut',
      ])
    }
    expect(lines.filter(({ message }) => message === 'check cannot look')).toMatchObject([
      { monitor: 'disks', reason: 'check disks did not answer within 100 ms' },
    ])
  })
})

describe('the older protocol', () => {
  it('tells the present state, TRUE for a problem whatever the polarity, in an order that never changes', async () => {
    const script = wellScript()
    const { client } = await start(script)
    expect(statusWords(await checkHealth(client))).toEqual(['DiskFull FALSE', 'DiskSlow FALSE', 'CpuBusy FALSE'])
    script.cpu = () => ({ findings: [problem('CpuBusy')] })
    script.disk = () => Promise.reject(new Error('no disk'))
    await check(client, '')
    const status = await checkHealth(client)
    expect(statusWords(status)).toEqual(['DiskFull UNKNOWN', 'DiskSlow UNKNOWN', 'CpuBusy TRUE'])
    expect(status).toMatchObject({ source: 'tiny' })
    expect(status.conditions[0]).toMatchObject({ reason: 'CheckFailed', message: 'disk:/: no disk' })
  })

  it('tells the worst of several, with what it is about and how many more there are', async () => {
    const script = wellScript()
    script.disk = () => ({
      findings: [
        healthy('DiskFull', 'disk:/'),
        { ...problem('DiskFull', 'disk:/a', '90 % used'), severity: 'warning' },
        problem('DiskFull', 'disk:/b'),
        healthy('DiskSlow'),
      ],
    })
    const { client } = await start(script)
    const [full] = (await checkHealth(client)).conditions
    expect(full).toMatchObject({ status: 1, message: 'disk:/b: 96 % used (and 1 more)' })
    const began = full?.transition
    await check(client, '')
    expect((await checkHealth(client)).conditions[0]?.transition).toEqual(began)
  })

  it('does not call well what it only waits for', async () => {
    const script = wellScript()
    script.cpu = () => ({ findings: [pending('CpuBusy')] })
    const { client } = await start(script)
    expect(statusWords(await checkHealth(client))).toContain('CpuBusy UNKNOWN')
    script.cpu = () => ({ findings: [problem('CpuBusy')] })
    await check(client, '')
    script.cpu = () => ({ findings: [pending('CpuBusy')] })
    await check(client, '')
    expect(statusWords(await checkHealth(client))).toContain('CpuBusy TRUE')
  })

  it('tells each event once, and keeps no more than a hundred', async () => {
    const script = wellScript()
    const event = (i: number) =>
      ({ reason: 'DiskReplaced', severity: i % 2 ? 'error' : 'info', message: `disk ${i}` }) as const
    script.disk = () => ({ findings: [], events: Array.from({ length: 150 }, (_, i) => event(i)) })
    const { client } = await start(script)
    await client.call(MonitorService.describe, { detectorVersion: '' })
    const { events } = await checkHealth(client)
    expect(events).toHaveLength(1 + 100)
    expect(events[0]).toMatchObject({ severity: 2, reason: 'EventsDropped' })
    expect(events.slice(-2)).toMatchObject([
      { severity: 1, message: 'disk 148' },
      { severity: 2, message: 'disk 149' },
    ])
    expect((await checkHealth(client)).events).toEqual([])
  })

  it('answers in time though a check hangs', async () => {
    const { client } = await start({ ...wellScript(), disk: hangs })
    const beganMs = performance.now()
    expect(statusWords(await checkHealth(client))).toEqual(['CpuBusy FALSE'])
    expect(performance.now() - beganMs).toBeLessThan(3000)
  })

  it('takes no more than 500 bytes to say that all is well', async () => {
    const { client } = await start(wellScript())
    expect(Status.encode(await checkHealth(client)).finish().length).toBeLessThanOrEqual(500)
  })

  it('says who it is, and stops when it is told to', async () => {
    const { client, ended, messages } = await start(wellScript())
    expect(await client.call(ExternalMonitorService.getMetadata, {})).toMatchObject({
      name: 'tiny',
      version: '1.2.3',
      description: 'a tiny monitor',
      supportedConditions: ['DiskFull', 'DiskSlow', 'CpuBusy'],
      capabilities: { 'nodedoctor.v1.Monitor': 'true' },
      apiVersion: 'v1',
    })
    await client.call(ExternalMonitorService.stop, {})
    await ended
    expect(messages()).toContain('service was asked to stop')
    expect(messages().at(-1)).toBe('service stopped')
  })
})
