import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { askNameserver } from './ask-nameserver.ts'
import { type AnswerParts, answerTo, rawAnswer } from './testing-message.ts'
import { ask, askFor, startOwn } from './testing-nameservers.ts'

const ONE: AnswerParts = { answers: [{ type: 'A', name: 'a.example', ttl: 60, data: '192.0.2.1' }], edns: true }

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(id & 0xffff, 0)
  return copy
}

describe('a nameserver that lies', () => {
  it('with a wrong id, a wrong question, for another name, or with no answer at all is not listened to', async () => {
    await using server = await startOwn({
      udp(query, from, socket) {
        const right = answerTo(query, ONE)
        const lies = [
          withId(right, query.readUInt16BE(0) + 1),
          Buffer.from(right.toString('latin1').replace('example', 'exbmple'), 'latin1'),
          query,
          Buffer.from('rubbish'),
          Buffer.alloc(0),
        ]
        for (const message of [...lies, right]) socket.send(message, from.port, from.address)
      },
    })
    expect(await askFor(server.place, 'a.example')).toMatchObject({
      ok: true,
      strangers: 5,
      answer: { addresses: ['192.0.2.1'] },
    })
  })

  it('and says nothing else is silent, and how often it lied is said', async () => {
    await using server = await startOwn({
      udp: (query, from, socket) => {
        for (let n = 1; n <= 2; n++)
          socket.send(withId(answerTo(query, ONE), query.readUInt16BE(0) + n), from.port, from.address)
      },
    })
    const { address, port } = server.place
    expect(await askFor(server.place, 'a.example', { timeoutMs: 200 })).toMatchObject({
      ok: false,
      strangers: 2,
      failure: {
        kind: 'timeout',
        message: `no answer from ${address}:${port} over UDP within 200 ms; 2 other messages from there were ignored`,
      },
    })
  })

  it('from another port or address is not heard', async () => {
    const others = [createSocket('udp4'), createSocket('udp4')]
    try {
      await Promise.all(
        others.map((socket, index) => new Promise<void>((bound) => socket.bind(0, `127.0.0.${index + 1}`, bound))),
      )
      await using server = await startOwn({
        udp: (query, from) => {
          for (const socket of others) socket.send(answerTo(query, ONE), from.port, from.address)
        },
      })
      const probed = await askFor(server.place, 'a.example', { timeoutMs: 200 })
      expect(probed).toMatchObject({ ok: false, strangers: 0, failure: { kind: 'timeout' } })
    } finally {
      for (const socket of others) socket.close()
    }
  })

  it.each(['udp', 'tcp'] as const)('over %s without end is not listened to for long', async (protocol) => {
    const lie = Buffer.alloc(4)
    let isOver = false
    await using server = await startOwn({
      udp(_, from, socket) {
        const next = (): void => {
          if (!isOver) socket.send(lie, from.port, from.address, () => setImmediate(next))
        }
        for (let n = 0; n < 100; n++) next()
      },
      tcp(_, socket) {
        const lies = Buffer.concat(Array.from({ length: 10_000 }, () => framed(lie)))
        const more = (): void => {
          while (!socket.destroyed && socket.write(lies));
        }
        socket.on('drain', more)
        more()
      },
    })
    const { address, port } = server.place
    const probed = await askFor(server.place, 'a.example', { protocol, timeoutMs: 60_000 })
    isOver = true
    expect(probed).toMatchObject({
      ok: false,
      failure: {
        kind: 'malformed',
        message: `more than 10000 messages from ${address}:${port} over ${protocol.toUpperCase()}, and none is an answer`,
      },
    })
  })

  it('with a message that is none is said to', async () => {
    await using server = await startOwn({
      udp: (query, from, socket) => socket.send(rawAnswer(query, [], 9), from.port, from.address),
    })
    const { address, port } = server.place
    expect(await askFor(server.place, 'a.example')).toMatchObject({
      ok: false,
      failure: {
        kind: 'malformed',
        code: 'DNS_MALFORMED',
        message: `no DNS message in the answer of ${address}:${port} over UDP: it ends within a name`,
      },
    })
  })
})

