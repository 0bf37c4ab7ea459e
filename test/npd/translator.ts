/** Stands before the fake API server, which takes JSON alone: NPD posts its events in protobuf. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { eventOf } from './protobuf.ts'

/** The way in. */
export interface Translator {
  readonly url: string
  close(): Promise<void>
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Passes a request on. Nothing of it is changed but an event's body. */
async function pass(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  const event = eventOf(body)
  const {
    host: _host,
    connection: _connection,
    'content-length': _length,
    'content-type': type,
    ...kept
  } = request.headers
  const headers = {
    ...kept,
    ...(type === undefined ? {} : { 'content-type': event === undefined ? type : 'application/json' }),
  }
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const answer = await fetch(`${target}${request.url ?? '/'}`, {
    method: request.method ?? 'GET',
    headers: headers as Record<string, string>,
    ...(hasBody ? { body: event === undefined ? new Uint8Array(body) : JSON.stringify(event) } : {}),
  })
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
  response.end(Buffer.from(await answer.arrayBuffer()))
}

/** @param target "http://127.0.0.1:43211" */
export async function startTranslator(target: string): Promise<Translator> {
  const server = createServer((request, response) => {
    pass(target, request, response).catch((err: unknown) => {
      response.writeHead(502)
      response.end(String(err))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
