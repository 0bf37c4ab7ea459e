/** Asks the named servers for the time. */
import type { Host } from '#host'
import type { Ask, NtpAnswer } from '#probe'
import { createNames } from '../../names/names.ts'
import type { Door } from '../../probing/door.ts'
import type { Config } from './config.ts'

const PORT = 123

/** What came of one server. */
export interface Asked {
  readonly server: string
  readonly answer: NtpAnswer | undefined
  /** Why there is none; "" where there is. */
  readonly failure: string
}

/** All at once, each at the first address of its name. */
export async function askTime(host: Host, door: Door, ask: Ask, config: Config): Promise<readonly Asked[]> {
  const names = createNames(host, door, ask, config.resolvConfPath)
  return Promise.all(
    [...new Set(config.servers)].map(async (server) => {
      const found = await names.find(server)
      const [address] = found.ok ? found.addresses : []
      if (address === undefined) return { server, answer: undefined, failure: found.ok ? 'no address' : found.message }
      const probed = await door.probeNtp(ask, { address, port: PORT })
      const [answer, failure] = probed.ok ? [probed.answer, ''] : [undefined, probed.failure.message]
      return { server, answer, failure }
    }),
  )
}
