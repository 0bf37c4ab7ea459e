/**
 * The embedded nats-server: configured, started as a supervised child, restarted when it dies, stopped last. The lock
 * on its store says who owns the bus; its port is whatever is free, and the credentials say which.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BusLockTakenError, BusServerFailedError, BusServerMissingError } from './errors.ts'
import { writeFileSafely } from './files.ts'
import { loadKeys, type ServiceKeys } from './keys.ts'
import { CONSUMERS } from './layout.ts'
import { LOCK_TAKEN_EXIT, renderServerConfig, SERVER_ENV, serverCommand } from './server-config.ts'
import type { BusCredentials, BusLog, ChildDoor, RunningChild } from './types.ts'

/** How long a start may take before it counts as failed. It takes 35 ms on a quiet machine. */
const START_TIMEOUT_MS = 10_000
const STOP_GRACE_MS = 5000
const BACKOFF_MS = { min: 100, max: 10_000 } as const
/** The server's last lines that are kept to say why it died. */
const LINES_KEPT = 20

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
}

export interface EmbeddedServer {
  /** The detector's own. */
  credentials(): BusCredentials
  readonly pid: number | undefined
  readonly restarts: number
  /** Ends the server; the supervisor starts it again. For a store that does not take writes. */
  restart(): void
  /** Asks it to end, kills it after 5 s. Idempotent. */
  stop(): Promise<void>
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    // The server speaks first: INFO.
    socket.once('data', () => finish(true))
    socket.once('error', () => finish(false))
    socket.setTimeout(500, () => finish(false))
  })
}

/** Who holds the lock, as far as the store tells: the server's pid file of a running owner. */
async function lockHolder(configFile: string): Promise<string> {
  try {
    const text = await readFile(configFile, 'utf8')
    const port = /listen: "127\.0\.0\.1:(\d+)"/.exec(text)?.[1]
    return port === undefined ? '' : `a nats-server on port ${port}`
  } catch {
    return ''
  }
}

/**
 * Starts the server and resolves once it answers.
 * @throws BusLockTakenError, BusServerMissingError, BusServerFailedError when the first start does not succeed
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { storeDir, configDir, log } = options
  const configFile = join(configDir, 'nats-server.conf')
  const lockFile = join(storeDir, 'lock')
  await mkdir(storeDir, { recursive: true, mode: 0o700 })
  const keys = await loadKeys(join(configDir, 'bus-keys.json'), [
    'detector',
    ...CONSUMERS.map(({ service }) => service),
  ])
  const stopping = new AbortController()
  let port = options.port
  let child: RunningChild | undefined
  let restarts = 0
  let lines: string[] = []

  function credentialsOf(user: string, { seed }: ServiceKeys): BusCredentials {
    return { url: `nats://127.0.0.1:${port}`, user, seed }
  }

  async function configure(): Promise<void> {
    if (!(await isFree(port))) {
      const other = await freePort()
      log.info('port of the bus is taken, another is used', { port, other })
      port = other
    }
    const users = new Map([...keys].map(([service, { publicKey }]) => [service, publicKey]))
    const { serverName, maxStoreBytes } = options
    await writeFileSafely(configFile, renderServerConfig({ serverName, port, storeDir, maxStoreBytes, users }), 0o600)
  }

  async function tellCredentials(): Promise<void> {
    for (const { service } of CONSUMERS) {
      const own = keys.get(service)
      if (own === undefined) continue
      try {
        await writeFileSafely(options.credentialsFile(service), JSON.stringify(credentialsOf(service, own)), 0o640)
      } catch (err) {
        log.warn('credentials of a bus user cannot be written', { service, err })
      }
    }
  }

  /** One life of the server: resolves once it answers. */
  async function start(): Promise<RunningChild> {
    await configure()
    const [file, args] = serverCommand(lockFile, configFile)
    lines = []
    let exit: { code: number | null } | undefined
    const running = await options.door
      .spawn(file, args, {
        env: SERVER_ENV,
        onLine: (line) => {
          lines = [...lines.slice(-LINES_KEPT), line]
          log.debug('nats-server', { line })
        },
      })
      .catch((err: unknown) => {
        throw new BusServerMissingError(err)
      })
    void running.exited.then((how) => {
      exit = how
    })
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += 20) {
      if (exit !== undefined) break
      if (await answers(port)) {
        await tellCredentials()
        return running
      }
      await sleep(20)
    }
    if (exit?.code === LOCK_TAKEN_EXIT) throw new BusLockTakenError(lockFile, await lockHolder(configFile))
    // setpriv and flock say 126 or 127 when what they should run is not there.
    if (exit?.code === 126 || exit?.code === 127) throw new BusServerMissingError(new Error(lines.join('; ')))
    running.kill('SIGKILL')
    throw new BusServerFailedError(lines.slice(-3).join('; ') || 'it does not answer')
  }

  async function supervise(first: RunningChild): Promise<void> {
    let failures = 0
    child = first
    while (!stopping.signal.aborted) {
      if (child !== undefined) {
        const how = await child.exited
        child = undefined
        if (stopping.signal.aborted) return
        log.warn('nats-server ended and is started again', { code: how.code, signal: how.signal, last: lines.at(-1) })
      }
      const ceiling = Math.min(BACKOFF_MS.max, BACKOFF_MS.min * 2 ** failures)
      if (failures > 0)
        await sleep(Math.random() * ceiling, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      try {
        child = await start()
        restarts++
        failures = 0
      } catch (err) {
        failures++
        log.error('nats-server cannot be started again', { err })
      }
    }
  }

  const supervision = supervise(await start())
  const own = keys.get('detector')
  if (own === undefined) throw new BusServerFailedError('the detector has no key')
  const detectorKeys = own

  return {
    credentials: () => credentialsOf('detector', detectorKeys),
    get pid() {
      return child?.pid
    },
    get restarts() {
      return restarts
    },
    restart() {
      child?.kill('SIGTERM')
    },
    async stop() {
      if (stopping.signal.aborted) return
      stopping.abort()
      const last = child
      if (last !== undefined) {
        last.kill('SIGTERM')
        const killer = setTimeout(() => last.kill('SIGKILL'), STOP_GRACE_MS)
        await last.exited
        clearTimeout(killer)
      }
      await supervision
    },
  }
}
