/** `/stream`: server-sent events over a socket of its own. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Hub, MAX_CLIENTS, type Sink } from '../stream/hub.ts'
import { json } from './answer.ts'
import { rawSocketOf } from './listener.ts'
import { type Places, STREAMS_PER_ADDRESS } from './places.ts'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // Proxies that gather answers would hold changes back.
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
} as const

function lastIdOf(request: FastifyRequest): string | undefined {
  const header = request.headers['last-event-id']
  if (typeof header === 'string' && header !== '') return header.slice(0, 64)
  // EventSource cannot set headers at its first connection; a page that was reloaded may still know its id.
  const { lastEventId } = request.query as { lastEventId?: unknown }
  return typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId.slice(0, 64) : undefined
}

export function createStreamRoute(hub: Hub, places: Places): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    if (hub.stats().clients >= MAX_CLIENTS) {
      const refused = json({ error: `${MAX_CLIENTS} readers follow the stream already` }, 503)
      reply.code(refused.status).header('retry-after', '10').type(refused.type).send(refused.body)
      return
    }
    if (!places.follows(rawSocketOf(request.raw.socket))) {
      const refused = json({ error: `${STREAMS_PER_ADDRESS} readers of this address follow the stream already` }, 503)
      reply.code(refused.status).header('retry-after', '10').type(refused.type).send(refused.body)
      return
    }
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, HEADERS)
    raw.socket?.setNoDelay(true)
    raw.socket?.setKeepAlive(true, 30_000)
    const sink: Sink = {
      write: (chunk) => raw.write(chunk),
      end: () => raw.end(),
      destroy: () => raw.destroy(),
      pending: () => raw.writableLength,
    }
    const leave = hub.join(sink, lastIdOf(request))
    raw.on('close', () => leave?.())
    raw.on('error', () => leave?.())
    if (leave === undefined) raw.end()
  }
}
