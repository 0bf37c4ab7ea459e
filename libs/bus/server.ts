/**
 * The embedded nats-server: configured, started as a supervised child, restarted when it dies, stopped last. The lock
 * on its store says who owns the bus; its port is whatever is free, and the credentials say which.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '#clock'
import { replaceFile } from '#durable'
import { backoffMs } from '#pace'
import type { ConnectedBus } from './connect.ts'
import { BusServerFailedError } from './errors.ts'
import { makePrivateFolder } from './files.ts'
import { launch, refuseLockedStore, type StoreFiles } from './launch.ts'
import type { ConsumerLayout } from './layout.ts'
import { choosePort } from './port.ts'
import { RETRY } from './retry.ts'
import { renderServerConfig } from './server-config.ts'
import type { BusCredentials, BusLog, ChildDoor, RunningChild } from './types.ts'
import { loadUsers, type Users } from './users.ts'
import { type WatchLimits, watchServer } from './watch-server.ts'

const STOP_GRACE_MS = 5000
const MAX_BACKOFF_MS = 10_000
/** A server that lived this long starts anew without waiting. */
const STEADY_MS = 10_000
/** One younger than this is not restarted on request: it is what somebody else's request led to. */
const YOUNG_MS = 3000

/** Where the embedded server keeps what is its own, and how it is started. */
export interface EmbeddedServerOptions {
  readonly storeDir: string
  /** The server's configuration and the keys: the detector's own folder. */
  readonly configDir: string
  /** Where a consumer's credentials go: `<runDir>/<service>/bus.json`. */
  readonly credentialsFile: (service: string) => string
  readonly serverName: string
  /** Taken if it is free; else another. */
  readonly port: number
  readonly maxStoreBytes: number
  /** Who reads, and what. Default: those of the table, without lanes. */
  readonly consumers?: readonly ConsumerLayout[] | undefined
  readonly door: ChildDoor
  readonly log: BusLog
  /** What a server that is asked to end may take before it is killed. Default 5,000. */
  readonly stopGraceMs?: number
  /** Default one of its own. */
  readonly clock?: Clock
}

/** The nats-server that the detector runs. */
export interface EmbeddedServer {
  /** The detector's own. */
  credentials(): BusCredentials
  readonly pid: number | undefined
  readonly restarts: number
  /** Ends the server, which is started again. False: one that was started just now, or does not run, is left alone. */
  restart(): boolean
  /** Restarts it when it is of no use to its owner's connection for ten seconds. Ends with the server. */
  watch(bus: ConnectedBus, limits?: WatchLimits): void
  /** Asks it to end, kills it after a while. Resolves when it is gone. Idempotent. */
  stop(): Promise<void>
}

/** The server over all its lives. */
interface Supervised {
  readonly options: EmbeddedServerOptions
  readonly clock: Clock
  readonly users: Users
  readonly files: StoreFiles & { readonly configFile: string }
  readonly stopping: AbortController
  port: number
  /** The life that runs now. */
  child: RunningChild | undefined
  /** When it answered first, monotonic. */
  startedMs: number
  restarts: number
}

/** SIGTERM, and SIGKILL for one that does not even end then. */
function end({ options, clock }: Supervised, child: RunningChild): Promise<unknown> {
  child.kill('SIGTERM')
  const callOff = clock.after(options.stopGraceMs ?? STOP_GRACE_MS, () => child.kill('SIGKILL'))
  return child.exited.finally(callOff)
}

/** Where it cannot be written, that of the life before does if it says the same: the disk is full just when something is wrong. */
async function writeConfig(path: string, content: string): Promise<void> {
  try {
    await replaceFile(path, content, { mode: 0o600, sync: false })
  } catch (err) {
    if ((await readFile(path, 'utf8').catch(() => '')) === content) return
    const why = err instanceof Error ? err.message : String(err)
    throw new BusServerFailedError(
      `its configuration cannot be written to ${path}: ${why}; make room there, or choose another run directory`,
    )
  }
}

/** One life of the server, from its configuration to its first answer. */
async function start(server: Supervised): Promise<RunningChild> {
  const { users, files, clock, stopping } = server
  const { serverName, storeDir, maxStoreBytes, consumers, door, log } = server.options
  const port = await choosePort(server.port)
  if (port !== server.port) log.info('port of the bus is taken, another is used', { port: server.port, other: port })
  server.port = port
  const { pidFile, configFile } = files
  const { publicKeys } = users
  const content = renderServerConfig({
    serverName,
    port,
    storeDir,
    pidFile,
    maxStoreBytes,
    consumers,
    users: publicKeys,
  })
  await writeConfig(configFile, content)
  const running = await launch({ ...files, door, log, serverName, port, clock, signal: stopping.signal })
  await users.tell(port)
  server.startedMs = clock.monotonicMs()
  return running
}

