/** The embedded server's configuration file and command line. Pure. */
import type { ConsumerLayout } from './layout.ts'
import { MAX_PAYLOAD_BYTES } from './message-bytes.ts'
import {
  type Access,
  allAccess,
  OWNER_ACCOUNT,
  ownerPermissions,
  type Permissions,
  readerPermissions,
  readersSubject,
} from './permissions.ts'

export interface ServerConfig {
  /** Says which server answers on a port. */
  readonly serverName: string
  readonly port: number
  readonly storeDir: string
  /** Written by the server, read by whoever finds the store locked. */
  readonly pidFile: string
  readonly maxStoreBytes: number
  /** Public nkey of each service's user. */
  readonly users: ReadonlyMap<string, string>
  /** Who reads, and what. Default: those of the table, without lanes. */
  readonly consumers?: readonly ConsumerLayout[] | undefined
}

/**
 * Who has no key yet counts as well. Strangers are cut off after a second; this many at a time leave places for ours and
 * cost the server some 10 MiB.
 */
const MAX_CONNECTIONS = 4096
const AUTHORIZATION_S = 1
/** What the server holds for a client that does not read before it cuts it off. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024

/** JSON, which the server's format takes as it is. */
function value(of: unknown): string {
  return JSON.stringify(of)
}

function renderUser(nkey: string, { publish, subscribe }: Permissions): string {
  return `users: [ { nkey: ${nkey}, permissions: { publish: ${value(publish)}, subscribe: ${value(subscribe)} } } ]`
}

function renderList(name: string, entries: readonly string[]): string {
  return `${name}: [\n${entries.map((entry) => `      ${entry}\n`).join('')}    ]`
}

function renderOwner(nkey: string, access: ReadonlyMap<string, Access>): string {
  const exports = [...access].flatMap(([service, { asks, hears }]) => [
    ...asks.map((subject) => `{ service: ${value(subject)}, accounts: ${value([service])} }`),
    ...hears.map((subject) => `{ stream: ${value(subject)}, accounts: ${value([service])} }`),
  ])
  return `  ${OWNER_ACCOUNT} {
    jetstream: enabled
    ${renderUser(nkey, ownerPermissions())}
    ${renderList('exports', exports)}
  }`
}

const NO_ACCESS: Access = { asks: [], hears: [], tells: [], told: [] }

function renderReader(service: string, nkey: string, access: Access = NO_ACCESS): string {
  const from = (subject: string) => `{ account: ${OWNER_ACCOUNT}, subject: ${value(subject)} }`
  const imports = [
    ...access.asks.map((subject) => `{ service: ${from(subject)}, to: ${value(readersSubject(subject))} }`),
    ...access.hears.map((subject) => `{ stream: ${from(subject)} }`),
    ...access.told.map(({ subject, by }) => `{ stream: { account: ${value(by)}, subject: ${value(subject)} } }`),
  ]
  const exports = access.tells.map(({ subject, to }) => `{ stream: ${value(subject)}, accounts: ${value(to)} }`)
  return `  ${value(service)} {
    ${renderUser(nkey, readerPermissions(access, service))}
    ${renderList('imports', imports)}${
      exports.length === 0
        ? ''
        : `
    ${renderList('exports', exports)}`
    }
  }`
}

export function renderServerConfig(config: ServerConfig): string {
  const access = allAccess(config.consumers)
  const accounts = [...config.users].map(([service, nkey]) =>
    service === 'detector' ? renderOwner(nkey, access) : renderReader(service, nkey, access.get(service)),
  )
  return `# Made by Node Doctor at each start of the bus; changes here are lost.
server_name: ${value(config.serverName)}
listen: "127.0.0.1:${config.port}"
pid_file: ${value(config.pidFile)}
max_payload: ${MAX_PAYLOAD_BYTES}
max_pending: ${MAX_PENDING_BYTES}
max_connections: ${MAX_CONNECTIONS}
ping_interval: "10s"
ping_max: 2
write_deadline: "5s"
jetstream {
  store_dir: ${value(config.storeDir)}
  max_memory_store: 0
  max_file_store: ${config.maxStoreBytes}
}
authorization { timeout: ${AUTHORIZATION_S} }
accounts {
${accounts.join('\n')}
}
`
}

/** `flock` ends with this code when the lock is another's. */
export const LOCK_TAKEN_EXIT = 73
/** flock (69) and setpriv (126, 127) end with these when what they should run cannot be run. */
export const MISSING_EXITS: readonly number[] = [69, 126, 127]

export interface ServerCommand {
  readonly file: string
  readonly args: readonly string[]
}

function lockArgs(lockFile: string): readonly string[] {
  return ['-n', '-E', String(LOCK_TAKEN_EXIT), '--no-fork', lockFile]
}

/**
 * A killed parent takes the server along (pdeathsig), and the lock on the store says who owns the bus: two servers on
 * one store lose acknowledged messages without a word.
 */
export function serverCommand(lockFile: string, configFile: string): ServerCommand {
  return {
    file: 'setpriv',
    args: ['--pdeathsig', 'KILL', 'flock', ...lockArgs(lockFile), 'nats-server', '-c', configFile],
  }
}

/** Ends at once, with {@link LOCK_TAKEN_EXIT} when another holds the lock. */
export function lockProbeCommand(lockFile: string): ServerCommand {
  return { file: 'flock', args: [...lockArgs(lockFile), 'true'] }
}

/**
 * Small heap: the store is in files, and a quiet server holds 6 MiB. The limit leaves room for the index of full streams:
 * at 20 MiB a backlog of 15,000 events keeps the collector busy all the time, and a reader gets 1,600 of them a second
 * instead of 7,000 (60,000 events: 5,000 a second at 32 MiB).
 */
export const SERVER_ENV: Readonly<Record<string, string>> = { GOMEMLIMIT: '32MiB', GOGC: '50' }
