/** One start of nats-server: run it under the lock of its store, wait until it answers, say why it does not. */
import { readFile } from 'node:fs/promises'
import { type Clock, systemClock } from '#clock'
import { BusLockTakenError, BusServerFailedError, BusServerMissingError } from './errors.ts'
import { serverNameAt } from './port.ts'
import {
  LOCK_TAKEN_EXIT,
  lockProbeCommand,
  MISSING_EXITS,
  SERVER_ENV,
  type ServerCommand,
  serverCommand,
} from './server-config.ts'
import type { BusLog, ChildDoor, RunningChild } from './types.ts'

/** How long a start may take before it counts as failed. It takes 35 ms on a quiet machine. */
const START_TIMEOUT_MS = 10_000
const POLL_MS = 20
/** A killed agent's server is gone within this; then a lock that is held is another's. */
const LOCK_WAIT_MS = 2000
const LOCK_POLL_MS = 100
/** The server's last lines that are kept to say why it died. */
const LINES_KEPT = 20

export interface StoreFiles {
  readonly lockFile: string
  readonly pidFile: string
}

export interface LaunchOptions extends StoreFiles {
  readonly door: ChildDoor
  readonly log: BusLog
  readonly configFile: string
  readonly serverName: string
  readonly port: number
  readonly signal: AbortSignal
  /** Default one of its own. */
  readonly clock?: Clock
}

async function spawn(
  door: ChildDoor,
  { file, args }: ServerCommand,
  onLine: (line: string) => void,
): Promise<RunningChild> {
  try {
    return await door.spawn(file, args, { env: SERVER_ENV, onLine })
  } catch (err) {
    throw new BusServerMissingError(err)
  }
}

/** "nats-server, pid 4711": as far as the store tells. */
async function holderOf(pidFile: string): Promise<string> {
  const pid = await readFile(pidFile, 'utf8').catch(() => '')
  return /^\d+\s*$/.test(pid) ? `nats-server, pid ${pid.trim()}` : ''
}

/**
 * Resolves when nobody holds the store's lock.
 * @throws BusLockTakenError naming the holder, BusServerMissingError where there is no flock
 */
export async function refuseLockedStore(
  door: ChildDoor,
  { lockFile, pidFile }: StoreFiles,
  clock: Clock,
): Promise<void> {
  const untilMs = clock.monotonicMs() + LOCK_WAIT_MS
  for (;;) {
    const probe = await spawn(door, lockProbeCommand(lockFile), () => undefined)
    const { code } = await probe.exited
    if (code !== LOCK_TAKEN_EXIT) return
    if (clock.monotonicMs() > untilMs) throw new BusLockTakenError(lockFile, await holderOf(pidFile))
    await clock.sleep(LOCK_POLL_MS)
  }
}

async function whyEnded(
  code: number | null,
  lines: readonly string[],
  { lockFile, pidFile }: StoreFiles,
): Promise<Error> {
  const last = lines.slice(-3).join('; ')
  if (code === LOCK_TAKEN_EXIT) return new BusLockTakenError(lockFile, await holderOf(pidFile))
  if (code !== null && MISSING_EXITS.includes(code)) return new BusServerMissingError(new Error(last))
  return new BusServerFailedError(last === '' ? `it ended with code ${code}` : last)
}

/**
 * Resolves once the server answers under its own name.
 * @throws BusLockTakenError, BusServerMissingError, BusServerFailedError, or the signal's reason; nothing runs on then
 */
export async function launch(options: LaunchOptions): Promise<RunningChild> {
  const { door, log, lockFile, configFile, serverName, port, signal, clock = systemClock() } = options
  const lines: string[] = []
  const running = await spawn(door, serverCommand(lockFile, configFile), (line) => {
    lines.push(line)
    if (lines.length > LINES_KEPT) lines.shift()
    log.debug('nats-server', { line })
  })
  const life: { ended?: { readonly code: number | null } } = {}
  const exited = running.exited.then((how) => {
    life.ended = how
  })
  const untilMs = clock.monotonicMs() + START_TIMEOUT_MS
  while (life.ended === undefined && !signal.aborted && clock.monotonicMs() < untilMs) {
    if ((await serverNameAt(port)) === serverName && life.ended === undefined) return running
    await Promise.race([exited, clock.sleep(POLL_MS)])
  }
  // Once more: it may have ended while the last answer was awaited.
  const how = life.ended
  if (how !== undefined) throw await whyEnded(how.code, lines, options)
  running.kill('SIGKILL')
  await exited
  signal.throwIfAborted()
  throw new BusServerFailedError(lines.slice(-3).join('; ') || 'it does not answer', { hung: true })
}
