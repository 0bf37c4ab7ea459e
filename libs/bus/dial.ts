/** One attempt to connect: to the server that the credentials speak of, and to nobody else. */
import { connect as connectNats, type NatsConnection, nkeyAuthenticator } from 'nats'
import type { Clock } from '#clock'
import { endsOf } from './ends.ts'
import { BusStrangerError } from './errors.ts'
import { inTime } from './in-time.ts'
import { askListener } from './listener.ts'
import { inboxPrefix } from './permissions.ts'
import { refusePlain, tlsFailure, tlsOptions } from './tls.ts'
import type { BusCredentials } from './types.ts'

/** What reading the credentials may take. */
export const CREDENTIALS_TIMEOUT_MS = 2000
const CONNECT_TIMEOUT_MS = 2000
/** A server that answers nothing any more is left after three of them. */
const PING_INTERVAL_MS = 5000

export interface DialOptions {
  /** The service; also its inbox. */
  readonly name: string
  /** Read before each attempt: a restarted server may have another port. */
  readonly credentials: () => Promise<BusCredentials>
  /** A server that does not answer three of them is left. Default 5,000. */
  readonly pingIntervalMs?: number
  /**
   * Says which user holds the other end of a connection of this process over 127.0.0.1, as the kernel has it. With it a
   * server that is not of the credentials' user is left at once. libs/host gives one (`createPeerUid`).
   */
  readonly peerUid?: (connection: { localPort: number; remotePort: number }) => Promise<number | undefined>
}

/** A connection, and what it was made with. */
export interface Dialled {
  readonly connection: NatsConnection
  readonly credentials: BusCredentials
}

async function connectOnce(
  { name, pingIntervalMs }: DialOptions,
  { url, seed, tls }: BusCredentials,
): Promise<NatsConnection> {
  const proof = tls && (await tlsOptions(url, tls))
  return connectNats({
    servers: url,
    name,
    inboxPrefix: inboxPrefix(name),
    reconnect: false,
    ignoreClusterUpdates: true,
    // A stack for each request costs more than the request.
    noAsyncTraces: true,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: pingIntervalMs ?? PING_INTERVAL_MS,
    maxPingOut: 2,
    ...(proof && { tls: proof }),
    ...(seed === '' ? {} : { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) }),
  })
}

/**
 * The client signs what the server asks while it connects, and what a stranger asks could be what our server, at another
 * port by now, asks him. So who listens is looked up first.
 */
async function refuseListener({ peerUid }: DialOptions, { url, uid }: BusCredentials, clock: Clock): Promise<void> {
  if (uid === undefined || peerUid === undefined) return
  const found = await inTime(
    clock,
    askListener(url, peerUid, CONNECT_TIMEOUT_MS),
    CONNECT_TIMEOUT_MS,
    'asking who listens',
  )
  if (found !== uid) throw new BusStrangerError(url, uid, found)
}

/** The key proves us to the server; this proves the server of this very connection to us. */
async function refuseStranger(
  { peerUid }: DialOptions,
  connection: NatsConnection,
  { url, uid }: BusCredentials,
  clock: Clock,
): Promise<void> {
  if (uid === undefined || peerUid === undefined) return
  const ends = endsOf(connection)
  const found = ends && (await inTime(clock, peerUid(ends), CREDENTIALS_TIMEOUT_MS, 'asking who the server is'))
  if (found !== uid) throw new BusStrangerError(url, uid, found)
}

/**
 * @param onAddress told where it is tried, once that is known
 * @throws what keeps it from the server, in words
 */
export async function dial(options: DialOptions, clock: Clock, onAddress: (url: string) => void): Promise<Dialled> {
  const credentials = await inTime(clock, options.credentials(), CREDENTIALS_TIMEOUT_MS, 'reading the credentials')
  onAddress(credentials.url)
  await refuseListener(options, credentials, clock)
  const connection = await connectOnce(options, credentials).catch((err: unknown) => {
    throw credentials.tls === undefined ? err : tlsFailure(err, credentials.url)
  })
  try {
    refusePlain(connection, credentials)
    await refuseStranger(options, connection, credentials, clock)
  } catch (err) {
    await connection.close()
    throw err
  }
  return { connection, credentials }
}
