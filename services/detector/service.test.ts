import { access, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectBus, createBusReader, createBusWriter, readCredentials } from '#bus/nats'
import { createHost } from '#host'
import { DetectorService, type WatchNodeResponse } from '#proto/nodedoctor/v1/detector.ts'
import { type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import {
  Event,
  Health,
  KeptEvents,
  type MetricBatch,
  MonitorHealth,
  NodeCondition,
  Problem,
  ProblemPhase,
  Severity,
} from '#proto/nodedoctor/v1/types.ts'
import {
  ConditionStatus,
  type ExternalMonitorServer,
  ExternalMonitorService,
} from '#proto/npd/external/v1/external_monitor.ts'
import { GRPC_STATUS, type RpcServer, serveUnix } from '#rpc'
import { freePort, plainDoor, quietLog } from '../../libs/bus/testing.ts'
import { type Running, startDetector } from './testing.ts'
import { createStreamer } from './testing-streamer.ts'

let dir = ''
let port = 0
const open: { stop(): Promise<void> }[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-det-'))
  port = await freePort()
})
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop()
  await rm(dir, { recursive: true, force: true })
})

/** What the detector tells of itself and of its bus server, as a reader of the bus hears it first. */
/** The first that is told of a monitor. */
function heardMetrics(monitor = 'detector'): Promise<MetricBatch> {
  const abort = new AbortController()
  const bus = connectBus({
    name: 'http-exporter',
    credentials: readCredentials(join(dir, 'run'), 'http-exporter'),
    log: quietLog,
  })
  open.push({
    stop() {
      abort.abort()
      return bus.close()
    },
  })
  return new Promise((resolve) => {
    createBusReader(bus, { signal: abort.signal }).onMetrics((batch) => {
      if (batch.monitor === monitor) resolve(batch)
    })
  })
}

function start(document: Record<string, unknown> = {}, bootId?: string): Promise<Running> {
  return startDetector({ dir, busPort: port, document, bootId }, (running) => open.push(running))
}

async function plugIn(
  name: string,
  services: Parameters<typeof serveUnix>[0]['services'],
  path = join(dir, 'plugins', `${name}.sock`),
): Promise<RpcServer> {
  await mkdir(join(dir, 'plugins'), { recursive: true })
  const server = await serveUnix({ path, services, serving: () => true })
  open.push({ stop: () => server.close(0) })
  return server
}