describe('a nameserver that knows no EDNS', () => {
  it.each(['head alone', 'whole'])('is asked again without: FORMERR, %s', async (how) => {
    await using server = await startOwn({
      udp: (query, from, socket) => {
        const refusal = answerTo(query, { rcode: 1 })
        if (how === 'head alone') refusal.writeUInt16BE(0, 4)
        const bytes = how === 'head alone' ? refusal.subarray(0, 12) : refusal
        const isPlain = query.readUInt16BE(10) === 0
        socket.send(isPlain ? answerTo(query, { ...ONE, edns: false }) : bytes, from.port, from.address)
      },
    })
    expect(await askFor(server.place, 'a.example')).toMatchObject({
      ok: true,
      answer: { rcode: 'NOERROR', edns: false, addresses: ['192.0.2.1'] },
    })
    expect(server.queries.map((query) => query.readUInt16BE(10))).toEqual([1, 0])
    expect(server.queries[0]?.readUInt16BE(0)).not.toBe(server.queries[1]?.readUInt16BE(0))
  })

  it('may be asked without, where a firewall swallows questions with it', async () => {
    await using server = await startOwn({
      udp: (query, from, socket) => {
        const isPlain = query.readUInt16BE(10) === 0
        if (isPlain) socket.send(answerTo(query, { ...ONE, edns: false }), from.port, from.address)
      },
    })
    expect(await askFor(server.place, 'a.example', { timeoutMs: 200 })).toMatchObject({ failure: { kind: 'timeout' } })
    expect(await askFor(server.place, 'a.example', { edns: false })).toMatchObject({
      ok: true,
      answer: { edns: false },
    })
  })

  it('is not one that says FORMERR with a word of EDNS, or twice', async () => {
    await using server = await startOwn({
      udp: (query, from, socket) => socket.send(answerTo(query, { rcode: 1, edns: true }), from.port, from.address),
      tcp: (query, socket) => socket.end(framed(answerTo(query, { rcode: 1 }))),
    })
    expect(await askFor(server.place, 'a.example')).toMatchObject({ answer: { rcode: 'FORMERR', edns: true } })
    expect(server.queries).toHaveLength(1)
    expect(await askFor(server.place, 'a.example', { protocol: 'tcp' })).toMatchObject({ answer: { rcode: 'FORMERR' } })
    expect(server.queries).toHaveLength(3)
    expect(await askFor(server.place, 'a.example', { protocol: 'tcp', edns: false })).toMatchObject({
      answer: { rcode: 'FORMERR' },
    })
    expect(server.queries).toHaveLength(4)
  })
})

describe('over TCP', () => {
  it('an answer that trickles, behind others, is read', async () => {
    await using server = await startOwn({
      tcp: (query, socket) => {
        socket.setNoDelay(true)
        const right = answerTo(query, ONE)
        const bytes = Buffer.concat([
          framed(withId(right, query.readUInt16BE(0) + 1)),
          framed(Buffer.alloc(0)),
          framed(right),
        ])
        const next = (at: number): void =>
          void socket.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1))
        next(0)
      },
    })
    expect(await askFor(server.place, 'a.example', { protocol: 'tcp' })).toMatchObject({
      ok: true,
      strangers: 2,
      answer: { addresses: ['192.0.2.1'], protocol: 'tcp' },
    })
  })

  it.each([
    ['without an answer', 'reset', 0],
    ['after half a length', 'malformed', 1],
    ['after 10 of 63 bytes of an answer', 'malformed', 12],
  ] as const)('a connection that is closed %s is none', async (text, kind, sentBytes) => {
    await using server = await startOwn({
      tcp: (query, socket) => socket.end(framed(answerTo(query, ONE)).subarray(0, sentBytes)),
    })
    const { address, port } = server.place
    expect(await askFor(server.place, 'a.example', { protocol: 'tcp' })).toMatchObject({
      ok: false,
      failure: { kind, message: `${address}:${port} over TCP closed the connection ${text}` },
    })
  })

  it('half an answer and then nothing is late', async () => {
    await using server = await startOwn({
      tcp: (query, socket) => socket.write(framed(answerTo(query, ONE)).subarray(0, 20)),
    })
    const { address, port } = server.place
    expect(await askFor(server.place, 'a.example', { protocol: 'tcp', timeoutMs: 300 })).toMatchObject({
      failure: {
        kind: 'timeout',
        message: `no answer from ${address}:${port} over TCP within 300 ms; 18 of 63 bytes of an answer came`,
      },
    })
  })

  it('an answer of 65,535 bytes is read', async () => {
    const answers = Array.from({ length: 2000 }, () => ({ type: 'A', name: 'a.example', data: '192.0.2.9' }) as const)
    await using server = await startOwn({
      tcp: (query, socket) => {
        const message = answerTo(query, { answers })
        socket.write(framed(Buffer.concat([message, Buffer.alloc(65_535 - message.length)])))
      },
    })
    expect(await askFor(server.place, 'a.example', { protocol: 'tcp' })).toMatchObject({
      answer: { sizeBytes: 65_535 },
    })
  })
})

