/** The echo component: short and long answers from the network of pods, of fixed size, to whoever asks. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { ClusterDns } from './cluster-dns.ts'

/** What it tells of itself. */
export interface Identity {
  /** "" where nobody said. */
  readonly node: string
  readonly podIP: string
}

/** What an echo is made of. */
export interface EchoOptions extends Identity {
  /** Looks the cluster's own name up. */
  readonly lookUp: () => Promise<ClusterDns>
}

/** More than one packet has on any link (jumbo frames have 9,000), and little enough to lie in the kernel for who does not read it. */
export const LARGE_BYTES = 16_384
/** Each is asked by 25 others at most in half a minute, twice. */
const CONNECTIONS_MAX = 64
const HEADER_BYTES = 4_096
/** For the whole request. */
const REQUEST_MS = 5_000
/** Without a byte in either direction. */
const IDLE_MS = 10_000

const LARGE = Buffer.alloc(LARGE_BYTES, 'node-doctor-echo\n')

interface Reply {
  readonly status: number
  readonly type: 'application/json' | 'text/plain'
  readonly body: Buffer | string
}

const NOT_FOUND: Reply = { status: 404, type: 'text/plain', body: 'not found\n' }
const NOT_ALLOWED: Reply = { status: 405, type: 'text/plain', body: 'method not allowed\n' }

async function replyTo(url: string, { node, podIP, lookUp }: EchoOptions): Promise<Reply> {
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return { status: 200, type: 'application/json', body: JSON.stringify({ status: 'ok', node, podIP }) }
    case '/large':
      return { status: 200, type: 'text/plain', body: LARGE }
    case '/clusterdns': {
      const found = await lookUp()
      return { status: found.resolved ? 200 : 503, type: 'application/json', body: JSON.stringify(found) }
    }
    default:
      return NOT_FOUND
  }
}

/** Nothing of a request comes back: neither its path nor its headers, and its body is never read. */
function answer(request: IncomingMessage, response: ServerResponse, { status, type, body }: Reply): void {
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'content-type': type, 'content-length': length, connection: 'close' })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Not listening yet. Each connection is for one request. */
export function createEcho(options: EchoOptions): Server {
  const server = createServer({
    maxHeaderSize: HEADER_BYTES,
    requestTimeout: REQUEST_MS,
    headersTimeout: REQUEST_MS,
    connectionsCheckingInterval: 1_000,
    keepAlive: false,
  })
  server.maxConnections = CONNECTIONS_MAX
  server.maxRequestsPerSocket = 1
  server.timeout = IDLE_MS
  server.on('request', (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(request, response, NOT_ALLOWED)
    void replyTo(request.url ?? '', options).then((reply) => answer(request, response, reply))
  })
  server.on('clientError', (_, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    else socket.destroy()
  })
  return server
}
