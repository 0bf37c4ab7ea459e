import { type AddressInfo, createServer, Server } from 'node:net'
import { fastify } from 'fastify'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import { createListener } from './listener.ts'
import { createPlaces } from './places.ts'

describe('a port', () => {
  it('is not listened on when it is closed while it is being opened', async () => {
    const { log, messages } = keepLog()
    const listener = createListener({
      host: '127.0.0.1',
      port: 0,
      setting: 'exporters.http.hostPort',
      app: fastify(),
      places: createPlaces(),
      clock: fakeClock(),
      log,
    })
    const ending = new AbortController()
    const started = listener.start(ending.signal)
    ending.abort()
    await listener.close(0)
    await started
    expect([listener.url, messages()]).toEqual([undefined, []])
  })

  it('of all addresses is listened on where the machine has no IPv6', async () => {
    // Of such a kernel this is the answer: the one here has IPv6.
    const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server
    const kernel = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args: unknown[]) {
      const [{ host }] = args as [{ host?: string }]
      if (host !== '::') return listen.apply(this, args)
      queueMicrotask(() =>
        this.emit('error', Object.assign(new Error('listen EAFNOSUPPORT'), { code: 'EAFNOSUPPORT' })),
      )
      return this
    })
    onTestFinished(() => kernel.mockRestore())
    const { log } = keepLog()
    const listener = createListener({
      host: '::',
      port: 0,
      setting: 'exporters.http.hostPort',
      app: fastify(),
      places: createPlaces(),
      clock: fakeClock(),
      log,
    })
    const ending = new AbortController()
    await listener.start(ending.signal)
    const { url, problem } = listener
    ending.abort()
    await listener.close(0)
    expect([url, problem]).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/), ''])
  })

  it('that is taken is told with what is to be done, and no stack: nothing is wrong with this program', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void squatter.close())
    const { port } = squatter.address() as AddressInfo
    const { log, lines } = keepLog('http-exporter')
    const listener = createListener({
      host: '127.0.0.1',
      port,
      setting: 'exporters.http.hostPort',
      app: fastify(),
      places: createPlaces(),
      clock: fakeClock(),
      log,
    })
    const ending = new AbortController()
    await listener.start(ending.signal)
    ending.abort()
    await listener.close(0)
    expect(lines.map(({ timestamp: _, ...line }) => line)).toEqual([
      {
        level: 'warn',
        component: 'http-exporter',
        message: 'port is not served, trying again',
        code: 'EADDRINUSE',
        reason: listener.problem,
      },
    ])
    expect(listener.problem).toBe(
      `cannot listen on 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}; end the program that uses it, or set exporters.http.hostPort to a free port`,
    )
  })
})
