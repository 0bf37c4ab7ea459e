/** While connected: a server that the credentials do not speak of any more is left, however well it answers. */
import { type Clock, every } from '#clock'
import { CREDENTIALS_TIMEOUT_MS, type Dialled } from './dial.ts'
import { inTime } from './in-time.ts'
import type { BusCredentials, BusLog } from './types.ts'

/** Without a word of their folder. */
const CREDENTIALS_EVERY_MS = 2000
/** The net below that word. */
const CREDENTIALS_NET_MS = 10_000
/** How late a look may come, for the sake of other waits. */
const CREDENTIALS_SLACK_MS = 1000

export interface LookOptions {
  readonly credentials: () => Promise<BusCredentials>
  readonly log: BusLog
  /** How often the credentials are looked at for another server while connected. Default 2,000; 10,000 with a watch. */
  readonly credentialsEveryMs?: number
  /** Calls back whenever the credentials may be others, until the signal aborts: libs/host watches their folder. */
  readonly watchCredentials?: ((onChange: () => void, signal: AbortSignal) => Promise<void>) | undefined
}

async function leaveOld(
  { credentials, log }: LookOptions,
  { connection, credentials: taken }: Dialled,
  clock: Clock,
): Promise<void> {
  const now = await inTime(clock, credentials(), CREDENTIALS_TIMEOUT_MS, 'reading the credentials').catch(
    () => undefined,
  )
  const isOld = now !== undefined && (now.url !== taken.url || now.seed !== taken.seed || now.uid !== taken.uid)
  if (!isOld || connection.isClosed()) return
  log.info('the bus is at another address or has another key', { url: now.url })
  await connection.close()
}

/** Looks until the end that it returns is called. */
export function lookForOthers(options: LookOptions, dialled: Dialled, clock: Clock): () => void {
  const { watchCredentials, log } = options
  const usualMs = watchCredentials === undefined ? CREDENTIALS_EVERY_MS : CREDENTIALS_NET_MS
  const ms = options.credentialsEveryMs ?? usualMs
  const look = () => void leaveOld(options, dialled, clock)
  const endLooks = every(clock, { ms, slackMs: Math.min(CREDENTIALS_SLACK_MS, ms / 2) }, look)
  const ended = new AbortController()
  watchCredentials?.(look, ended.signal).catch((err: unknown) => {
    log.warn('credentials of the bus cannot be watched', { err })
  })
  return () => {
    endLooks()
    ended.abort()
  }
}
