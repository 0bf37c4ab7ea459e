import { mkdir, rename } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import type { PluginEntry } from '#config'
import { conditionKey, type MonitorConnection } from '#model'
import {
  type ExternalMonitorServer,
  ExternalMonitorService,
  MonitorMetadata,
  Status,
} from '#proto/npd/external/v1/external_monitor.ts'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { type Bench, condition, createBench, pluginAt, polled } from './testing.ts'

const POLL = { timeout: 15_000, interval: 20 }

function connectionOf(bench: Bench, name = 'p'): MonitorConnection | undefined {
  return bench.engine.state.monitors.get(name)?.connection
}

function asked(more: Partial<PluginEntry> = {}) {
  return { plugins: (dir: string) => [pluginAt('p', join(dir, 'x', 'p.sock'), more)] }
}

function numbered(
  numbers: number[],
  answer: () => Partial<Status> | undefined,
  metadata: Partial<MonitorMetadata> = {},
) {
  const implementation: ExternalMonitorServer = {
    checkHealth({ request }, callback) {
      numbers.push(request.sequence)
      const said = answer()
      if (said === undefined) callback({ code: 2, details: 'ill' })
      else callback(null, Status.fromPartial(said))
    },
    getMetadata: (_call, callback) => callback(null, MonitorMetadata.fromPartial({ name: 'p', ...metadata })),
    stop: (_call, callback) => callback(null, {}),
  }
  return { definition: ExternalMonitorService, implementation }
}

