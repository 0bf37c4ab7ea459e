/** The embedded server's configuration file and command line. Pure. */
import { allPermissions } from './permissions.ts'

export interface ServerConfig {
  readonly serverName: string
  readonly port: number
  readonly storeDir: string
  readonly maxStoreBytes: number
  /** Public nkey of each service's user. */
  readonly users: ReadonlyMap<string, string>
}

/** Largest message the server takes. A condition or problem at its longest is below 8 KiB. */
export const MAX_PAYLOAD_BYTES = 256 * 1024

function quoted(text: string): string {
  return JSON.stringify(text)
}

export function renderServerConfig(config: ServerConfig): string {
  const permissions = allPermissions()
  const users = [...config.users].map(([service, nkey]) => {
    const { publish, subscribe } = permissions.get(service) ?? { publish: [], subscribe: [] }
    return `    # ${service}\n    { nkey: ${nkey}, permissions: { publish: ${JSON.stringify(publish)}, subscribe: ${JSON.stringify(subscribe)} } }`
  })
  return `# Made by Node Doctor at each start of the bus; changes here are lost.
server_name: ${quoted(config.serverName)}
listen: "127.0.0.1:${config.port}"
max_payload: ${MAX_PAYLOAD_BYTES}
max_connections: 64
ping_interval: "10s"
ping_max: 2
write_deadline: "5s"
jetstream {
  store_dir: ${quoted(config.storeDir)}
  max_memory_store: 0
  max_file_store: ${config.maxStoreBytes}
}
authorization {
  timeout: 2
  users: [
${users.join('\n')}
  ]
}
`
}

/** `flock` ends with this code when the lock is another's. */
export const LOCK_TAKEN_EXIT = 73

/**
 * A killed parent takes the server along (pdeathsig), and the lock on the store says who owns the bus: two servers on
 * one store lose acknowledged messages without a word.
 */
export function serverCommand(lockFile: string, configFile: string): readonly [string, readonly string[]] {
  return [
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      'flock',
      '-n',
      '-E',
      String(LOCK_TAKEN_EXIT),
      '--no-fork',
      lockFile,
      'nats-server',
      '-c',
      configFile,
    ],
  ]
}

/** Small heap: the store is in files, and what the server holds is small. */
export const SERVER_ENV: Readonly<Record<string, string>> = { GOMEMLIMIT: '20MiB', GOGC: '50' }
