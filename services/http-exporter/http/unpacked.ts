/** A packed answer for who does not take it packed. */
import type { ServerResponse } from 'node:http'
import { createGunzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { freeBytes } from '../metrics/free-bytes.ts'

/** So much of the text is there at a time, twice for each who reads. */
const CHUNK = 64 * 1024

/** Resolves once the bytes have left. @throws when the reader has */
function write(to: ServerResponse, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(chunk, (err) => (err ? reject(err) : resolve()))
  })
}

/**
 * The text as fast as it is taken: as a whole it would be there once for each who reads it slowly. Each piece is given back
 * when it has left, since a collection comes too late for what ten readers are sent in a second.
 */
export async function sendUnpacked(request: FastifyRequest, reply: FastifyReply, body: Buffer): Promise<FastifyReply> {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>)
  if (request.method === 'HEAD') {
    raw.end()
    return reply
  }
  const text = createGunzip({ chunkSize: CHUNK })
  text.end(body)
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      await write(raw, chunk)
      freeBytes(chunk)
    }
    raw.end()
  } catch {
    // Who has left misses nothing, and who is told half of it must see that.
    raw.destroy()
  }
  return reply
}
