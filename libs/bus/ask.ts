/** One question to JetStream, answered in JSON. */
import type { NatsConnection } from 'nats'
import { BusStoreError } from './errors.ts'

const TIMEOUT_MS = 5000

interface ApiAnswer {
  readonly error?: { readonly code?: number; readonly description?: string }
}

/** @throws BusStoreError when the answer is an error, or what the connection says */
export async function ask<T>(nc: NatsConnection, subject: string, body: object = {}): Promise<T> {
  const answer = await nc.request(subject, JSON.stringify(body), { timeout: TIMEOUT_MS })
  const content = answer.json<T & ApiAnswer>()
  if (content.error)
    throw new BusStoreError(`asking ${subject}`, new Error(content.error.description ?? 'no description'))
  return content
}
