import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { probeTcp } from '../index.ts'
import { type Asker, type Networks, startNetworks, whyNoNetworks } from '../ping/testing-networks.ts'
import { createStopwatch } from '../stopwatch.ts'

const clock = systemClock()
const ask = (timeoutMs = 5000) => ({
  clock,
  stopwatch: createStopwatch(clock),
  timeoutMs,
  signal: new AbortController().signal,
})

describe('a place', () => {
  it('is connected to, told nothing, and left', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const port = (server.address() as { port: number }).port
    const told = once(server, 'connection').then(async ([socket]) => {
      let bytes = 0
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      await once(socket, 'end')
      return bytes
    })
    expect(await probeTcp(ask(), { address: '127.0.0.1', port })).toMatchObject({
      ok: true,
      answer: { from: '127.0.0.1' },
    })
    expect(await told).toBe(0)
  })

  it('is an address: a name is a fault of the caller', () => {
    expect(() => probeTcp(ask(), { address: 'localhost', port: 80 })).toThrow(
      'localhost is no address of IPv4 or IPv6; resolve the name before',
    )
    expect(() => probeTcp(ask(), { address: '127.0.0.1', port: 0 })).toThrow('0 is no port')
  })
})

describe.skipIf(whyNoNetworks() !== '')(`a place in another network ${whyNoNetworks()}`, () => {
  let networks: Networks
  let asker: Asker
  beforeAll(async () => {
    networks = await startNetworks()
    asker = await networks.asker('raw')
  })
  afterAll(() => networks?.close())
  const tcp = (address: string, timeoutMs = 5000, port = 7000) =>
    asker.ask({ kind: 'tcp', timeoutMs, place: { address, port } })

  it.each(['10.77.0.2', 'fe80::2%wire'])('refuses: %s', async (address) => {
    const place = address.includes(':') ? `[${address}]:7000` : `${address}:7000`
    expect(await tcp(address)).toMatchObject({
      ok: false,
      failure: { kind: 'refused', code: 'ECONNREFUSED', message: `connection refused at ${place}` },
    })
  })

  it('is not there', async () => {
    expect(await tcp('10.77.0.9')).toMatchObject({
      ok: false,
      failure: { kind: 'unreachable', code: 'EHOSTUNREACH', message: 'host unreachable at 10.77.0.9:7000' },
    })
    expect(await tcp('192.0.2.1')).toMatchObject({
      ok: false,
      failure: { kind: 'unreachable', code: 'ENETUNREACH', message: 'no route at 192.0.2.1:7000' },
    })
  })

  it('says nothing', async () => {
    networks.far('iptables', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP')
    onTestFinished(() => void networks.far('iptables', '-F'))
    expect(await tcp('10.77.0.2', 200)).toMatchObject({
      ok: false,
      failure: { kind: 'timeout', message: 'no answer from 10.77.0.2:7000 within 200 ms' },
    })
  })

  it('may not be asked', async () => {
    networks.near('iptables', '-A', 'OUTPUT', '-p', 'tcp', '-j', 'REJECT', '--reject-with', 'icmp-admin-prohibited')
    onTestFinished(() => void networks.near('iptables', '-F'))
    expect(await tcp('10.77.0.2')).toMatchObject({
      ok: false,
      failure: { kind: expect.stringMatching(/denied|unreachable/) },
    })
  })

  // The kernel does it once: a second try would be well.
  it('is not there, though a connection to itself can be had', { retry: 0 }, async () => {
    networks.near('sh', '-c', 'echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range')
    const kinds = new Set<string>()
    for (let times = 0; times < 10; times++) {
      const probed = await tcp('127.0.0.1', 5000, 40_000)
      kinds.add(probed.ok ? 'connected' : probed.failure.kind)
    }
    expect([...kinds]).toEqual(['refused'])
  })

  it('cannot be asked where no port of our own is left', async () => {
    networks.near('sh', '-c', 'echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range')
    networks.far('iptables', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP')
    onTestFinished(() => void networks.far('iptables', '-F'))
    const all = await Promise.all([tcp('10.77.0.2', 300), tcp('10.77.0.2', 300), tcp('10.77.0.2', 300)])
    expect(all.filter((probed) => !probed.ok && probed.failure.kind === 'local')).toMatchObject([
      { failure: { code: 'EADDRNOTAVAIL', message: 'no own address or port left to ask from at 10.77.0.2:7000' } },
    ])
  })
})
