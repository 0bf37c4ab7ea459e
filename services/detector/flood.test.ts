import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectBus, createBusReader, readCredentials, STREAMS } from '#bus'
import type { Node } from '#proto/nodedoctor/v1/detector.ts'
import { type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Event, MonitorHealth, Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'
import { freePort, quietLog } from '../../libs/bus/testing.ts'
import { type Running, startDetector } from './testing.ts'

const STREAM_BYTES = STREAMS.find(({ name }) => name === 'EVENTS')?.maxBytes ?? 0
const LONG = '\u6ce8'.repeat(1024)
const PER_REPORT = 20
/** Together more than the whole stream. */
const FLOOD = Math.ceil((1.2 * STREAM_BYTES) / Buffer.byteLength(LONG))

let dir = ''
let port = 0
const open: (() => Promise<void>)[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-flood-'))
  port = await freePort()
  await mkdir(join(dir, 'plugins'))
})
afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop()
  await rm(dir, { recursive: true, force: true, maxRetries: 5 })
})

/** A life of the detector over real sockets and a real bus. */
function begin(): Promise<Running> {
  return startDetector({ dir, busPort: port, bootId: 'boot-1' }, (running) => open.push(running.stop))
}

/** A plug-in that keeps what is not acknowledged and sends it again to the next detector. */
async function startPlugIn(name: string) {
  let call: Parameters<MonitorServer['watch']>[0] | undefined
  let sequence = 0
  let acknowledged = 0
  const kept = new Map<number, Report>()
  const reportOf = (report: Report) => ({ time: new Date(), dropped: 0, report })
  const implementation: MonitorServer = {
    describe: (_call, callback) =>
      callback(null, {
        name,
        version: '1',
        description: '',
        incarnation: 5,
        heartbeatIntervalMs: 5000,
        eventReasons: [],
        metrics: [],
        checks: [],
        conditionTypes: [],
      }),
    check: (_call, callback) => callback(null, { report: undefined }),
    watch(opened) {
      call = opened
      opened.on('data', ({ request }) => {
        if (request?.$case !== 'ack') return
        acknowledged = Math.max(acknowledged, request.value.sequence)
        for (const number of kept.keys()) if (number <= acknowledged) kept.delete(number)
      })
      opened.on('error', () => undefined)
      opened.write({ time: new Date(), dropped: 0, report: undefined })
      for (const report of kept.values()) opened.write(reportOf(report))
    },
  }
  const server = await serveUnix({
    path: join(dir, 'plugins', `${name}.sock`),
    services: [{ definition: MonitorService, implementation }],
    serving: () => true,
  })
  open.push(() => server.close(0))
  return {
    say(events: readonly Partial<Event>[]): void {
      sequence++
      const now = new Date()
      const report = Report.fromPartial({
        incarnation: 5,
        sequence,
        time: now,
        events: events.map((event) => ({ firstSeen: now, lastSeen: now, count: 1, ...event })),
      })
      kept.set(sequence, report)
      call?.write(reportOf(report))
    },
    waiting: () => kept.size,
  }
}
type PlugIn = Awaited<ReturnType<typeof startPlugIn>>

function critical(plugIn: PlugIn, reason: string): void {
  plugIn.say([{ severity: Severity.CRITICAL, reason, message: reason }])
}

function flood(plugIn: PlugIn, what: string, severity = Severity.WARNING): void {
  for (let i = 0; i < FLOOD; i += PER_REPORT) {
    const count = Math.min(PER_REPORT, FLOOD - i)
    plugIn.say(Array.from({ length: count }, (_, j) => ({ severity, reason: `${what}${i + j}`, message: LONG })))
  }
}

async function alive(running: { node(): Promise<Node> }, names: readonly string[]): Promise<void> {
  const health = async () =>
    (await running.node()).monitors.filter(({ name }) => names.includes(name)).map((monitor) => monitor.health)
  await expect.poll(health, { timeout: 20_000 }).toEqual(names.map(() => MonitorHealth.ALIVE))
}