describe.concurrent('a plug-in that is polled', () => {
  it('is asked with numbers that count over failures, connections and another way of asking it', async ({ expect }) => {
    const numbers: number[] = []
    await using bench = await createBench(
      asked({ retryPolicy: { ...pluginAt('p', '').retryPolicy, initialBackoffMs: 100 } }),
    )
    let calls = 0
    const service = numbered(numbers, () => (calls++ === 1 ? undefined : { conditions: [condition('Hot')] }))
    const server = await bench.serve('x/p.sock', [service])
    await expect.poll(() => numbers.length, POLL).toBeGreaterThanOrEqual(3)
    await server.close(0)
    const before = numbers.length
    await bench.serve('x/p.sock', [service])
    await expect.poll(() => numbers.length, POLL).toBeGreaterThan(before)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    const connected = () => bench.lines.filter((line) => line.includes('"Connected to external monitor"'))
    await expect.poll(() => connected().length, POLL).toBe(2)
    const [line = '{}'] = bench.lines.filter((text) => text.includes('Connected to external monitor'))
    expect(JSON.parse(line)).toMatchObject({
      monitor: 'p',
      socket: join(bench.dir, 'x/p.sock'),
      version: '',
      apiVersion: '',
    })
  }, 30_000)

  it('has one connection in its log however often it is asked, and none beside it', async ({ expect }) => {
    await using bench = await createBench(asked({ intervalMs: 5000 }))
    const server = await bench.serve('x/p.sock', [polled(() => ({ conditions: [condition('Hot')] }))])
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('serving')
    const gone = performance.now()
    await server.close(0)
    // Long before it is asked again.
    await expect.poll(() => connectionOf(bench)?.state, POLL).not.toBe('serving')
    expect(performance.now() - gone).toBeLessThan(3000)
    await bench.serve('x/p.sock', [polled(() => ({ conditions: [condition('Hot')] }))])
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('serving')
    expect(performance.now() - gone).toBeLessThan(4500)
    expect(bench.problem('MonitorUnreachable')).toBeUndefined()
  }, 30_000)

  it('is asked at once for who wants a look of it, which counts, and whose row of looks no asking shortens', async ({
    expect,
  }) => {
    await using bench = await createBench(asked({ intervalMs: 600_000 }))
    const answers: (Partial<Status> | 'hang' | Error)[] = [{ conditions: [condition('Hot')] }]
    let questions = 0
    await bench.serve('x/p.sock', [
      polled(() => {
        questions++
        return answers.at(-1) ?? {}
      }),
    ])
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('serving')
    answers.push({ conditions: [condition('Hot', true)] })
    const { report } = await bench.fleet.check('p', 'p', 1000)!
    expect(report?.observations).toMatchObject([{ type: 'Hot', asked: true }])
    expect(report?.runs).toMatchObject([{ check: 'p', intervalMs: 600_000 }])
    expect((report?.runs[0]?.next?.getTime() ?? 0) - Date.parse(String(report?.time))).toBeGreaterThan(500_000)
    expect(bench.problem('Hot')).toBe('as it is')
    answers.push({ conditions: [condition('Hot')] })
    for (const name of ['p', '', 'p']) await bench.fleet.check('p', name, 5000)
    expect(bench.problem('Hot')).toBe('as it is')
    expect(bench.engine.state.conditions.get(conditionKey('Hot', ''))).toMatchObject({ held: 'unproven' })
    // What an answer leaves out that somebody asked for is not on its way to be forgotten.
    answers.push({ conditions: [] })
    const before = questions
    await Promise.all(Array.from({ length: 6 }, async () => bench.fleet.check('p', 'p', 5000)))
    expect(questions).toBe(before + 1)
    for (let at = 0; at < 4; at++) await bench.fleet.check('p', 'p', 5000)
    expect(bench.engine.state.conditions.get(conditionKey('Hot', ''))).toMatchObject({ reason: 'Sick' })
    await expect(bench.fleet.check('p', 'q', 1000)).rejects.toThrow(
      'p speaks npd.external.v1, in which it is one check, p; there is no "q"',
    )
  }, 30_000)

  it('that has failed is asked by its policy alone, whoever wants a look of it', async ({ expect }) => {
    await using bench = await createBench(asked({ intervalMs: 1000 }))
    let questions = 0
    let said: Partial<Status> | Error = { conditions: [condition('Hot')] }
    await bench.serve('x/p.sock', [
      polled(() => {
        questions++
        return said
      }),
    ])
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('serving')
    said = new Error('ill')
    await expect.poll(() => connectionOf(bench)?.state, POLL).not.toBe('serving')
    const before = questions
    const wanted = Array.from({ length: 20 }, () => bench.fleet.check('p', 'p', 1000))
    for (const one of wanted)
      await expect(one).rejects.toThrow('it has failed, and is asked again when its retryPolicy says so')
    expect(questions - before).toBeLessThanOrEqual(1)
  }, 30_000)

  it('that takes connections and answers nothing is asked at most twenty times in ten minutes', async ({ expect }) => {
    const clock = fakeClock()
    await using bench = await createBench({ ...asked({ intervalMs: 30_000, timeoutMs: 10_000 }), clock })
    let questions = 0
    const hung = numbered([], () => ({}))
    const implementation: ExternalMonitorServer = {
      ...hung.implementation,
      checkHealth: () => void questions++,
      getMetadata: () => void questions++,
    }
    await bench.serve('x/p.sock', [{ definition: ExternalMonitorService, implementation }])
    for (let s = 0; s < 1200; s++) {
      await clock.advance(500)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(questions).toBeGreaterThan(5)
    expect(questions).toBeLessThanOrEqual(20)
    expect(connectionOf(bench)).toMatchObject({ state: 'lost', why: 'CheckHealth was not answered within 10 s' })
    const lost = bench.changes.flatMap((change) => (change.kind === 'event' ? [change.value] : []))
    expect(lost.filter(({ reason }) => reason === 'MonitorLost').map(({ message }) => message)).toEqual([
      'monitor p did not answer in 5 attempts, and is asked every 300 s from now on, or once its socket is made anew: CheckHealth was not answered within 10 s',
    ])
  }, 30_000)

  it('is told of at once where its answer cannot be taken, and asked on', async ({ expect }) => {
    await using bench = await createBench(asked({ timeoutMs: 1500 }))
    let answers = 0
    const tooLarge = { ...condition('Hot'), message: 'x'.repeat(4_194_305) }
    await bench.serve('x/p.sock', [polled(() => ({ conditions: answers++ === 0 ? [tooLarge] : [condition('Hot')] }))])
    await expect
      .poll(() => bench.problem('MonitorMisbehaves'), POLL)
      .toMatch(/it was cut off: CheckHealth failed: RESOURCE_EXHAUSTED/)
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('serving')
    const monitor = bench.engine.state.monitors.get('p')
    expect(monitor?.violations).toBe(1)
    expect(monitor?.lastError).toMatch(/^CheckHealth failed: RESOURCE_EXHAUSTED: /)
    expect(bench.problem('MonitorUnreachable')).toBeUndefined()
  }, 30_000)

  it('that took a connection and is lost is asked at once when it is started anew', async ({ expect }) => {
    const retryPolicy = { maxAttempts: 1, backoffMultiplier: 1, initialBackoffMs: 200, maxBackoffMs: 86_400_000 }
    const healthCheck = { intervalMs: 30_000, timeoutMs: 5000, errorThreshold: 1 }
    await using bench = await createBench(asked({ retryPolicy, healthCheck }))
    const server = await bench.serve('x/p.sock', [polled(() => 'hang')])
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('lost')
    await server.close(0)
    await bench.serve('x/p.sock', [polled(() => ({ conditions: [condition('Hot')] }))])
    const beganMs = performance.now()
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('serving')
    expect(performance.now() - beganMs).toBeLessThan(4000)
  }, 30_000)

  it('that is started anew between two questions has not failed, however few failures it may have', async ({
    expect,
  }) => {
    const retryPolicy = { maxAttempts: 1, backoffMultiplier: 1, initialBackoffMs: 3000, maxBackoffMs: 86_400_000 }
    const healthCheck = { intervalMs: 30_000, timeoutMs: 5000, errorThreshold: 1 }
    await using bench = await createBench(asked({ retryPolicy, healthCheck }))
    await bench.serve('x/p.sock', [polled(() => ({ conditions: [condition('Hot')] }))])
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('serving')
    let answers = 0
    const anew = polled(() => {
      answers++
      return { conditions: [condition('Hot')] }
    })
    // Who had it before still takes what is asked over the old connection.
    await bench.serve('.made', [anew])
    await rename(join(bench.dir, '.made'), join(bench.dir, 'x/p.sock'))
    await expect.poll(() => answers, { ...POLL, timeout: 2500 }).toBeGreaterThan(0)
    // Its answer is on its way.
    await expect.poll(() => bench.engine.state.monitors.get('p')?.restarts, POLL).toBe(1)
    const states = bench.changes.flatMap((change) =>
      change.kind === 'monitor' && change.name === 'p' ? [change.value?.connection?.state] : [],
    )
    for (const state of ['failing', 'paused', 'lost']) expect(states).not.toContain(state)
  }, 30_000)

  it('at whose answer the detector itself fails has not failed, and is asked at its interval', async ({ expect }) => {
    const healthCheck = { intervalMs: 30_000, timeoutMs: 5000, errorThreshold: 1 }
    let isBroken = false
    await using bench = await createBench({
      ...asked({ healthCheck }),
      publish(changes) {
        if (isBroken && changes.some(({ kind }) => kind === 'condition'))
          throw new Error('the store of this test is broken')
      },
    })
    let answers = 0
    await bench.serve('x/p.sock', [polled(() => ({ conditions: [{ ...condition('Hot'), message: `${answers++}` }] }))])
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('serving')
    isBroken = true
    await expect.poll(() => bench.logged('report of a monitor could not be taken', 'p'), POLL).toBeGreaterThan(1)
    isBroken = false
    const last = answers
    await expect.poll(() => answers, { ...POLL, timeout: 1000 }).toBeGreaterThan(last)
    expect(connectionOf(bench)).toMatchObject({ state: 'serving', failures: 0 })
  }, 30_000)

  for (const [when, onTaken] of [
    ['at once', (socket: Socket) => socket.destroy()],
    ['when it is asked', (socket: Socket) => socket.once('data', () => socket.destroy())],
  ] as const)
    it(`that takes connections and drops them ${when} is lost and left alone, though it was never heard`, async ({
      expect,
    }) => {
      const retryPolicy = { maxAttempts: 1, backoffMultiplier: 1, initialBackoffMs: 100, maxBackoffMs: 86_400_000 }
      const healthCheck = { intervalMs: 30_000, timeoutMs: 5000, errorThreshold: 1 }
      await using bench = await createBench(asked({ retryPolicy, healthCheck }))
      const server = createServer((socket) => {
        socket.on('error', () => undefined)
        onTaken(socket)
      })
      await mkdir(join(bench.dir, 'x'), { recursive: true })
      await new Promise<void>((resolve) => server.listen(join(bench.dir, 'x/p.sock'), resolve))
      await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('lost')
      const events = bench.changes.flatMap((change) => (change.kind === 'event' ? [change.value] : []))
      expect(events.filter(({ reason }) => reason === 'MonitorLost')).toHaveLength(1)
      expect(connectionOf(bench)?.nextTry?.getTime()).toBeGreaterThan(Date.now() + 86_000_000)
      server.close()
    }, 30_000)

  it('whose server ends connections that rest is no failure, and is connected anew at most once in a look', async ({
    expect,
  }) => {
    await using bench = await createBench(
      asked({ intervalMs: 4000, healthCheck: { ...pluginAt('p', '').healthCheck, intervalMs: 700 } }),
    )
    const server = createServer()
    const taken: Socket[] = []
    // What it is connected through ends whatever rests for 100 ms.
    const inner = await bench.serve('.inner', [polled(() => ({ conditions: [condition('Hot')] }))])
    server.on('connection', (socket) => {
      taken.push(socket)
      const through = connect(inner.path)
      socket.pipe(through).pipe(socket)
      for (const one of [socket, through]) {
        one.on('error', () => undefined)
        one.setTimeout(100, () => {
          socket.destroy()
          through.destroy()
        })
      }
    })
    await mkdir(join(bench.dir, 'x'), { recursive: true })
    await new Promise<void>((resolve) => server.listen(join(bench.dir, 'x/p.sock'), resolve))
    await expect.poll(() => bench.engine.state.monitors.get('p')?.reports, POLL).toBeGreaterThanOrEqual(2)
    const states = bench.changes.flatMap((change) =>
      change.kind === 'monitor' && change.name === 'p' ? [change.value?.connection?.state] : [],
    )
    expect(new Set(states)).not.toContain('failing')
    expect(taken.length).toBeLessThan(12)
    server.close()
  }, 30_000)
})

describe.concurrent('what a plug-in says of itself', () => {
  it('is held against its configuration: a difference is logged and shown once, and it serves all the same', async ({
    expect,
  }) => {
    const conditions = [{ type: 'GPUHung', polarity: 'true-is-problem' as const, shared: false }]
    await using bench = await createBench(asked({ conditions }))
    const said = { name: 'gpu', version: '1.2', apiVersion: 'v1', supportedConditions: ['GPUHealthy'] }
    const service = numbered([], () => ({ conditions: [condition('GPUHealthy')] }), said)
    await (await bench.serve('x/p.sock', [service])).close(0)
    await bench.serve('x/p.sock', [service])
    await expect.poll(() => connectionOf(bench)?.state, POLL).toBe('serving')
    expect(bench.engine.state.monitors.get('p')?.lastViolations.map(({ text, count }) => [text, count])).toEqual([
      ['it calls itself "gpu", and the configuration p', 1],
      ['the configuration has conditions that it does not say it supports: GPUHung', 1],
      ['it says that it supports conditions that the configuration does not have: GPUHealthy', 1],
    ])
    expect(bench.logged('monitor says of itself what its configuration does not', 'p')).toBe(1)
    expect(bench.problem('MonitorMisbehaves')).toBeUndefined()
    await expect.poll(() => bench.engine.state.conditions.has(conditionKey('GPUHealthy', '')), POLL).toBe(true)
  }, 30_000)
})

describe.concurrent('conditions that the configuration has words for', () => {
  const conditions = ['GPUHung', 'GPUHot'].map((type) => ({
    type,
    polarity: 'true-is-problem' as const,
    shared: false,
    reason: `${type}Not`,
    message: `${type}: as the file says`,
  }))
  const said = (bench: Bench, type: string) => bench.engine.state.conditions.get(conditionKey(type, ''))

  it('are well before it has spoken of them, stay while it leaves them out, and are unknown once it is lost', async ({
    expect,
  }) => {
    await using bench = await createBench(asked({ conditions }))
    expect(said(bench, 'GPUHung')).toMatchObject({
      status: 'False',
      health: 'healthy',
      reason: 'GPUHungNot',
      message: 'GPUHung: as the file says',
    })
    expect(bench.engine.state.monitors.get('p')?.health).toBe('awaited')
    const server = await bench.serve('x/p.sock', [polled(() => ({ conditions: [condition('GPUHot', true)] }))])
    await expect.poll(() => bench.engine.state.monitors.get('p')?.reports, POLL).toBeGreaterThanOrEqual(6)
    expect(said(bench, 'GPUHung')).toMatchObject({ status: 'False', reason: 'GPUHungNot' })
    expect(said(bench, 'GPUHot')).toMatchObject({ status: 'True', reason: 'Sick' })
    await server.close(0)
    await expect.poll(() => said(bench, 'GPUHung')?.health, POLL).toBe('unknown')
  }, 30_000)

  it('are nothing before it answers where the configuration says so', async ({ expect }) => {
    await using bench = await createBench(asked({ conditions, skipInitialStatus: true }))
    expect(said(bench, 'GPUHung')).toBeUndefined()
  })
})
