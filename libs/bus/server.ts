/**
 * The embedded nats-server: configured, started as a supervised child, restarted when it dies, stopped last. The lock
 * on its store says who owns the bus; its port is whatever is free, and the credentials say which.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { replaceFile } from '#durable'
import { backoffMs } from '#pace'
import type { ConnectedBus } from './connect.ts'
import { BusServerFailedError } from './errors.ts'
import { makePrivateFolder } from './files.ts'
import { loadKeys, type ServiceKeys } from './keys.ts'
import { launch, refuseLockedStore } from './launch.ts'
import { CONSUMERS } from './layout.ts'
import { READER_API } from './permissions.ts'
import { choosePort } from './port.ts'
import { RETRY } from './retry.ts'
import { renderServerConfig } from './server-config.ts'
import type { BusCredentials, BusLog, ChildDoor, RunningChild } from './types.ts'
import { type WatchLimits, watchServer } from './watch-server.ts'

const STOP_GRACE_MS = 5000
const MAX_BACKOFF_MS = 10_000
/** A server that lived this long starts anew without waiting. */
const STEADY_MS = 10_000
/** One younger than this is not restarted on request: it is what somebody else's request led to. */
const YOUNG_MS = 3000

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
  readonly door: ChildDoor
  readonly log: BusLog
  /** What a server that is asked to end may take before it is killed. Default 5,000. */
  readonly stopGraceMs?: number
}

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

/** SIGTERM, and SIGKILL for one that does not even end then. */
function end(child: RunningChild, graceMs: number): Promise<unknown> {
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  return child.exited.finally(() => clearTimeout(killer))
}

/**
 * Starts the server and resolves once it answers.
 * @throws BusLockTakenError, BusServerMissingError, BusServerFailedError when the first start does not succeed
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { storeDir, configDir, serverName, maxStoreBytes, door, log, stopGraceMs = STOP_GRACE_MS } = options
  const configFile = join(configDir, 'nats-server.conf')
  const lockFile = join(storeDir, 'lock')
  const pidFile = join(storeDir, 'nats-server.pid')
  const stopping = new AbortController()
  let port = options.port
  let child: RunningChild | undefined
  let restarts = 0
  let startedMs = 0
  // The server runs as who starts it, and so its readers know it.
  const uid = process.getuid?.()

  await makePrivateFolder(storeDir)
  // Before anything of the other agent's is written over.
  await refuseLockedStore(door, { lockFile, pidFile })
  const services = ['detector', ...CONSUMERS.map(({ service }) => service)]
  const keys = await loadKeys(join(configDir, 'bus-keys.json'), services)
  const users = new Map([...keys].map(([service, { publicKey }]) => [service, publicKey]))
  const detectorKeys = keys.get('detector')
  if (detectorKeys === undefined) throw new BusServerFailedError('the detector has no key')

  function credentialsOf(user: string, { seed }: ServiceKeys): BusCredentials {
    const url = `nats://127.0.0.1:${port}`
    const own = { url, user, seed, ...(uid !== undefined && { uid }) }
    return user === 'detector' ? own : { ...own, api: READER_API }
  }

  async function tellCredentials(): Promise<void> {
    for (const [service, own] of keys) {
      if (service === 'detector') continue
      try {
        await replaceFile(options.credentialsFile(service), JSON.stringify(credentialsOf(service, own)), {
          sync: false,
        })
      } catch (err) {
        // A reader that is not part of this installation has no folder here; one that is says that it waits.
        const isAbsent =
          err instanceof Error && 'code' in err && ['ENOENT', 'EROFS', 'EACCES'].includes(String(err.code))
        if (isAbsent) log.debug('a reader of the bus has no folder here', { service, err })
        else log.warn('credentials of a bus user cannot be written', { service, err })
      }
    }
  }

  /** One life of the server, from its configuration to its first answer. */
  async function start(): Promise<RunningChild> {
    const chosen = await choosePort(port)
    if (chosen !== port) log.info('port of the bus is taken, another is used', { port, other: chosen })
    port = chosen
    const content = renderServerConfig({ serverName, port, storeDir, pidFile, maxStoreBytes, users })
    await replaceFile(configFile, content, { mode: 0o600, sync: false })
    const running = await launch({
      door,
      log,
      lockFile,
      pidFile,
      configFile,
      serverName,
      port,
      signal: stopping.signal,
    })
    await tellCredentials()
    startedMs = performance.now()
    return running
  }

  /** Somebody may take the port between the choice and the start: then another is chosen. One that hangs is ended. */
  async function startFirst(tries = 3): Promise<RunningChild> {
    try {
      return await start()
    } catch (err) {
      const mayDo = err instanceof BusServerFailedError && (err.hung || /address already in use/.test(err.message))
      if (tries <= 1 || !mayDo) throw err
      return startFirst(tries - 1)
    }
  }

  async function startAgain(failures: number): Promise<RunningChild | undefined> {
    try {
      return await start()
    } catch (err) {
      if (!stopping.signal.aborted) log.error('nats-server cannot be started again', { err, failures })
      return undefined
    }
  }

  async function supervise(first: RunningChild): Promise<void> {
    let failures = 0
    child = first
    for (;;) {
      if (child !== undefined) {
        const how = await child.exited
        child = undefined
        if (stopping.signal.aborted) return
        failures = performance.now() - startedMs > STEADY_MS ? 0 : failures + 1
        log.warn('nats-server ended and is started again', { code: how.code, signal: how.signal })
      }
      if (failures > 1) {
        const waitMs = backoffMs(failures, { ...RETRY, maxMs: MAX_BACKOFF_MS })
        await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
      if (stopping.signal.aborted) return
      child = await startAgain(failures)
      if (child === undefined) failures++
      else restarts++
      // One that came up while the end was asked for: nobody else has seen it.
      if (child !== undefined && stopping.signal.aborted) void end(child, stopGraceMs)
    }
  }

  const supervision = supervise(await startFirst())
  let stopped: Promise<void> | undefined

  function restart(): boolean {
    if (child === undefined || performance.now() - startedMs <= YOUNG_MS) return false
    void end(child, stopGraceMs)
    return true
  }

  async function stop(): Promise<void> {
    stopping.abort()
    if (child !== undefined) await end(child, stopGraceMs)
    await supervision
  }

  return {
    credentials: () => credentialsOf('detector', detectorKeys),
    get pid() {
      return child?.pid
    },
    get restarts() {
      return restarts
    },
    restart,
    watch(bus, limits = {}) {
      const unwatch = watchServer({
        bus,
        ...limits,
        restart: (reason) => {
          const isEnded = restart()
          if (isEnded) log.error('nats-server is of no use and is started again', { reason, last: bus.lastError })
          return isEnded
        },
      })
      stopping.signal.addEventListener('abort', unwatch, { once: true })
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}
