/** Writes answers, and reads what requests bring. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsonObject } from './json.ts'
import { Refusal } from './status.ts'

/** What goes back; `text` when it is none of JSON. */
export interface Answer {
  readonly code: number
  readonly body: JsonObject | string
}

const BODY_MAX_BYTES = 3 * 1024 * 1024

/** @throws Refusal 413 beyond what the real server takes */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // The rest is read and forgotten, so that the client gets its answer.
    if (size <= BODY_MAX_BYTES) chunks.push(chunk)
  }
  if (size > BODY_MAX_BYTES)
    throw new Refusal(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${BODY_MAX_BYTES}`)
  return Buffer.concat(chunks).toString('utf8')
}

export function writeAnswer(response: ServerResponse, { code, body }: Answer): void {
  const isText = typeof body === 'string'
  response.setHeader('content-type', isText ? 'text/plain; charset=utf-8' : 'application/json')
  response.setHeader('cache-control', 'no-cache, private')
  if (isText) response.setHeader('x-content-type-options', 'nosniff')
  response.writeHead(code).end(isText ? body : `${JSON.stringify(body)}\n`)
}

export function writeRefusal(response: ServerResponse, refusal: Refusal): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, private', ...refusal.headers }
  response.writeHead(refusal.code, headers).end(`${JSON.stringify(refusal.body)}\n`)
}