describe('a question', () => {
  it.each(['udp', 'tcp'] as const)('over %s to a closed port is refused', async (protocol) => {
    const server = await startOwn({})
    await server[Symbol.asyncDispose]()
    const { address, port } = server.place
    expect(await askFor(server.place, 'a.example', { protocol })).toMatchObject({
      failure: {
        kind: 'refused',
        code: 'ECONNREFUSED',
        message: `connection refused at ${address}:${port} over ${protocol.toUpperCase()}`,
      },
    })
  })

  it('to what is no address, or for what is no name, is not sent', async () => {
    await using server = await startOwn({})
    const place = { address: 'dns.example', port: 53 }
    expect(await askFor(place, 'a.example')).toMatchObject({
      failure: { kind: 'local', message: 'not an address that can be asked from here: dns.example:53 over UDP' },
    })
    for (const name of ['', 'a..b', 'ä.example', 'x'.repeat(64), 'a b', `${'a.'.repeat(127)}b`, 'a\\.b']) {
      const message = `not a name that can be asked for: ${JSON.stringify(name)}`
      expect(await askFor(server.place, name)).toMatchObject({ failure: { kind: 'name', message } })
    }
    expect(server.queries).toEqual([])
  })

  it.each(['udp', 'tcp'] as const)('over %s ends with its signal', async (protocol) => {
    await using server = await startOwn({})
    const abort = new AbortController()
    const probed = askNameserver(ask(10_000, abort.signal), server.place, protocol, { name: 'a', type: 'A' })
    await expect.poll(() => server.queries).toHaveLength(1)
    abort.abort(new Error('stopped'))
    await expect(probed).rejects.toThrow('stopped')
    await expect(
      askNameserver(ask(10, abort.signal), server.place, protocol, { name: 'a', type: 'A' }),
    ).rejects.toThrow('stopped')
  })

  it('that finds no file free fails, and hangs nobody', () => {
    const script = `import { openSync } from 'node:fs'
      import { systemClock } from '#clock'
      import { askNameserver, createStopwatch } from '#probe'
      const clock = systemClock()
      const ask = { clock, stopwatch: createStopwatch(clock), timeoutMs: 5000, signal: new AbortController().signal }
      const both = () => Promise.all(['udp', 'tcp'].map((protocol) =>
        askNameserver(ask, { address: '127.0.0.1', port: 1 }, protocol, { name: 'a', type: 'A' })))
      await both()
      try { for (;;) openSync('/dev/null') } catch {}
      process.exitCode = (await both()).every(({ failure }) => failure.code === 'EMFILE' && failure.kind === 'local') ? 0 : 1`
    const inFew = ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, script]
    expect(spawnSync('sh', inFew, { cwd: new URL('../../..', import.meta.url), timeout: 30_000 })).toMatchObject({
      status: 0,
    })
  })

  const links = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap((one) =>
      one.family === 'IPv6' && one.scopeid !== 0 ? [[one.address, name, one.scopeid] as const] : [],
    ),
  )
  it.skipIf(links.length === 0)('goes to a link-local address, by the name of its link and by its number', async () => {
    const [[plain, name, scope] = ['', '', 0]] = links
    await using server = await startOwn(
      { udp: (query, from, socket) => socket.send(answerTo(query, ONE), from.port, from.address) },
      '::',
    )
    for (const zone of [name, scope]) {
      const place = { address: `${plain}%${zone}`, port: server.place.port }
      expect(await askFor(place, 'a.example')).toMatchObject({ ok: true, answer: { addresses: ['192.0.2.1'] } })
    }
    const nowhere = { address: `${plain}%4711`, port: server.place.port }
    expect(await askFor(nowhere, 'a.example')).toMatchObject({ failure: { kind: 'local', code: 'EINVAL' } })
  })

  it('has another id and another port each time', async () => {
    const ports = new Set<number>()
    await using server = await startOwn({
      udp: (query, from, socket) => {
        ports.add(from.port)
        socket.send(answerTo(query, ONE), from.port, from.address)
      },
    })
    for (let n = 0; n < 20; n++) await askFor(server.place, 'a.example')
    expect(new Set(server.queries.map((query) => query.readUInt16BE(0))).size).toBeGreaterThan(15)
    expect(ports.size).toBeGreaterThan(15)
  })
})
