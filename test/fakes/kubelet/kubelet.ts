/**
 * A strict kubelet for tests: what a real one refuses is refused. Its answers are those of kubelet 1.37, asked by hand: healthz over http,
 * metrics and configuration over https to whom it knows.
 */
import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'

/** What it says. What is left out is of a healthy one. */
export interface FakeKubeletAnswers {
  /** `hangs`: it takes connections and says nothing, as one that is stopped (SIGSTOP). */
  healthz?: { readonly status: number; readonly body: string } | 'hangs'
  /** Text, or pieces of it. */
  /** `hangs`: one that collects something that does not come, as of a volume whose server is gone. */
  metrics?: string | (() => Iterable<string>)
  configz?: object
}

export interface FakeKubeletOptions {
  readonly cert: string
  readonly key: string
  /** The token that may get metrics and configuration. Default "good"; "poor" is known and may not. */
  readonly token?: string
  readonly answers?: FakeKubeletAnswers
  /** Default 0: any that is free. */
  readonly healthzPort?: number
}

export interface FakeKubelet extends AsyncDisposable {
  readonly healthzPort: number
  readonly securePort: number
  /** What was asked, in order: "GET /metrics good". */
  readonly asked: readonly string[]
  /** Handshakes that were completed on the secured port. */
  readonly handshakes: number
  /** It knows nobody: it cannot ask the API server who somebody is (a real one says 401 then, once what it knew is two minutes old). */
  refuses: boolean
  /** It asks the API server who somebody is, and hears nothing: who shows a token waits (a real one sets that no end). */
  waits: boolean
  /** What it says from now on. */
  readonly answers: FakeKubeletAnswers
  /** As one that is stopped: nobody listens. */
  stop(): Promise<void>
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8' }

function say(response: ServerResponse, status: number, body: string, headers: Record<string, string> = PLAIN): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function sayJson(response: ServerResponse, value: object): void {
  say(response, 200, JSON.stringify(value), { 'content-type': 'application/json' })
}

function tokenOf({ headers: { authorization = '' } }: IncomingMessage): string {
  return /^Bearer (.+)$/.exec(authorization)?.[1] ?? ''
}

/** Listens on 127.0.0.1. */
export async function startFakeKubelet(options: FakeKubeletOptions): Promise<FakeKubelet> {
  const { cert, key, token: good = 'good', healthzPort = 0 } = options
  const answers: FakeKubeletAnswers = { ...options.answers }
  const asked: string[] = []
  const sockets = new Set<Socket>()
  let handshakes = 0

  function serveHealthz(request: IncomingMessage, response: ServerResponse): void {
    asked.push(`${request.method} ${request.url} ${tokenOf(request)}`.trim())
    const { healthz = { status: 200, body: 'ok' } } = answers
    if (request.url !== '/healthz') say(response, 404, '404 page not found\n')
    else if (healthz !== 'hangs') say(response, healthz.status, healthz.body)
  }

  function serveSecured(request: IncomingMessage, response: ServerResponse): void {
    const token = tokenOf(request)
    asked.push(`${request.method} ${request.url} ${token}`.trim())
    const [, part = ''] = /^\/(metrics|configz)$/.exec(request.url ?? '') ?? []
    const user = 'system:serviceaccount:default:default'
    if (fake.waits && token !== '') return
    if (fake.refuses || (token !== good && token !== 'poor')) say(response, 401, 'Unauthorized')
    else if (part === '' || request.method !== 'GET') say(response, 404, '404 page not found\n')
    else if (token !== good)
      say(response, 403, `Forbidden (user=${user}, verb=get, resource=nodes, subresource(s)=[${part}])\n`)
    else if (part === 'configz') sayJson(response, { kubeletconfig: answers.configz ?? {} })
    else if (answers.metrics !== 'hangs') void stream(response, answers.metrics ?? '')
  }

  const healthz = createHttp(serveHealthz)
  const secured = createHttps({ cert, key }, serveSecured)
  secured.on('secureConnection', () => void handshakes++)
  secured.on('tlsClientError', () => undefined)
  const servers: readonly Server[] = [healthz, secured]
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => sockets.delete(socket))
    })
  }
  healthz.listen(healthzPort, '127.0.0.1')
  secured.listen(0, '127.0.0.1')
  await Promise.all(servers.map((server) => once(server, 'listening')))

  async function stop(): Promise<void> {
    for (const socket of sockets) socket.destroy()
    await Promise.all(servers.map((server) => new Promise<void>((closed) => void server.close(() => closed()))))
  }

  const fake: FakeKubelet = {
    refuses: false,
    waits: false,
    healthzPort: (healthz.address() as AddressInfo).port,
    securePort: (secured.address() as AddressInfo).port,
    asked,
    get handshakes() {
      return handshakes
    },
    answers,
    stop,
    [Symbol.asyncDispose]: stop,
  }
  return fake
}

/** As it is taken: what nobody reads is not made. */
async function stream(response: ServerResponse, metrics: string | (() => Iterable<string>)): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  for (const piece of typeof metrics === 'string' ? [metrics] : metrics()) {
    if (response.destroyed) return
    if (!response.write(piece)) {
      const over = new AbortController()
      const either = ['drain', 'close'].map((event) =>
        once(response, event, { signal: over.signal }).catch(() => undefined),
      )
      await Promise.race(either)
      over.abort()
    }
  }
  response.end()
}
