/** One request at a time over kept connections, with a deadline; TLS made anew when a certificate was rotated. */
import {
  Agent as HttpAgent,
  type AgentOptions as HttpAgentOptions,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
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

/** How one request is made. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Default: the client's. */
  readonly timeoutMs?: number | undefined
}

/** A request, as it is made and as it is spoken of. */
export interface Call extends CallOptions {
  readonly verb: string
  readonly resource: string
  /** "n1", "default/x", "" for a list. */
  readonly of: string
  readonly ask: Omit<Ask, 'timeoutMs' | 'signal'>
}

/** An answer whose text has not come yet. Of any other status than 2xx it is read, else it is closed. */
export interface Opened {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** All that still comes, within the time of the request. */
  text(): Promise<string>
  /** What comes, piece by piece. Rejects with what the connection failed of; ends when it is closed. */
  readonly pieces: AsyncIterable<Buffer>
  close(): void
}

export interface Transport {
  /** Rejects with what the connection failed of; an answer of any status resolves. */
  send(ask: Ask): Promise<Answer>
  /** The same once its head has come, on a connection of its own, which may stay for as long as it is read. */
  open(ask: Ask): Promise<Opened>
  close(): void
}

/** An answer beyond this is none that we asked for. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024
/** A connection that says nothing for this long is not used again; load balancers forget them silently. */
const IDLE_MS = 90_000
const SOCKETS_MAX = 4
/** Requests share connections; a watch has one of its own, so that none of them waits for it. */
const USES = {
  kept: { keepAlive: true, maxSockets: SOCKETS_MAX, keepAliveMsecs: 15_000, timeout: IDLE_MS },
  streams: { keepAlive: false },
} as const satisfies Record<string, HttpAgentOptions>

type Use = keyof typeof USES

interface Made {
  readonly of: Credentials
  readonly plain: boolean
  readonly agent: HttpAgent | HttpsAgent
}

function sameTls(a: Credentials, b: Credentials): boolean {
  const texts = ({ ca, cert, key, serverName, identity, verify }: Credentials) =>
    [ca, cert, key, serverName, identity, verify].map((part) => part?.toString() ?? '').join('\n')
  return texts(a) === texts(b)
}

/** Connections by what they are for, made anew when what goes into them is other. */
function createAgents(isPlain: () => boolean) {
  const agents: Partial<Record<Use, Made>> = {}
  return {
    agentFor(credentials: Credentials, use: Use): HttpAgent | HttpsAgent {
      const known = agents[use]
      const plain = isPlain()
      if (known?.plain === plain && (known.of === credentials || sameTls(known.of, credentials))) return known.agent
      known?.agent.destroy()
      const { ca, cert, key, serverName, identity, verify } = credentials
      const made = plain
        ? new HttpAgent(USES[use])
        : new HttpsAgent({
            ...USES[use],
            rejectUnauthorized: verify,
            ...(ca === undefined ? {} : { ca }),
            ...(cert === undefined ? {} : { cert }),
            ...(key === undefined ? {} : { key }),
            ...(serverName === undefined ? {} : { servername: serverName }),
            ...(identity === undefined
              ? {}
              : { checkServerIdentity: (_, shown) => checkServerIdentity(identity, shown) }),
          } satisfies HttpsAgentOptions)
      agents[use] = { of: credentials, plain, agent: made }
      return made
    },
    close() {
      for (const use of ['kept', 'streams'] as const) {
        agents[use]?.agent.destroy()
        delete agents[use]
      }
    },
  }
}

/** How a request goes out. `late` ends it, besides its own signal. */
interface Way {
  readonly credentials: Credentials
  readonly agent: HttpAgent | HttpsAgent
  readonly userAgent: string
  readonly late: AbortSignal
}

function optionsOf(ask: Ask, { credentials, agent, userAgent, late }: Way): RequestOptions {
  return {
    method: ask.method,
    agent,
    signal: ask.signal === undefined ? late : AbortSignal.any([ask.signal, late]),
    headers: {
      ...credentials.headers,
      accept: ask.accept ?? 'application/json',
      'user-agent': userAgent,
      ...(ask.body === undefined
        ? {}
        : { 'content-type': ask.contentType ?? 'application/json', 'content-length': Buffer.byteLength(ask.body) }),
    },
  }
}

/** @param clock by which requests are waited for */
export function createTransport(access: KubeAccess, userAgent: string, clock: Clock): Transport {
  const isPlain = () => access.server.startsWith('http:')
  const { agentFor, close } = createAgents(isPlain)

  /** The head of the answer. @param late ends the request, whatever has come of it */
  async function headOf(ask: Ask, use: Use, late: AbortSignal): Promise<IncomingMessage> {
    const credentials = await access.credentials()
    const url = new URL(access.server + ask.path)
    const options = optionsOf(ask, { credentials, agent: agentFor(credentials, use), userAgent, late })
    return new Promise<IncomingMessage>((resolve, reject) => {
      const request = (isPlain() ? httpRequest : httpsRequest)(url, options, resolve)
      request.on('error', (err) => reject(deadlineOr(err, ask)))
      // The agent's time-out only marks a socket; a request on it ends by its own deadline.
      request.end(ask.body)
    })
  }

  async function send(ask: Ask): Promise<Answer> {
    const late = new AbortController()
    const callOff = patiently(clock, ask.timeoutMs, () => late.abort(new Error('its time is over')))
    try {
      const response = await headOf(ask, 'kept', late.signal)
      const text = await readAll(response).catch((err: unknown) => Promise.reject(deadlineOr(err, ask)))
      return { status: response.statusCode ?? 0, headers: response.headers, text }
    } finally {
      callOff()
    }
  }

  async function open(ask: Ask): Promise<Opened> {
    const late = new AbortController()
    const end = () => late.abort(new Error('its time is over'))
    let callOff = patiently(clock, ask.timeoutMs, end)
    try {
      const response = await headOf(ask, 'streams', late.signal)
      // Whoever closes it is told of it by its end, and by nothing else.
      response.on('error', () => undefined)
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        text() {
          callOff = patiently(clock, ask.timeoutMs, end)
          return readAll(response).finally(() => callOff())
        },
        pieces: response,
        close: () => void response.destroy(),
      }
    } finally {
      callOff()
    }
  }

  return { send, open, close }
}

function deadlineOr(err: unknown, { timeoutMs, signal }: Ask): unknown {
  if (!(err instanceof Error)) return err
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
