/** A real embedded server in a folder of its own, for tests of whatever speaks to the bus. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '#clock'
import { createHost } from '#host'
import { SERVICES } from '#service-table'
import { type ConnectedBus, connectBus } from './connect.ts'
import { credentialsFile, readCredentials } from './credentials.ts'
import { consumersOf, type Lanes } from './layout.ts'
import { type EmbeddedServer, startEmbeddedServer } from './server.ts'
import type { BusLog, ChildDoor } from './types.ts'

export const quietLog: BusLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/** Starts children as a service does. */
export const plainDoor: ChildDoor = {
  spawn: (file, args, { env, onLine }) =>
    createHost({ root: '' }).programs.start(file, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, onLine }),
}

/** Below what the kernel gives to who connects (`ip_local_port_range`), so that no connection takes one meanwhile. */
const PORTS = { first: 10_000, count: 20_000 } as const

/** What fetch refuses of these, whoever listens there: its list of bad ports ends with it. */
const BAD_PORT = 10_080

/** Workers of one run that draw from ports of their own; of more than these, two share. */
const SLICES = 16

/** @param worker its number, 0 outside of vitest @param fraction from 0 to below 1, drawn */
export function drawPort(worker: number, fraction: number): number {
  const size = PORTS.count / SLICES
  const port = PORTS.first + (worker % SLICES) * size + Math.floor(fraction * size)
  return port === BAD_PORT ? port + 1 : port
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', (err: NodeJS.ErrnoException) => (err.code === 'EADDRINUSE' ? resolve(false) : reject(err)))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

/** A port of the loopback that nobody listens on; drawn, so that two runs on one machine seldom get the same. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env['VITEST_POOL_ID'] ?? 0)
  for (;;) {
    const port = drawPort(worker, Math.random())
    if (await isFree(port)) return port
  }
}

export interface TestBus {
  readonly dir: string
  readonly port: number
  readonly server: EmbeddedServer
  /** Who has durables of its own: what the detector's writer is made with. */
  readonly consumers: ReturnType<typeof consumersOf>
  /** The detector's own connection. */
  detector(log?: BusLog, clock?: Clock): ConnectedBus
  consumer(service: string, log?: BusLog, clock?: Clock): ConnectedBus
  close(): Promise<void>
}

export async function startTestBus(
  options: {
    dir?: string
    port?: number
    log?: BusLog
    maxStoreBytes?: number
    door?: ChildDoor
    stopGraceMs?: number
    lanes?: Lanes
  } = {},
): Promise<TestBus> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'nd-bus-')))
  const port = options.port ?? (await freePort())
  const consumers = consumersOf(SERVICES, options.lanes)
  const server = await startEmbeddedServer({
    storeDir: join(dir, 'bus'),
    configDir: join(dir, 'detector'),
    credentialsFile: (service) => credentialsFile(dir, service),
    serverName: 'nd-test',
    port,
    consumers,
    maxStoreBytes: options.maxStoreBytes ?? 128 * 1024 * 1024,
    door: options.door ?? plainDoor,
    log: options.log ?? quietLog,
    ...(options.stopGraceMs === undefined ? {} : { stopGraceMs: options.stopGraceMs }),
  }).catch(async (err: unknown) => {
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    throw err
  })
  const open: ConnectedBus[] = []
  function keep(bus: ConnectedBus): ConnectedBus {
    open.push(bus)
    return bus
  }
  return {
    dir,
    port,
    server,
    consumers,
    detector: (log = quietLog, clock = systemClock()) =>
      keep(connectBus({ name: 'detector', credentials: () => Promise.resolve(server.credentials()), log, clock })),
    consumer: (name, log = quietLog, clock = systemClock()) =>
      keep(connectBus({ name, credentials: readCredentials(dir, name), log, clock, credentialsEveryMs: 100 })),
    async close() {
      await Promise.all(open.map((bus) => bus.close()))
      await server.stop()
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