async function acknowledgedBy(...plugIns: readonly PlugIn[]): Promise<void> {
  await expect
    .poll(() => plugIns.reduce((sum, one) => sum + one.waiting(), 0), { timeout: 60_000, interval: 50 })
    .toBe(0)
}

/** Everything that an exporter which comes only now is told, until the last of these reasons. */
async function readTill(last: string): Promise<{ events: Event[]; missed: number }> {
  const abort = new AbortController()
  const exporter = connectBus({
    name: 'k8s-exporter',
    credentials: readCredentials(join(dir, 'run'), 'k8s-exporter'),
    log: quietLog,
  })
  open.push(async () => {
    abort.abort()
    await exporter.close()
  })
  const events: Event[] = []
  let missed = 0
  createBusReader(exporter, { signal: abort.signal }).consume(
    'EVENTS',
    {
      message: (value) => {
        events.push(value)
        return Promise.resolve()
      },
      gap: (count) => {
        missed += count
      },
    },
    { signal: abort.signal },
  )
  await expect.poll(() => events.some(({ reason }) => reason === last), { timeout: 60_000 }).toBe(true)
  abort.abort()
  return { events, missed }
}

const reasonsOf = (events: readonly Event[], name: string) =>
  events.filter(({ monitor }) => monitor === name).map(({ reason }) => reason)

describe('a plug-in whose warnings would fill the stream', () => {
  it('pushes nothing of another monitor out, and what is over its part is counted and told', async () => {
    const running = await begin()
    const [noisy, gpu] = await Promise.all([startPlugIn('noisy'), startPlugIn('gpu')])
    await alive(running, ['noisy', 'gpu'])
    critical(gpu, 'First')
    await acknowledgedBy(gpu)
    flood(noisy, 'Warn')
    critical(noisy, 'OwnCritical')
    critical(gpu, 'Second')
    await acknowledgedBy(noisy, gpu)
    critical(gpu, 'Third')
    const { events, missed } = await readTill('Third')
    expect(missed).toBe(0)
    expect(reasonsOf(events, 'gpu')).toEqual(['First', 'Second', 'Third'])
    const ofNoisy = reasonsOf(events, 'noisy')
    expect(ofNoisy).toContain('OwnCritical')
    const told = ofNoisy.length - 1
    expect(told).toBeGreaterThan(100)
    // Each of them is on the bus: by itself, or in the count beside the words that say why not.
    const state = (await running.node()).monitors.find(({ name }) => name === 'noisy')
    expect(state?.lastViolations.find(({ text }) => text.startsWith('events of severity warning'))).toMatchObject({
      text: 'events of severity warning were counted and not told: those before them, which no exporter has taken yet, fill what one monitor may have of the bus',
      count: FLOOD - told,
    })
    expect(events.find(({ monitor, reason }) => monitor === 'detector' && reason === 'EventsShed')).toMatchObject({
      entity: 'monitor:noisy',
      severity: Severity.WARNING,
    })
  }, 120_000)

  it('does so over restarts of the detector and of the bus', async () => {
    const first = await begin()
    const [noisy, gpu] = await Promise.all([startPlugIn('noisy'), startPlugIn('gpu')])
    await alive(first, ['noisy', 'gpu'])
    critical(gpu, 'First')
    flood(noisy, 'Warn')
    await acknowledgedBy(noisy, gpu)
    await first.stop()
    const second = await begin()
    await alive(second, ['noisy', 'gpu'])
    flood(noisy, 'Again')
    critical(gpu, 'Second')
    await acknowledgedBy(noisy, gpu)
    process.kill(Number(await readFile(join(dir, 'run', 'bus', 'nats-server.pid'), 'utf8')), 'SIGKILL')
    flood(noisy, 'OnceMore')
    critical(gpu, 'Third')
    await acknowledgedBy(noisy, gpu)
    const { events, missed } = await readTill('Third')
    expect(missed).toBe(0)
    expect([...new Set(reasonsOf(events, 'gpu'))]).toEqual(['First', 'Second', 'Third'])
    // One part in all, not one for each life.
    const sizes = events.filter(({ monitor }) => monitor === 'noisy').map((one) => Event.encode(one).finish().length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(STREAM_BYTES / 16)
  }, 120_000)
})
