import { mkdir } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from './connect.ts'
import { testSocket } from './testing.ts'

const signal = new AbortController().signal

async function served() {
  const socket = await testSocket()
  const server = await socket.serve({ getNode: (_, callback) => callback(null, { node: undefined }) })
  return { socket, server, client: connectUnix(socket.path) }
}

describe('a connection', () => {
  it('is none before the first call, and says when it ends without a call or another connection', async () => {
    const { socket, server, client } = await served()
    await using _socket = socket
    expect(client.isConnected()).toBe(false)
    await client.dropped(signal)
    await client.call(DetectorService.getNode, {})
    expect(client.isConnected()).toBe(true)
    const waits = [client.dropped(signal), client.dropped(signal)]
    await server.close(0)
    await Promise.all(waits)
    expect(client.isConnected()).toBe(false)
    expect(await client.connects(2000, signal)).toBe(false)
    client.close()
  })

  it('is made anew without a call', async () => {
    const { socket, client } = await served()
    await using _socket = socket
    expect(await client.connects(2000, signal)).toBe(true)
    expect(client.isConnected()).toBe(true)
    client.close()
    expect(client.isConnected()).toBe(false)
  })

  it('lets who waits for its end go with his signal, and with its client', async () => {
    const { socket, client } = await served()
    await using _socket = socket
    await client.call(DetectorService.getNode, {})
    const abort = new AbortController()
    const given = client.dropped(abort.signal)
    const closed = client.dropped(signal)
    abort.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    client.close()
    await closed
    await expect(client.dropped(abort.signal)).rejects.toThrow('enough')
  })

  it('is one in a server’s log, however long it lasts: nobody sends a ping, and nobody connects beside it', async () => {
    await using socket = await testSocket()
    await mkdir(dirname(socket.path))
    const taken: Socket[] = []
    const bytes: number[] = []
    const server = createServer((connection) => {
      taken.push(connection)
      connection.on('error', () => undefined)
      // An empty SETTINGS: all that a server of HTTP/2 has to say.
      connection.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]))
      connection.on('data', (chunk) => bytes.push(...chunk))
    })
    await new Promise<void>((resolve) => server.listen(socket.path, resolve))
    const client = connectUnix(socket.path)
    expect(await client.connects(2000, signal)).toBe(true)
    await expect.poll(() => bytes.length).toBeGreaterThan(24)
    for (let look = 0; look < 50; look++) expect(await client.connects(2000, signal)).toBe(true)
    expect(taken).toHaveLength(1)
    const gone = client.dropped(signal)
    taken[0]?.destroy()
    await gone
    client.close()
    server.close()
  })
})
