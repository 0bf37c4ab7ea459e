/** One request at a time over kept connections, with a deadline; TLS made anew when a certificate was rotated. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions, request as httpsRequest } from 'node:https'
import { checkServerIdentity } from 'node:tls'
import { type Clock, patiently } from '#clock'
import type { Credentials, KubeAccess } from './access.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** With its query: "/api/v1/nodes/n1". */
  readonly path: string
  readonly contentType?: string | undefined
  /** Default application/json. */
  readonly accept?: string | undefined
  readonly body?: string | undefined
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export interface Transport {
  /** Rejects with what the connection failed of; an answer of any status resolves. */
  send(ask: Ask): Promise<Answer>
  close(): void
}

/** An answer beyond this is none that we asked for. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024
/** A connection that says nothing for this long is not used again; load balancers forget them silently. */
const IDLE_MS = 90_000
const SOCKETS_MAX = 4

function sameTls(a: Credentials, b: Credentials): boolean {
  const texts = ({ ca, cert, key, serverName, identity, verify }: Credentials) =>
    [ca, cert, key, serverName, identity, verify].map((part) => part?.toString() ?? '').join('\n')
  return texts(a) === texts(b)
}

/** @param clock by which requests are waited for */
export function createTransport(access: KubeAccess, userAgent: string, clock: Clock): Transport {
  const isPlain = () => access.server.startsWith('http:')
  let agent: { readonly of: Credentials; readonly plain: boolean; readonly agent: HttpAgent | HttpsAgent } | undefined

  function agentFor(credentials: Credentials): HttpAgent | HttpsAgent {
    if (agent?.plain === isPlain() && (agent.of === credentials || sameTls(agent.of, credentials))) return agent.agent
    agent?.agent.destroy()
    const { ca, cert, key, serverName, identity, verify } = credentials
    const kept = { keepAlive: true, maxSockets: SOCKETS_MAX, keepAliveMsecs: 15_000, timeout: IDLE_MS }
    const made = isPlain()
      ? new HttpAgent(kept)
      : new HttpsAgent({
          ...kept,
          rejectUnauthorized: verify,
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
          ...(serverName === undefined ? {} : { servername: serverName }),
          ...(identity === undefined ? {} : { checkServerIdentity: (_, cert) => checkServerIdentity(identity, cert) }),
        } satisfies HttpsAgentOptions)
    agent = { of: credentials, plain: isPlain(), agent: made }
    return made
  }

  async function send(ask: Ask): Promise<Answer> {
    const credentials = await access.credentials()
    const url = new URL(access.server + ask.path)
    const late = new AbortController()
    const callOff = patiently(clock, ask.timeoutMs, () => late.abort(new Error('its time is over')))
    const options: RequestOptions = {
      method: ask.method,
      agent: agentFor(credentials),
      signal: ask.signal === undefined ? late.signal : AbortSignal.any([ask.signal, late.signal]),
      headers: {
        ...credentials.headers,
        accept: ask.accept ?? 'application/json',
        'user-agent': userAgent,
        ...(ask.body === undefined
          ? {}
          : { 'content-type': ask.contentType ?? 'application/json', 'content-length': Buffer.byteLength(ask.body) }),
      },
    }
    return new Promise<Answer>((resolve, reject) => {
      const request = (isPlain() ? httpRequest : httpsRequest)(url, options, (response) => {
        readAll(response).then(
          (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          reject,
        )
      })
      request.on('error', (err) => reject(deadlineOr(err, ask)))
      // The agent's time-out only marks a socket; a request on it ends by its own deadline.
      request.end(ask.body)
    }).finally(callOff)
  }

  return {
    send,
    close() {
      agent?.agent.destroy()
      agent = undefined
    },
  }
}

function deadlineOr(err: Error, { timeoutMs, signal }: Ask): Error {
  if (err.name !== 'AbortError' && err.name !== 'TimeoutError') return err
  if (signal?.aborted === true) return err
  return new Error(`no answer within ${timeoutMs / 1000} s`, { cause: err })
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > ANSWER_MAX_BYTES) {
      response.destroy()
      throw new Error(`the answer is larger than ${ANSWER_MAX_BYTES} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
