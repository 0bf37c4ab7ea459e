/** For tests of floods: a detector on a real bus, plug-ins that keep what is not acknowledged, and an exporter that comes late. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { STREAMS } from '#bus'
import { connectBus, createBusReader, readCredentials } from '#bus/nats'
import type { Node } from '#proto/nodedoctor/v1/detector.ts'
import { type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { type Event, MonitorHealth, Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'
import { freePort, quietLog } from '../../libs/bus/testing.ts'
import { type Running, startDetector } from './testing.ts'

/** What the stream of events holds. */
export const STREAM_BYTES = STREAMS.find(({ name }) => name === 'EVENTS')?.maxBytes ?? 0
const LONG = '\u6ce8'.repeat(1024)
const PER_REPORT = 20
/** How fast reports are taken is not looked at here: with the default a flood waits for its share of the detector's time. */
const TAKEN_AT_ONCE = { reportsPerSecond: 50_000 }
/** Together more than the whole stream. */
export const FLOOD = Math.ceil((1.2 * STREAM_BYTES) / Buffer.byteLength(LONG))

/** A plug-in that keeps what is not acknowledged and sends it again to the next detector. */
export interface PlugIn {
  say(events: readonly Partial<Event>[]): void
  /** Reports that are not acknowledged. */
  waiting(): number
}

/** What an exporter was told of events. */
export interface Told {
  readonly events: readonly Event[]
  /** How many fell out of the stream before. */
  readonly missed: number
}

/** A test's own detector, bus and plug-ins. */
export interface FloodScene {
  /** A life of the detector over real sockets and a real bus. */
  begin(): Promise<Running>
  startPlugIn(name: string): Promise<PlugIn>
  /** Everything that an exporter which comes only now is told, until the last of these reasons. */
  readTill(last: string): Promise<Told>
  /** As a kill of the bus's server, behind the detector's back. */
  killBus(): Promise<void>
}

interface Place {
  dir: string
  port: number
  readonly open: (() => Promise<void>)[]
}

/** Call once at the top of a test file: each test has a folder and a bus of its own. */
export function floodScene(): FloodScene {
  const place: Place = { dir: '', port: 0, open: [] }
  beforeEach(async () => {
    place.dir = await mkdtemp(join(tmpdir(), 'nd-flood-'))
    place.port = await freePort()
    await mkdir(join(place.dir, 'plugins'))
  })
  afterEach(async () => {
    for (const stop of place.open.splice(0).reverse()) await stop()
    await rm(place.dir, { recursive: true, force: true, maxRetries: 5 })
  })
  return {
    begin: () => {
      const detector = { monitorDirs: [join(place.dir, 'plugins')], lostAfter: '5s', limits: TAKEN_AT_ONCE }
      const options = { dir: place.dir, busPort: place.port, bootId: 'boot-1', document: { detector } }
      return startDetector(options, ({ stop }) => place.open.push(stop))
    },
    startPlugIn: (name) => startPlugIn(place, name),
    readTill: (last) => readTill(place, last),
    async killBus() {
      process.kill(Number(await readFile(join(place.dir, 'run', 'bus', 'nats-server.pid'), 'utf8')), 'SIGKILL')
    },
  }
}

async function startPlugIn({ dir, open }: Place, name: string): Promise<PlugIn> {
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

/** One critical event of this reason. */
export function critical(plugIn: PlugIn, reason: string): void {
  plugIn.say([{ severity: Severity.CRITICAL, reason, message: reason }])
}

/** More events than the stream holds, each with a reason of its own that begins with `what`. */
export function flood(plugIn: PlugIn, what: string, severity = Severity.WARNING): void {
  for (let i = 0; i < FLOOD; i += PER_REPORT) {
    const count = Math.min(PER_REPORT, FLOOD - i)
    plugIn.say(Array.from({ length: count }, (_, j) => ({ severity, reason: `${what}${i + j}`, message: LONG })))
  }
}

/** Waits until the detector hears all of them. */
export async function alive(running: { node(): Promise<Node> }, names: readonly string[]): Promise<void> {
  const health = async () =>
    (await running.node()).monitors.filter(({ name }) => names.includes(name)).map((monitor) => monitor.health)
  await expect.poll(health, { timeout: 20_000 }).toEqual(names.map(() => MonitorHealth.ALIVE))
}

/** Waits until they keep nothing. */
export async function acknowledgedBy(...plugIns: readonly PlugIn[]): Promise<void> {
  await expect
    .poll(() => plugIns.reduce((sum, one) => sum + one.waiting(), 0), { timeout: 60_000, interval: 50 })
    .toBe(0)
}

async function readTill({ dir, open }: Place, last: string): Promise<Told> {
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

/** Reasons of what a plug-in said, in the order of the stream. */
export function reasonsOf(events: readonly Event[], name: string): string[] {
  return events.filter(({ monitor }) => monitor === name).map(({ reason }) => reason)
}
