/** Questions to JetStream, answered in JSON, and messages whose keeping it confirms. */
import { headers, type Msg, type NatsConnection } from 'nats'
import { BusStoreError } from './errors.ts'

const TIMEOUT_MS = 5000

interface Answer {
  readonly error?: { readonly err_code?: number; readonly description?: string }
}

/** An answer that says what is wrong. */
export class ApiError extends Error {
  readonly code: number
  constructor({ err_code = 0, description = 'no description' }: NonNullable<Answer['error']>) {
    super(description)
    this.name = 'ApiError'
    this.code = err_code
  }
}

function contentOf<T>(message: Msg): T {
  const content = message.json<T & Answer>()
  if (content.error) throw new ApiError(content.error)
  return content
}

/** @throws BusStoreError whose cause is an ApiError, or what the connection says */
export async function ask<T>(nc: NatsConnection, subject: string, body: object = {}): Promise<T> {
  try {
    return contentOf<T>(await nc.request(subject, JSON.stringify(body), { timeout: TIMEOUT_MS }))
  } catch (err) {
    throw new BusStoreError(`asking ${subject}`, err)
  }
}

/**
 * Publishes and waits until a stream has it. @returns its sequence there
 * @throws ApiError, or what the connection says: no responders when no stream takes the subject
 */
export async function publishKept(
  nc: NatsConnection,
  subject: string,
  bytes: Uint8Array,
  head: Readonly<Record<string, string>> = {},
): Promise<number> {
  const sent = headers()
  for (const [name, value] of Object.entries(head)) sent.set(name, value)
  const hasHeaders = Object.keys(head).length > 0
  const answer = await nc.request(subject, bytes, { timeout: TIMEOUT_MS, ...(hasHeaders ? { headers: sent } : {}) })
  return contentOf<{ readonly seq: number }>(answer).seq
}
