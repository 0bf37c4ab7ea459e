import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { HealthService } from '#proto/grpc/health/v1/health.ts'
import { type DetectorServer, DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix, serveUnix } from '#rpc'
import { closedDoor } from './bus-way.ts'
import { defineService } from './define.ts'
import { createHostedService } from './host-service.ts'
import type { AnyDefinition } from './hosted-turn.ts'
import { keepLog, minimalConfig } from './testing.ts'
import type { Service, ServiceContext } from './types.ts'

let runDir = ''
beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'nd-svc-'))
})
afterEach(() => rm(runDir, { recursive: true, force: true }))

function service(more: Partial<Service> = {}): Service {
  return {
    rpc: [],
    start: () => Promise.resolve(),
    readiness: () => ({ ready: true, reason: '' }),
    stop: () => Promise.resolve(),
    ...more,
  }
}

function define(create: (context: ServiceContext<string>) => Service, drainDeadlineMs = 200): AnyDefinition {
  return defineService({
    name: 'part',
    description: 'a part under test',
    drainDeadlineMs,
    config: ({ settings }) => settings.nodeName,
    create,
  })
}

function host(definition: AnyDefinition, alone = true, clock = systemClock()) {
  const kept = keepLog('part')
  const stop = new AbortController()
  const ran = createHostedService(definition, {
    version: '1.2.3',
    config: minimalConfig({ runDir }),
    host: createHost({ root: '' }),
    clock,
    log: kept.log,
    alone,
    bus: closedDoor,
  }).run(stop.signal)
  ran.catch(() => undefined)
  const said = (message: string, times = 1) =>
    expect
      .poll(() => kept.messages().filter((other) => other === message).length, { timeout: 5000 })
      .toBeGreaterThanOrEqual(times)
  return { ...kept, stop, ran, said, socket: join(runDir, 'part', 'part.sock') }
}

function health(socket: string): Promise<number> {
  const client = connectUnix(socket)
  return client
    .call(HealthService.check, { service: '' }, { timeoutMs: 2000 })
    .then(({ status }) => status)
    .finally(client.close)
}