/** Somebody may take the port between the choice and the start: then another is chosen. One that hangs is ended. */
async function startFirst(server: Supervised, tries = 3): Promise<RunningChild> {
  try {
    return await start(server)
  } catch (err) {
    const mayDo = err instanceof BusServerFailedError && (err.hung || /address already in use/.test(err.message))
    if (tries <= 1 || !mayDo) throw err
    return startFirst(server, tries - 1)
  }
}

async function startAgain(server: Supervised, failures: number): Promise<RunningChild | undefined> {
  try {
    return await start(server)
  } catch (err) {
    const { log } = server.options
    if (!server.stopping.signal.aborted) log.error('nats-server cannot be started again', { err, failures })
    return undefined
  }
}

/** Waits for the end of this life. @returns how many failed in a row, this one too unless it lived long */
async function lived(server: Supervised, child: RunningChild, failures: number): Promise<number> {
  const how = await child.exited
  server.child = undefined
  if (server.stopping.signal.aborted) return failures
  server.options.log.warn('nats-server ended and is started again', { code: how.code, signal: how.signal })
  return server.clock.monotonicMs() - server.startedMs > STEADY_MS ? 0 : failures + 1
}

async function supervise(server: Supervised): Promise<void> {
  const { signal } = server.stopping
  let failures = 0
  for (;;) {
    if (server.child !== undefined) failures = await lived(server, server.child, failures)
    if (!signal.aborted && failures > 1) {
      const waitMs = backoffMs(failures, { ...RETRY, maxMs: MAX_BACKOFF_MS })
      await server.clock.sleep(waitMs, signal).catch(() => undefined)
    }
    if (signal.aborted) return
    const child = await startAgain(server, failures)
    server.child = child
    if (child === undefined) failures++
    else server.restarts++
    // One that came up while the end was asked for: nobody else has seen it.
    if (child !== undefined && signal.aborted) void end(server, child)
  }
}

function restart(server: Supervised): boolean {
  const { child, clock, startedMs } = server
  if (child === undefined || clock.monotonicMs() - startedMs <= YOUNG_MS) return false
  void end(server, child)
  return true
}

function watch(server: Supervised, bus: ConnectedBus, limits: WatchLimits): void {
  const unwatch = watchServer({
    bus,
    ...limits,
    restart: (reason) => {
      const isEnded = restart(server)
      const last = bus.lastError
      if (isEnded) server.options.log.error('nats-server is of no use and is started again', { reason, last })
      return isEnded
    },
  })
  server.stopping.signal.addEventListener('abort', unwatch, { once: true })
}

async function prepare(options: EmbeddedServerOptions): Promise<Supervised> {
  const { storeDir, configDir, door, log, credentialsFile, clock = systemClock() } = options
  const store = { lockFile: join(storeDir, 'lock'), pidFile: join(storeDir, 'nats-server.pid') }
  await makePrivateFolder(storeDir)
  // Before anything of the other agent's is written over.
  await refuseLockedStore(door, store, clock)
  return {
    options,
    clock,
    users: await loadUsers({ keysFile: join(configDir, 'bus-keys.json'), credentialsFile, log }),
    files: { ...store, configFile: join(configDir, 'nats-server.conf') },
    stopping: new AbortController(),
    port: options.port,
    child: undefined,
    startedMs: 0,
    restarts: 0,
  }
}

/**
 * Starts the server and resolves once it answers.
 * @throws BusLockTakenError, BusServerMissingError, BusServerFailedError when the first start does not succeed
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const server = await prepare(options)
  server.child = await startFirst(server)
  const supervision = supervise(server)
  let stopped: Promise<void> | undefined

  async function stop(): Promise<void> {
    server.stopping.abort()
    if (server.child !== undefined) await end(server, server.child)
    await supervision
  }

  return {
    credentials: () => server.users.owner(server.port),
    get pid() {
      return server.child?.pid
    },
    get restarts() {
      return server.restarts
    },
    restart: () => restart(server),
    watch: (bus, limits = {}) => watch(server, bus, limits),
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}
