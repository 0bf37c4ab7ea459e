/** Routes, limits and headers of one listener, around handlers that know nothing of HTTP. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { cleanText } from '#model'
import type { Clock, Logger } from '#service'
import { type Answer, type Handler, json } from './answer.ts'
import { countHosts, createHostCheck } from './host-name.ts'
import { nearestPath } from './nearest.ts'
import type { PageFile } from './page-files.ts'
import { createRateLimit } from './rate-limit.ts'
import { sendUnpacked } from './unpacked.ts'

export interface AppOptions {
  /** By path. */
  readonly answers: ReadonlyMap<string, Handler>
  /** Paths that write to the socket themselves. */
  readonly streams: ReadonlyMap<string, (request: FastifyRequest, reply: FastifyReply) => void>
  readonly assets: ReadonlyMap<string, PageFile>
  /** Paths that are never refused for their number: probes. */
  readonly probes: ReadonlySet<string>
  /** Names that a request may call this server by, beside addresses and localhost. */
  readonly hosts: readonly string[]
  readonly clock: Clock
  readonly log: Logger
}

/** Longest address of a request, and requests of one address. */
const MAX_URL = 2048
const RATE = { perSecond: 100, burst: 200 } as const
/** Answers above this are compressed for who takes that. */
const COMPRESS_ABOVE = 4096

const compress = promisify(gzip)

/** On every answer. The page's own has its own policy. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
} as const

function takesGzip(request: FastifyRequest): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0+)?(?:,|$))/.test(String(request.headers['accept-encoding'] ?? ''))
}

/** Bytes that several are sent are there once. */
function bytesOf(body: Answer['body']): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

async function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .type(answer.type)
  const body = bytesOf(answer.body)
  if (body.byteLength <= COMPRESS_ABOVE && answer.packed !== true) return reply.send(body)
  const vary = answer.headers?.['vary']
  reply.header('vary', vary === undefined ? 'accept-encoding' : `${vary}, accept-encoding`)
  if (!takesGzip(request)) return answer.packed === true ? sendUnpacked(request, reply, body) : reply.send(body)
  reply.header('content-encoding', 'gzip')
  return reply.send(answer.packed === true ? body : await compress(body, { level: 5 }))
}

function hasBody(request: FastifyRequest): boolean {
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

/** What is refused before any handler is asked. */
function createGate({ clock, probes, hosts }: AppOptions): (request: FastifyRequest) => Answer | undefined {
  const limit = createRateLimit(RATE)
  const mayBeCalled = createHostCheck(hosts)
  return (request) => {
    if (countHosts(request.raw.rawHeaders) > 1) return json({ error: 'a request has one Host header' }, 400)
    if (!mayBeCalled(request.headers.host)) {
      const said = cleanText(request.headers.host ?? '', 80)
      return json({ error: `this server is not called ${JSON.stringify(said)}; exporters.http.hosts may name it` }, 421)
    }
    if (request.url.length > MAX_URL) return json({ error: `the address is longer than ${MAX_URL} characters` }, 414)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return json({ error: `${request.method} is not served here; everything is read with GET` }, 405, {
        allow: 'GET, HEAD',
      })
    }
    if (hasBody(request)) return json({ error: 'a request has no body here' }, 413, { connection: 'close' })
    const path = request.url.split('?', 1)[0] ?? ''
    const seconds = probes.has(path) ? 0 : limit.wait(request.ip, clock.monotonicMs())
    if (seconds === 0) return undefined
    return json({ error: `more than ${RATE.perSecond} requests a second from one address` }, 429, {
      'retry-after': String(seconds),
    })
  }
}

function serveAsset(app: FastifyInstance, path: string, file: PageFile): void {
  app.get(path, (request, reply) => {
    reply.headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' }).type(file.type)
    if (!takesGzip(request)) return reply.send(Buffer.from(file.body))
    return reply.header('content-encoding', 'gzip').send(Buffer.from(file.gzipped))
  })
}

/** No route has a schema. */
function noSchema(): never {
  throw new Error('routes of the http-exporter have no schemas')
}

/** @returns an application that is ready to route */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { answers, streams, assets, log } = options
  const gate = createGate(options)
  const paths = [...answers.keys(), ...streams.keys()]
  const app = fastify({
    logger: false,
    bodyLimit: 1024,
    exposeHeadRoutes: true,
    // Addresses of readers are those of their sockets: a header may say anything.
    trustProxy: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
    // Nothing is validated or written by a schema: without these fastify would load a compiler for each, several MiB.
    schemaController: { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } },
    // An address that cannot be decoded comes to no route and no hook.
    frameworkErrors: (_err, request, reply) => {
      void send(request, reply.headers(HEADERS), json({ error: 'the address cannot be read' }, 400))
    },
  })
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    const refused = gate(request)
    if (refused !== undefined) return send(request, reply, refused)
    return undefined
  })
  for (const [path, handler] of answers) {
    app.get(path, async (request, reply) =>
      send(
        request,
        reply,
        await handler({
          query: request.query as Record<string, unknown>,
          accept: String(request.headers.accept ?? '*/*'),
        }),
      ),
    )
  }
  for (const [path, stream] of streams) {
    app.get(path, { exposeHeadRoute: false }, stream)
    app.head(path, (_, reply) => reply.type('text/event-stream').send())
  }
  for (const [path, file] of assets) serveAsset(app, path, file)
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const nearest = nearestPath(path, paths)
    const meant = nearest === undefined ? '' : `; ${nearest} is near it`
    return send(request, reply, json({ error: `nothing is served at this path${meant}`, nearest, paths }, 404))
  })
  app.setErrorHandler((err, request, reply) => {
    const status = err instanceof Error && 'statusCode' in err ? Number(err.statusCode) : 500
    if (status >= 400 && status < 500)
      return send(request, reply, json({ error: 'the request cannot be read' }, status))
    log.error('answer failed', { path: request.routeOptions.url, err })
    return send(request, reply, json({ error: 'this answer failed; the log of the http-exporter says why' }, 500))
  })
  await app.ready()
  return app
}
