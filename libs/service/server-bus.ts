/** The way to a bus that is a nats-server: the detector's own, or one elsewhere. The client is loaded when it is asked for. */
import { join } from 'node:path'
import {
  type BusCredentials,
  type BusDoor,
  type BusEnd,
  consumersOf,
  type EndOptions,
  type Lanes,
  type OwnedEnd,
  type OwnOptions,
} from '#bus'
import type { ConnectedBus } from '#bus/nats'
import type { NodeDoctorConfig } from '#config'
import { createHost, createPeerUid } from '#host'
import { SERVICES } from '#service-table'

/** What the way to the server follows from. */
export interface ServerDoorOptions extends EndOptions {
  readonly config: Pick<NodeDoctorConfig, 'bus'> & {
    readonly settings: Pick<NodeDoctorConfig['settings'], 'runDir' | 'nodeName'>
  }
  /** Who has durables of its own, which its owner makes. Default nobody. */
  readonly lanes?: Lanes
}

/** The client's half of libs/bus. */
type Client = typeof import('#bus/nats')

/** A reader proves itself with what the detector wrote down for it; who owns the bus starts its server, unless one is named. */
export function createServerDoor(options: ServerDoorOptions): BusDoor {
  return {
    async open() {
      const client = await import('#bus/nats')
      return endOf(client, connectReader(client, options), readersOf(options))
    },
    async own(own = {}) {
      return openOwned(await import('#bus/nats'), options, own)
    },
  }
}

function endOf({ createBusReader, createBusWriter }: Client, bus: ConnectedBus, readers: Readers): BusEnd {
  return { bus, reader: (reading) => createBusReader(bus, reading), writer: () => createBusWriter(bus, readers) }
}

/** Who reads the bus, and by which durables. */
type Readers = ReturnType<typeof consumersOf>

function readersOf({ lanes }: ServerDoorOptions): Readers {
  return consumersOf(SERVICES, lanes)
}

/** The bus's server and its keys are of this machine's folders, whatever the node's root is. */
function ownFiles() {
  return createHost({ root: '' }).files
}

function connectReader({ connectBus, readCredentials, watchCredentials }: Client, options: ServerDoorOptions) {
  const { name, log, clock, config } = options
  const { url, tls } = config.bus
  const { runDir } = config.settings
  const files = ownFiles()
  return connectBus({
    name,
    credentials: readCredentials(runDir, name, url, tls),
    log,
    clock,
    peerUid: createPeerUid(files),
    watchCredentials: watchCredentials(files, runDir, name, url),
  })
}

async function openOwned(client: Client, options: ServerDoorOptions, own: OwnOptions): Promise<OwnedEnd> {
  const { name, log, clock, config } = options
  const { url, tls } = config.bus
  const server = url === '' ? await startServer(client, options, own) : undefined
  const elsewhere: BusCredentials = { url, user: name, seed: '', ...(tls && { tls }) }
  const bus = client.connectBus({
    name,
    credentials: () => Promise.resolve(server?.credentials() ?? elsewhere),
    log,
    clock,
    peerUid: createPeerUid(ownFiles()),
    ...(own.pingIntervalMs !== undefined && { pingIntervalMs: own.pingIntervalMs }),
  })
  server?.watch(bus, own.watch)
  return { ...endOf(client, bus, readersOf(options)), server }
}

function startServer({ startEmbeddedServer, credentialsFile }: Client, options: ServerDoorOptions, own: OwnOptions) {
  const { name, log, config } = options
  const { storeDir, port, maxStoreBytes } = config.bus
  const { runDir, nodeName } = config.settings
  const { programs } = createHost({ root: '' })
  return startEmbeddedServer({
    storeDir: storeDir === '' ? join(runDir, 'bus') : storeDir,
    configDir: join(runDir, name),
    credentialsFile: (service) => credentialsFile(runDir, service),
    serverName: `node-doctor-${nodeName}`.replace(/[^A-Za-z0-9-]/g, '-').slice(0, 60),
    port,
    maxStoreBytes,
    consumers: readersOf(options),
    door: {
      spawn: (file, args, { env, onLine }) =>
        programs.start(file, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, onLine }),
    },
    log,
    ...(own.stopGraceMs !== undefined && { stopGraceMs: own.stopGraceMs }),
  })
}
