import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { GetStatusResponse } from '#proto/nodedoctor/v1/exporter.ts'
import { createExporterRpc, serveUnix } from '#rpc'
import { freePort } from '../../../libs/bus/testing.ts'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { configOf } from '../settings.ts'
import { runDirOfTests } from '../testing-run-dir.ts'
import { type PortStatus, portsOf, portWords, unservedPorts, whenRefused } from './ports.ts'

const place = runDirOfTests()

const PAGE = { key: 'exporters.http.hostPort', address: '127.0.0.1', port: 8080, url: 'http://127.0.0.1:8080/' }
const METRICS = {
  key: 'exporters.prometheus.port',
  address: '127.0.0.1',
  port: 9100,
  url: 'http://127.0.0.1:9100/metrics',
}
const TAKEN =
  'cannot listen on 127.0.0.1:8080: listen EADDRINUSE: address already in use 127.0.0.1:8080; end the program that uses it, or set exporters.http.hostPort to a free port'

/** An exporter that says this of itself, whatever it becomes. */
async function exporter(status: () => Partial<PortStatus>): Promise<string> {
  const path = join(place.dir, 'http-exporter.sock')
  const server = await serveUnix({
    path,
    services: [createExporterRpc(() => GetStatusResponse.fromPartial(status() as object))],
    serving: () => true,
  })
  onTestFinished(() => server.close(0))
  return path
}

describe('what up says of a port', () => {
  it('is nothing where it is served', () => {
    const status = { endpoints: ['http://127.0.0.1:8080/'], lastError: 'waiting for the bus for 3 s' }
    expect(portWords(PAGE, status, undefined)).toBe('')
  })

  it('is who has it, and how another is set', () => {
    const status = { endpoints: ['http://127.0.0.1:9100/'], lastError: TAKEN }
    expect(portWords(PAGE, status, 'nginx (pid 4711)')).toBe(
      'is not served by Node Doctor: nginx (pid 4711) listens on port 8080; end it, or take another port: --set exporters.http.hostPort=PORT',
    )
    expect(portWords(PAGE, status, undefined)).toBe(
      'is not served by Node Doctor: another program listens on port 8080; end it, or take another port: --set exporters.http.hostPort=PORT',
    )
    expect(portWords(METRICS, status, undefined)).toBe('')
  })

  it('is told of the second one too, of which the exporter says nothing', () => {
    expect(portWords(METRICS, { endpoints: [], lastError: TAKEN }, 'prometheus (pid 7)')).toBe(
      'is not served by Node Doctor: prometheus (pid 7) listens on port 9100; end it, or take another port: --set exporters.prometheus.port=PORT',
    )
  })

  it('is any other reason in the words of the exporter', () => {
    const lastError =
      'cannot listen on 127.0.0.1:80: listen EACCES: permission denied 127.0.0.1:80; a port below 1024 needs CAP_NET_BIND_SERVICE; set exporters.http.hostPort to another'
    expect(portWords({ ...PAGE, port: 80 }, { endpoints: [], lastError }, undefined)).toBe(
      `is not served: ${lastError}`,
    )
    expect(portWords(PAGE, { endpoints: [], lastError: '' }, undefined)).toBe(
      'is not served yet; the lines of http-exporter with --verbose say why',
    )
    expect(portWords(PAGE, new Error('no socket\u001b[2J'), undefined)).toBe(
      'may not be served: http-exporter does not answer (no socket[2J); its lines with --verbose say why',
    )
  })

  it('is found out of the exporter and of the machine', async () => {
    const port = await freePort()
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
    onTestFinished(() => void squatter.close())
    const set = [`exporters.http.hostPort=${port}`, 'exporters.prometheus.enabled=true']
    const ports = portsOf(await configOf({ 'run-dir': place.dir, set }))
    const socket = await exporter(() => ({ endpoints: ['http://127.0.0.1:9100/'], lastError: 'not ready' }))
    const words = await unservedPorts(ports, { socket, clock: systemClock(), own: [] })
    expect([...words]).toEqual([
      ['exporters.http.hostPort', expect.stringContaining(`(pid ${process.pid}) listens on port ${port}; end it, or `)],
    ])
    const own = await unservedPorts(ports, { socket, clock: systemClock(), own: [process.pid] })
    expect([...own]).toEqual([
      ['exporters.http.hostPort', 'is not served yet; the lines of http-exporter with --verbose say why'],
    ])
  })
})

describe('an exporter that cannot listen', () => {
  it('is waited for until it says so twice, and not where the port is free the next time', async () => {
    const words = [TAKEN, '', TAKEN, TAKEN]
    const asked: string[] = []
    const socket = await exporter(() => {
      const lastError = words[asked.length] ?? ''
      asked.push(lastError)
      return { endpoints: [], lastError }
    })
    const clock = fakeClock()
    const { signal } = new AbortController()
    const told = whenRefused({ page: PAGE, prometheus: undefined }, socket, { clock, signal })
    for (let times = 1; times <= words.length; times++) {
      await expect.poll(() => [asked.length, clock.sleeping], { interval: 5, timeout: 10_000 }).toEqual([times, 1])
      await clock.advance(500)
    }
    await told
    expect(asked).toEqual(words)
  })
})