describe('a hosted service', () => {
  it('gets its slice of the configuration, is served, and ends in order without leaving its socket', async () => {
    let seen: unknown
    const hosted = host(
      define((context) => {
        seen = [context.name, context.version, context.config, context.runDir]
        return service()
      }),
    )
    await hosted.said('service ready')
    expect(seen).toEqual(['part', '1.2.3', 'test-node', runDir])
    expect(await health(hosted.socket)).toBe(1)
    await stat(join(runDir, 'part', 'alive'))
    await expect
      .poll(() =>
        stat(join(runDir, 'part', 'ready')).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    hosted.stop.abort()
    await hosted.ran
    expect(hosted.messages()).toEqual([
      'service created',
      'service starting',
      'service running',
      'service ready',
      'service draining',
      'service stopped',
    ])
    await expect(stat(hosted.socket)).rejects.toThrow('ENOENT')
  })

  it('has a file while it is ready, and none when it is not, whatever an earlier one left', async () => {
    let ready = false
    await mkdir(join(runDir, 'part'))
    await writeFile(join(runDir, 'part', 'ready'), '')
    let changed = (): void => undefined
    const hosted = host(
      define(({ readinessChanged }) => {
        changed = readinessChanged ?? changed
        return service({ readiness: () => ({ ready, reason: 'not yet' }) })
      }),
    )
    const there = () =>
      stat(join(runDir, 'part', 'ready')).then(
        () => true,
        () => false,
      )
    await hosted.said('service running')
    await expect.poll(there).toBe(false)
    ready = true
    await expect.poll(there).toBe(true)
    ready = false
    changed()
    await expect.poll(there).toBe(false)
    ready = true
    await expect.poll(there).toBe(true)
    hosted.stop.abort()
    await hosted.ran
    expect(await there()).toBe(false)
  })

  it('serves health as it is ready, and says why when it is not', async () => {
    let ready = false
    const hosted = host(define(() => service({ readiness: () => ({ ready, reason: 'waiting for the bus' }) })))
    await hosted.said('service running')
    expect(await health(hosted.socket)).toBe(2)
    ready = true
    expect(await health(hosted.socket)).toBe(1)
    ready = false
    expect(await health(hosted.socket)).toBe(2)
    expect(hosted.lines.find(({ message }) => message === 'service not ready')).toMatchObject({
      reason: 'waiting for the bus',
    })
    hosted.stop.abort()
    await hosted.ran
  })

  it('that hangs when it is to stop is given up in its time, without a processor too', async () => {
    const began = performance.now()
    const starvation = () => ({
      livedMs: performance.now(),
      activeMs: performance.now(),
      starvedMs: 0.99 * (performance.now() - began),
    })
    const hung = define(() => service({ stop: () => new Promise(() => undefined) }))
    const hosted = host(hung, true, { ...systemClock(), starvation })
    await hosted.said('service ready')
    hosted.stop.abort()
    await expect(Promise.race([hosted.ran, systemClock().sleep(1500)])).rejects.toThrow('did not stop within 200 ms')
  })

  it('takes no calls before it has started and none while it drains', async () => {
    const started = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    const implementation = {
      getNode: (_call: unknown, callback: (err: null, value: object) => void) => callback(null, {}),
    }
    const rpc = [{ definition: DetectorService, implementation: implementation as unknown as DetectorServer }]
    const hosted = host(define(() => service({ rpc, start: () => started.promise, stop: () => stopped.promise }), 5000))
    await hosted.said('service starting')
    const client = connectUnix(hosted.socket)
    await client.connected(AbortSignal.timeout(5000))
    const call = () =>
      client.call(DetectorService.getNode, {}).then(
        () => 'answered',
        (err: Error) => err.message,
      )
    expect(await call()).toContain('UNAVAILABLE: part is starting')
    started.resolve()
    await hosted.said('service ready')
    expect(await call()).toBe('answered')
    hosted.stop.abort()
    await hosted.said('service draining')
    expect(await call()).toContain('UNAVAILABLE: part is draining')
    stopped.resolve()
    await hosted.ran
    client.close()
  })

  it('that is asked to stop while it starts does not wait for the start', async () => {
    const hosted = host(define(() => service({ start: () => new Promise(() => undefined) })))
    await hosted.said('service starting')
    hosted.stop.abort()
    await hosted.ran
    expect(hosted.messages().slice(-2)).toEqual(['service draining', 'service stopped'])
  })

  it('that does not stop within its deadline fails, and says so', async () => {
    const hosted = host(define(() => service({ stop: () => new Promise(() => undefined) }), 50))
    await hosted.said('service ready')
    hosted.stop.abort()
    await expect(hosted.ran).rejects.toThrow('part did not stop within 50 ms')
    expect(hosted.messages().at(-1)).toBe('service failed')
  })

  it.each([
    [
      'when it is made',
      () => {
        throw new Error('no disk')
      },
    ],
    ['when it starts', () => service({ start: () => Promise.reject(new Error('no disk')) })],
    ['later', () => service({ failure: Promise.resolve(new Error('no disk')) })],
  ] as [string, () => Service][])('alone, that fails %s, fails its process with that', async (_when, create) => {
    const hosted = host(define(create))
    await expect(hosted.ran).rejects.toThrow('no disk')
    expect(hosted.lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'service failed',
      err: { message: 'no disk' },
    })
    await expect(stat(hosted.socket)).rejects.toThrow('ENOENT')
  })

  it('among others, that fails, is made and started again', async () => {
    let made = 0
    const hosted = host(
      define(() => {
        made++
        return service(made < 3 ? { start: () => Promise.reject(new Error('not yet')) } : {})
      }),
      false,
    )
    await hosted.said('service ready')
    expect(made).toBe(3)
    expect(hosted.messages().filter((message) => message === 'service starts again')).toHaveLength(2)
    hosted.stop.abort()
    await hosted.ran
  })

  it('keeps its first failure when stopping fails too', async () => {
    const hosted = host(
      define(() =>
        service({
          start: () => Promise.reject(new Error('first')),
          stop: () => Promise.reject(new Error('second')),
        }),
      ),
    )
    await expect(hosted.ran).rejects.toThrow('first')
    expect(hosted.lines.find(({ level }) => level === 'warn')).toMatchObject({ err: { message: 'second' } })
  })

  it('is refused when another one has its socket, before it was started', async () => {
    const socket = join(runDir, 'part', 'part.sock')
    const other = await serveUnix({ path: socket, services: [], serving: () => true })
    let starts = 0
    const start = () => {
      starts++
      return Promise.resolve()
    }
    const hosted = host(define(() => service({ start })))
    await expect(hosted.ran).rejects.toThrow('another process answers there')
    expect(starts).toBe(0)
    await stat(socket)
    await other.close(0)
  })

  it('stops for good when it asks for that itself', async () => {
    let ask = (_reason: string): void => undefined
    const hosted = host(
      define((context) => {
        ask = context.requestStop ?? ask
        return service()
      }),
      false,
    )
    await hosted.said('service ready')
    ask('over the socket')
    await hosted.ran
    expect(hosted.messages().at(-1)).toBe('service stopped')
  })
})
