/** Who may use the embedded server: a key for each service, told to each in its own folder. */
import { replaceFile } from '#durable'
import { BusServerFailedError } from './errors.ts'
import { loadKeys, type ServiceKeys } from './keys.ts'
import { CONSUMERS } from './layout.ts'
import { READER_API } from './permissions.ts'
import type { BusCredentials, BusLog } from './types.ts'

/** The server's owner. */
const OWNER = 'detector'

export interface Users {
  /** Public key by service. */
  readonly publicKeys: ReadonlyMap<string, string>
  /** The detector's own. */
  owner(port: number): BusCredentials
  /** Writes each reader's credentials where it looks for them. Never rejects. */
  tell(port: number): Promise<void>
}

export interface UsersOptions {
  readonly keysFile: string
  /** Where a consumer's credentials go: `<runDir>/<service>/bus.json`. */
  readonly credentialsFile: (service: string) => string
  readonly log: BusLog
}

function credentialsOf(user: string, { seed }: ServiceKeys, port: number): BusCredentials {
  // The server runs as who starts it, and so its readers know it.
  const uid = process.getuid?.()
  const own = { url: `nats://127.0.0.1:${port}`, user, seed, ...(uid !== undefined && { uid }) }
  return user === OWNER ? own : { ...own, api: READER_API }
}

/** Reads the keys, and makes those that are not there. */
export async function loadUsers({ keysFile, credentialsFile, log }: UsersOptions): Promise<Users> {
  const keys = await loadKeys(keysFile, [OWNER, ...CONSUMERS.map(({ service }) => service)])
  const ownKeys = keys.get(OWNER)
  if (ownKeys === undefined) throw new BusServerFailedError('the detector has no key')

  async function tellOne(service: string, own: ServiceKeys, port: number): Promise<void> {
    try {
      await replaceFile(credentialsFile(service), JSON.stringify(credentialsOf(service, own, port)), { sync: false })
    } catch (err) {
      // A reader that is not part of this installation has no folder here; one that is says that it waits.
      const isAbsent = err instanceof Error && 'code' in err && ['ENOENT', 'EROFS', 'EACCES'].includes(String(err.code))
      if (isAbsent) log.debug('a reader of the bus has no folder here', { service, err })
      else log.warn('credentials of a bus user cannot be written', { service, err })
    }
  }

  return {
    publicKeys: new Map([...keys].map(([service, { publicKey }]) => [service, publicKey])),
    owner: (port) => credentialsOf(OWNER, ownKeys, port),
    async tell(port) {
      for (const [service, own] of keys) if (service !== OWNER) await tellOne(service, own, port)
    },
  }
}
