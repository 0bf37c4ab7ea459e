/** Plain requests to an API server, with everything that comes back. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createInterface } from 'node:readline'
import type { ApiServerUnderTest } from '../fakes/kube-apiserver/server.ts'

export const STRATEGIC = 'application/strategic-merge-patch+json'
export const MERGE = 'application/merge-patch+json'
export const JSON_PATCH = 'application/json-patch+json'

// What a server answers is looked into by tests, field by field.
// biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested
export type Body = any

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Parsed; a text when it is no JSON. */
  readonly body: Body
  /** Texts of the Warning headers. */
  readonly warnings: readonly string[]
}

export interface AskOptions {
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown
  /** Default application/json. */
  readonly type?: string
  /** Default the admin's; null for none. */
  readonly token?: string | null
  readonly accept?: string
}

export interface Api {
  readonly server: ApiServerUnderTest
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>
  get(path: string): Promise<Answer>
  post(path: string, body: unknown): Promise<Answer>
  put(path: string, body: unknown): Promise<Answer>
  /** Strategic merge unless said otherwise. */
  patch(path: string, body: unknown, type?: string): Promise<Answer>
  delete(path: string, body?: unknown): Promise<Answer>
  /** Events of a watch as they come, until it ends or is closed. */
  watch(path: string): Promise<Watch>
}

export interface Watch {
  /** The next event; undefined at the end. */
  next(): Promise<Body>
  close(): void
}

const TIMEOUT_MS = 20_000

export function createApi(server: ApiServerUnderTest): Api {
  function send(method: string, path: string, options: AskOptions): Promise<IncomingMessage> {
    const { body, type = 'application/json', token = server.adminToken, accept = 'application/json' } = options
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const headers = {
      accept,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
    }
    return new Promise((resolve, reject) => {
      const url = new URL(server.url + path)
      const shared = { method, headers, timeout: TIMEOUT_MS, agent: false } as const
      const request =
        server.ca === undefined
          ? httpRequest(url, shared, resolve)
          : httpsRequest(url, { ...shared, ca: server.ca }, resolve)
      request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer within ${TIMEOUT_MS} ms`)))
      request.on('error', reject)
      request.end(text)
    })
  }

  async function ask(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    const response = await send(method, path, options)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
    const warnings = [...(response.headers.warning ?? '').matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)]
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: parsed(text),
      warnings: warnings.map(([, quoted]) => String(JSON.parse(quoted ?? '""'))),
    }
  }

  return {
    server,
    ask,
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, { body }),
    put: (path, body) => ask('PUT', path, { body }),
    patch: (path, body, type = STRATEGIC) => ask('PATCH', path, { body, type }),
    delete: (path, body) => ask('DELETE', path, body === undefined ? {} : { body }),
    async watch(path) {
      const response = await send('GET', path, {})
      const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]()
      return {
        async next() {
          const { value, done } = await lines.next()
          return done === true ? undefined : parsed(value)
        },
        close: () => response.destroy(),
      }
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
