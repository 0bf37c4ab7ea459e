/** Which readers are on the bus now: each listens at a subject of its own, where nothing is ever said. */
import { ErrorCode, type NatsConnection, NatsError } from 'nats'
import { CONSUMERS } from './layout.ts'
import { presenceSubject } from './permissions.ts'

/** "Nobody listens" comes within a millisecond. */
const PRESENCE_TIMEOUT_MS = 250

/**
 * What asking a reader says of it: nobody listening is an answer of its own; whoever listens says nothing. undefined: that
 * says nothing of the reader.
 */
export function presenceFrom(err: unknown): boolean | undefined {
  if (!(err instanceof NatsError)) return undefined
  if (err.code === ErrorCode.Timeout) return true
  return err.code === ErrorCode.NoResponders ? false : undefined
}

async function isPresent(nc: NatsConnection, service: string): Promise<boolean> {
  try {
    await nc.request(presenceSubject(service), '', { timeout: PRESENCE_TIMEOUT_MS })
    return true
  } catch (err) {
    const present = presenceFrom(err)
    if (present === undefined) throw err
    return present
  }
}

/** The services of the readers that are on the bus now. @throws what the connection says */
export async function presentReaders(nc: NatsConnection): Promise<ReadonlySet<string>> {
  const services = CONSUMERS.map(({ service }) => service)
  const present = await Promise.all(services.map((service) => isPresent(nc, service)))
  return new Set(services.filter((_, index) => present[index]))
}