describe('the detector', () => {
  it('folds a monitor that streams, tells its watchers, acknowledges, and runs checks on demand', async () => {
    const running = await start()
    const streamer = createStreamer()
    await plugIn('links', [{ definition: MonitorService, implementation: streamer.server }])
    await expect
      .poll(async () => (await running.node()).monitors.find(({ name }) => name === 'links')?.health, {
        timeout: 10_000,
      })
      .toBe(MonitorHealth.ALIVE)

    const told: WatchNodeResponse[] = []
    const abort = new AbortController()
    const watching = (async () => {
      for await (const response of running.client.serverStream(DetectorService.watchNode, {}, abort.signal))
        told.push(response)
    })()
    await expect.poll(() => told[0]?.change?.$case).toBe('node')
    const metrics = heardMetrics('links')
    const event = Event.fromPartial({
      severity: Severity.INFO,
      reason: 'LinkFlap',
      message: 'eth0 flapped',
      firstSeen: new Date(),
      lastSeen: new Date(),
      count: 1,
    })
    streamer.say(
      { health: Health.PROBLEM, severity: Severity.ERROR, reason: 'Down', message: 'no carrier' },
      { events: [event], metrics: [{ name: 'link_up', labels: { nic: 'eth0' }, value: 0 }] },
    )
    await expect
      .poll(() => told.map(({ change }) => change?.$case))
      .toEqual(expect.arrayContaining(['condition', 'problem', 'event']))
    await expect.poll(() => streamer.acknowledged()).toBe(1)
    // Who has not connected yet hears the next ones.
    const telling = setInterval(
      () => streamer.say({}, { observations: [], metrics: [{ name: 'link_up', labels: {}, value: 1 }] }),
      200,
    )
    expect((await metrics.finally(() => clearInterval(telling))).described).toMatchObject([
      { name: 'link_up', help: 'Whether there is a carrier.', kind: 'gauge' },
    ])
    const node = await running.node()
    expect(node.verdict).toContain('1 problem')
    expect(node.problems).toMatchObject([
      { type: 'LinkDown', entity: 'nic:eth0', label: 'eth0 down', phase: ProblemPhase.OPENED },
    ])
    expect(node.bus).toMatchObject({ connected: true, queued: 0 })

    streamer.say({})
    await expect.poll(async () => (await running.node()).resolved).toMatchObject([{ type: 'LinkDown' }])
    streamer.say({}, { observations: [], withdrawn: [{ type: 'LinkDown', entity: 'nic:eth0' }] })
    await expect.poll(() => told.some(({ change }) => change?.$case === 'conditionRemoved')).toBe(true)

    const { report } = await running.client.call(
      DetectorService.check,
      { monitor: 'links', check: '' },
      { timeoutMs: 2000 },
    )
    expect(report?.sequence).toBe(77)
    await expect(
      running.client.call(DetectorService.check, { monitor: 'link', check: '' }, { timeoutMs: 2000 }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('no monitor is named "link"; did you mean links?'),
    })
    const { monitors } = await running.client.call(DetectorService.listMonitors, {}, { timeoutMs: 2000 })
    expect(monitors.map(({ name }) => name).sort()).toEqual(['detector', 'links'])
    abort.abort()
    await watching
  }, 60_000)

  it('polls a configured plug-in of the older protocol, and shows when it is gone', async () => {
    const path = join(dir, 'vendor.sock')
    let status: ConditionStatus = ConditionStatus.FALSE
    const vendor: ExternalMonitorServer = {
      checkHealth: (_call, callback) =>
        callback(null, {
          source: 'vendor',
          events: [],
          conditions: [{ type: 'VendorHealthy', status, transition: undefined, reason: 'R', message: 'm' }],
        }),
      getMetadata: (_call, callback) =>
        callback(null, {
          name: 'other-name',
          version: '9',
          description: 'd',
          supportedConditions: [],
          capabilities: {},
          apiVersion: 'v1',
        }),
      stop: (_call, callback) => callback(null, {}),
    }
    const server = await plugIn('vendor', [{ definition: ExternalMonitorService, implementation: vendor }], path)
    const running = await start({
      plugins: [{ name: 'vendor', socketAddress: path, interval: '2s', timeout: '1s' }],
    })
    await expect
      .poll(async () => (await running.node()).conditions.find(({ type }) => type === 'VendorHealthy')?.health, {
        timeout: 10_000,
      })
      .toBe(Health.HEALTHY)
    const metrics = heardMetrics()
    expect((await running.node()).monitors.find(({ name }) => name === 'vendor')).toMatchObject({
      protocol: 'npd.external.v1',
      description: 'd (calls itself other-name)',
      version: '9',
    })
    status = ConditionStatus.TRUE
    await expect
      .poll(async () => (await running.node()).problems.map(({ type }) => type), { timeout: 10_000 })
      .toEqual(['VendorHealthy'])
    await server.close(0)
    await expect
      .poll(async () => (await running.node()).problems.map(({ type }) => type).sort(), { timeout: 30_000 })
      .toEqual(['MonitorUnreachable', 'VendorHealthy'])
    expect((await running.node()).conditions.find(({ type }) => type === 'VendorHealthy')?.health).toBe(Health.UNKNOWN)
    await expect(
      running.client.call(DetectorService.check, { monitor: 'vendor', check: '' }, { timeoutMs: 2000 }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    const { samples, described } = await metrics
    expect(described.find(({ name }) => name === 'monitor_reports_total')).toMatchObject({
      help: 'Reports taken from a monitor.',
      kind: 'counter',
    })
    expect(samples.find(({ name }) => name === 'bus_server_restarts_total')).toMatchObject({ labels: {}, value: 0 })
    expect(samples.find(({ labels }) => labels['service'] === 'nats-server')?.value).toBeGreaterThan(0)
  }, 60_000)

  it('shows what is configured and missing, and remembers everything over a restart', async () => {
    const missing = { monitors: [{ name: 'chiller', type: 'chiller-health-check' }] }
    const first = await start(missing)
    const problems = (await first.node()).problems
    expect(problems).toMatchObject([{ type: 'MonitorMissing' }])
    await first.stop()
    expect((await readFile(join(dir, 'state', 'detector', 'problems.pb'))).length).toBeGreaterThan(0)
    const second = await start(missing)
    expect((await second.node()).problems).toMatchObject([{ generation: 1, opened: problems[0]?.opened }])
    await second.stop()
    const third = await start()
    await expect.poll(async () => (await third.node()).problems).toEqual([])
    expect((await third.node()).resolved).toMatchObject([{ type: 'MonitorMissing' }])
  }, 60_000)

  it('warns in its log of each key that has no effect, with what to write in its place', async () => {
    const running = await start({ features: { enableProfiling: true, tracingEndpoint: '${NOBODY}' } })
    const lines = running.log.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.filter(({ message }) => message === 'a key of the configuration is refused')).toMatchObject([
      {
        level: 'warn',
        key: 'features.enableProfiling',
        why: 'has no effect: no process serves profiles; look at its metrics, or start it with the inspector of Node',
        origin: expect.stringMatching(/, line 1$/),
      },
      { level: 'warn', key: 'features.tracingEndpoint', why: 'has no effect: no traces are told; take it out' },
    ])
  }, 60_000)

  it('tells whoever asks for a look whether its monitor could not be asked, or did not look', async () => {
    const running = await start()
    const { server } = createStreamer()
    const refusal: { code: number; readonly details: string } = {
      code: GRPC_STATUS.UNIMPLEMENTED,
      details: 'it looks when it likes',
    }
    const check: MonitorServer['check'] = (_call, callback) => callback(refusal)
    await plugIn('links', [{ definition: MonitorService, implementation: { ...server, check } }])
    const ask = () => running.client.call(DetectorService.check, { monitor: 'links', check: 'links' })
    await expect
      .poll(() => ask().catch((err: unknown) => err), { timeout: 10_000 })
      .toMatchObject({ code: 'UNIMPLEMENTED' })
    refusal.code = GRPC_STATUS.NOT_FOUND
    await expect(ask()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  }, 60_000)

  it('tells after a reboot which events nobody took before its orderly stop', async () => {
    const first = await start({}, 'boot-1')
    const streamer = createStreamer()
    await plugIn('links', [{ definition: MonitorService, implementation: streamer.server }])
    await expect.poll(async () => (await first.node()).monitors.length, { timeout: 10_000 }).toBe(2)
    const flapped = Event.fromPartial({
      id: '1',
      reason: 'Flapped',
      message: 'm',
      severity: Severity.CRITICAL,
      count: 1,
    })
    streamer.say({}, { events: [{ ...flapped, firstSeen: new Date(), lastSeen: new Date() }] })
    await expect.poll(() => streamer.acknowledged(), { timeout: 20_000 }).toBe(1)
    await first.stop()
    const path = join(dir, 'state', 'detector', 'events.pb')
    const kept = KeptEvents.decode(await readFile(path)).events.find(({ reason }) => reason === 'Flapped')
    expect(kept?.monitor).toBe('links')
    const second = await start({}, 'boot-2')
    await expect
      .poll(() => access(path).catch((err: NodeJS.ErrnoException) => err.code), { timeout: 10_000 })
      .toBe('ENOENT')
    await second.stop()
    // Again nobody took it.
    expect(KeptEvents.decode(await readFile(path)).events).toContainEqual(kept)
  }, 60_000)

  it('tells that it was started anew on a node that it knows, and nothing of its first start', async () => {
    await mkdir(join(dir, 'run', 'http-exporter'), { recursive: true })
    const reasons: string[] = []
    /** Until it is closed: a reader that stays holds the detector's end back. */
    async function read(): Promise<() => Promise<void>> {
      const reading = new AbortController()
      const credentials = readCredentials(join(dir, 'run'), 'http-exporter')
      const bus = connectBus({ name: 'http-exporter', credentials, log: quietLog })
      createBusReader(bus, { signal: reading.signal }).consume(
        'EVENTS_INFO',
        { message: async ({ reason }) => void reasons.push(reason), gap: () => undefined },
        { signal: reading.signal },
      )
      await bus.connected()
      return async () => {
        reading.abort()
        await bus.close()
      }
    }
    const first = await start()
    const streamer = createStreamer()
    await plugIn('links', [{ definition: MonitorService, implementation: streamer.server }])
    await expect
      .poll(async () => (await first.node()).monitors.find(({ name }) => name === 'links')?.health, { timeout: 10_000 })
      .toBe(MonitorHealth.ALIVE)
    await (await read())()
    await first.stop()
    expect(reasons).toEqual([])
    await start()
    const close = await read()
    await expect.poll(() => reasons, { timeout: 15_000 }).toEqual(['AgentRestarted'])
    await close()
  }, 60_000)

  it('goes on while its bus is killed, and is ready again by itself', async () => {
    const running = await start()
    const streamer = createStreamer()
    await plugIn('links', [{ definition: MonitorService, implementation: streamer.server }])
    await expect.poll(async () => (await running.node()).monitors.length, { timeout: 10_000 }).toBe(2)
    const pid = Number(await readFile(join(dir, 'run', 'bus', 'nats-server.pid'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    streamer.say({ health: Health.PROBLEM, severity: Severity.WARNING, reason: 'Down' })
    await expect.poll(async () => (await running.node()).problems.length).toBe(1)
    await expect.poll(() => running.service.readiness().ready, { timeout: 20_000 }).toBe(true)
    await expect.poll(() => streamer.acknowledged(), { timeout: 20_000 }).toBe(1)
  }, 60_000)

  it('takes over what a bus that was away at the start holds, and removes what nobody speaks of', async () => {
    const external = () =>
      plainDoor.spawn('nats-server', ['-js', '-sd', join(dir, 'store'), '-a', '127.0.0.1', '-p', String(port)], {
        env: {},
        onLine: () => undefined,
      })
    const url = `nats://127.0.0.1:${port}`
    const before = await external()
    const old = connectBus({
      name: 'detector',
      credentials: () => Promise.resolve({ url, user: 'detector', seed: '' }),
      log: quietLog,
    })
    await old.connected(AbortSignal.timeout(10_000))
    const writer = createBusWriter(old)
    await writer.ensureStore({ node: 'n1', bootId: await createHost({ root: '' }).bootId() })
    await writer.put('node_conditions', NodeCondition.fromPartial({ type: 'Gone', health: Health.HEALTHY }))
    await writer.put(
      'problems',
      Problem.fromPartial({ fingerprint: 'fp', type: 'Old', phase: ProblemPhase.OPENED, generation: 3, owner: 'gpu' }),
    )
    await old.close()
    before.kill('SIGKILL')
    await before.exited
    const running = await start({ bus: { url } })
    expect((await running.node()).problems).toEqual([])
    const after = await external()
    open.push({
      async stop() {
        await running.stop()
        after.kill('SIGKILL')
        await after.exited
      },
    })
    await expect
      .poll(async () => (await running.node()).problems, { timeout: 15_000 })
      .toMatchObject([{ fingerprint: 'fp', generation: 3, unproven: true }])
    const reading = connectBus({
      name: 'detector',
      credentials: () => Promise.resolve({ url, user: 'detector', seed: '' }),
      log: quietLog,
    })
    await reading.connected(AbortSignal.timeout(10_000))
    const types = async () => (await createBusWriter(reading).readBack()).conditions.map(({ type }) => type)
    await expect.poll(types, { timeout: 10_000 }).not.toContain('Gone')
    await reading.close()
  }, 60_000)
})
