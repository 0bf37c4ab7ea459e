import { readFile, rename, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHost } from '#host'
import { fakeClock } from '../clock/testing.ts'
import { connectBus } from './connect.ts'
import { credentialsFile, readCredentials, watchCredentials } from './credentials.ts'
import { BusCredentialsError, BusUnavailableError } from './errors.ts'
import { quietLog } from './testing.ts'
import { folder, start } from './testing-readers.ts'
import type { BusState } from './types.ts'

describe('a connection to the bus', () => {
  it('waits for a server that is not there yet, and for its credentials', async () => {
    const dir = await folder()
    const states: BusState[] = []
    const bus = connectBus({ name: 'http-exporter', credentials: readCredentials(dir, 'http-exporter'), log: quietLog })
    bus.onState((state) => states.push(state))
    await expect.poll(() => bus.lastError).toContain('no such file')
    expect(bus.state).toBe('connecting')
    expect(() => bus.connection('reading')).toThrow(BusUnavailableError)
    await start({ dir })
    await bus.connected(AbortSignal.timeout(5000))
    expect(bus.lastError).toBe('')
    await bus.close()
    expect(states).toEqual(['connected', 'closed'])
  })

  it('does not give up on an authorization error, and takes the right key when it is there', async () => {
    const server = await start()
    const file = credentialsFile(server.dir, 'http-exporter')
    const right = await readFile(file, 'utf8')
    const other = JSON.parse(await readFile(join(server.dir, 'remediator', 'bus.json'), 'utf8'))
    const { nkeys } = await import('nats')
    const stranger = new TextDecoder().decode(nkeys.createUser().getSeed())
    await writeFile(file, JSON.stringify({ ...other, seed: stranger }))
    const bus = server.consumer('http-exporter')
    await expect.poll(() => bus.lastError).toMatch(/authorization/i)
    await writeFile(file, right)
    await bus.connected(AbortSignal.timeout(5000))
    expect(bus.state).toBe('connected')
  })

  it.each(['', '{', 'null', '7', '{"url": 7}', '{"url": "nats://127.0.0.1:1"}'])(
    'says what is wrong with the credentials %j',
    async (content) => {
      const dir = await folder()
      await writeFile(join(dir, 'bus.json'), content)
      const path = join(dir, 'bus.json')
      const reading = readCredentials(join(dir, '..'), dir.split('/').at(-1) ?? '')()
      await expect(reading).rejects.toThrow(BusCredentialsError)
      await expect(reading).rejects.toThrow(`cannot read the bus's credentials in ${path}: `)
    },
  )

  it('needs no credentials of an external server', async () => {
    expect(await readCredentials('/nowhere', 'cli', 'nats://hub:4222')()).toEqual({
      url: 'nats://hub:4222',
      user: 'cli',
      seed: '',
    })
  })

  it('leaves a server that its credentials do not speak of any more, by the word of their folder alone', async () => {
    const server = await start()
    const file = credentialsFile(server.dir, 'http-exporter')
    const { files } = createHost({ root: '' })
    const bus = connectBus({
      name: 'http-exporter',
      credentials: readCredentials(server.dir, 'http-exporter'),
      log: quietLog,
      clock: fakeClock(),
      watchCredentials: watchCredentials(files, server.dir, 'http-exporter'),
    })
    onTestFinished(() => bus.close())
    await bus.connected(AbortSignal.timeout(5000))
    const content = JSON.parse(await readFile(file, 'utf8')) as object
    await writeFile(`${file}.new`, JSON.stringify({ ...content, url: 'nats://127.0.0.1:1' }))
    await rename(`${file}.new`, file)
    await expect.poll(() => bus.state, { timeout: 5000 }).toBe('disconnected')
    expect(watchCredentials(files, server.dir, 'http-exporter', 'nats://hub:4222')).toBeUndefined()
  })

  it('is not hurt by a listener that throws', async () => {
    const server = await start()
    const bus = server.consumer('http-exporter')
    bus.onState(() => {
      throw new Error('of the listener')
    })
    await bus.connected(AbortSignal.timeout(5000))
    expect(bus.state).toBe('connected')
  })

  it('ends the waiting of those who wait when it is closed or they are aborted', async () => {
    const bus = connectBus({
      name: 'http-exporter',
      credentials: () => Promise.reject(new Error('none')),
      log: quietLog,
    })
    const abort = new AbortController()
    const [aborted, closed] = [bus.connected(abort.signal), bus.connected()]
    abort.abort(new Error('no time'))
    await expect(aborted).rejects.toThrow('no time')
    await expect(bus.connected(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
    await bus.close()
    await bus.close()
    await expect(closed).rejects.toThrow('waiting for the bus: the bus is not connected: it was closed')
    await expect(bus.connected()).rejects.toThrow(BusUnavailableError)
  })
})

describe('who the server is', () => {
  const strangerUid = 4_000_000

  it('is checked at each connection: whoever else holds the port gets nothing, and is left alone until it is ours', async () => {
    const server = await start()
    let found: number | undefined = strangerUid
    const bus = connectBus({
      name: 'http-exporter',
      credentials: readCredentials(server.dir, 'http-exporter'),
      log: quietLog,
      peerUid: () => Promise.resolve(found),
    })
    await expect
      .poll(() => bus.lastError)
      .toBe(
        `left what answers at nats://127.0.0.1:${server.port}: it belongs to user ${strangerUid}, the bus to user ${process.getuid?.()}; end the other process`,
      )
    found = undefined
    await expect.poll(() => bus.lastError).toContain('it belongs to no user that can be told')
    expect(bus.state).toBe('connecting')
    found = process.getuid?.()
    await bus.connected(AbortSignal.timeout(5000))
    await bus.close()
  })

  it('is asked of this very connection', async () => {
    const server = await start()
    const asked: unknown[] = []
    const bus = connectBus({
      name: 'http-exporter',
      credentials: readCredentials(server.dir, 'http-exporter'),
      log: quietLog,
      peerUid(ends) {
        asked.push(ends)
        return Promise.resolve(process.getuid?.())
      },
    })
    await bus.connected(AbortSignal.timeout(5000))
    // First of one that says nothing, then of this one.
    const ends = { localPort: expect.any(Number) as number, remotePort: server.port }
    expect(asked).toEqual([ends, ends])
    expect(new Set(asked.map((of) => JSON.stringify(of))).size).toBe(2)
    await bus.close()
  })

  it('is known before the key signs anything: what a stranger asks to be signed could be what our server asks', async () => {
    const server = await start()
    const file = credentialsFile(server.dir, 'http-exporter')
    const asked = 'x'.repeat(22)
    const said: string[] = []
    const stranger = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (data) => said.push(data.toString()))
      socket.write(
        `INFO {"server_id":"X","version":"2.9.10","proto":1,"headers":true,"max_payload":1048576,"auth_required":true,"nonce":"${asked}"}\r\n`,
      )
    })
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void stranger.close())
    const { port } = stranger.address() as AddressInfo
    const content = JSON.parse(await readFile(file, 'utf8')) as object
    await writeFile(file, JSON.stringify({ ...content, url: `nats://127.0.0.1:${port}` }))
    let looks = 0
    const bus = connectBus({
      name: 'http-exporter',
      credentials: readCredentials(server.dir, 'http-exporter'),
      log: quietLog,
      peerUid: () => {
        looks++
        return Promise.resolve(strangerUid)
      },
    })
    await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(2)
    expect(bus.lastError).toContain(`it belongs to user ${strangerUid}`)
    await bus.close()
    expect(said).toEqual([])
  })

  it('follows from who wrote the credentials, not from what they say', async () => {
    const server = await start()
    const file = credentialsFile(server.dir, 'http-exporter')
    const content = JSON.parse(await readFile(file, 'utf8'))
    expect(content.uid).toBe(process.getuid?.())
    await writeFile(file, JSON.stringify({ ...content, uid: strangerUid }))
    await expect(readCredentials(server.dir, 'http-exporter')()).rejects.toThrow(
      `it belongs to user ${process.getuid?.()} and speaks of a server of ${strangerUid}`,
    )
  })

  it('is left as soon as the credentials speak of another', async () => {
    const [old, now] = [await start(), await start()]
    const bus = old.consumer('http-exporter')
    await bus.connected(AbortSignal.timeout(5000))
    await writeFile(
      credentialsFile(old.dir, 'http-exporter'),
      await readFile(credentialsFile(now.dir, 'http-exporter'), 'utf8'),
    )
    await expect
      .poll(() => [bus.state, bus.url], { timeout: 5000 })
      .toEqual(['connected', now.server.credentials().url])
  })
})

describe('strangers without a key', () => {
  it.each([80, 500])('who open %i connections again and again take no place of ours', async (count) => {
    const server = await start()
    const abort = new AbortController()
    const sockets = new Set<Socket>()
    const knock = () => {
      if (abort.signal.aborted) return
      const socket = connect(server.port, '127.0.0.1')
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        setTimeout(knock, 10)
      })
    }
    for (let i = 0; i < count; i++) knock()
    await expect
      .poll(() => [...sockets].filter(({ readyState }) => readyState === 'open').length)
      .toBeGreaterThan(count / 2)
    const startedMs = performance.now()
    const bus = server.consumer('http-exporter')
    await bus.connected(AbortSignal.timeout(10_000))
    expect(performance.now() - startedMs).toBeLessThan(5000)
    abort.abort()
    for (const socket of sockets) socket.destroy()
  })
})
