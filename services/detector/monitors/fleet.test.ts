import { once } from 'node:events'
import { rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { conditionKey } from '#model'
import { type DescribeResponse, type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { conditionType, declaration, observation, report } from '../../../libs/model/testing.ts'
import { type Bench, condition, createBench, pluginAt, polled } from './testing.ts'
import { streamingMonitor } from './testing-streaming.ts'

const POLL = { timeout: 15_000, interval: 20 }

function health(bench: Bench, name: string): string | undefined {
  return bench.engine.state.monitors.get(name)?.health
}

/** A monitor that streams: it says one condition, then a heartbeat ten times a second. */
function streaming(described: Partial<DescribeResponse>, type = 'Streamed'): MonitorServer {
  const observations = [{ type, health: Health.HEALTHY, reason: 'Fine', message: 'fine', check: 'c' }]
  return streamingMonitor({ type, described, report: () => ({ sequence: 1, observations }) })
}

describe.concurrent('who a plug-in is', () => {
  it('follows from its place: no name of ours, none of another’s folder, and what is refused is a visible problem', async ({
    expect,
  }) => {
    await using bench = await createBench()
    const honest = polled(() => ({ conditions: [condition('GPUHot')] }))
    for (const path of ['detector.sock', 'Shared.sock', 'system.sock', 'aaa-evil/vendor.sock', 'vendor/vendor.sock'])
      await bench.serve(path, [honest])
    const dead = await bench.serve('gone.sock', [honest])
    await rename(join(bench.dir, 'gone.sock'), join(bench.dir, 'dead.sock'))
    await dead.close(0)
    await expect.poll(() => health(bench, 'vendor'), POLL).toBe('alive')
    expect(bench.engine.state.monitors.get('vendor')?.socket).toBe(join(bench.dir, 'vendor/vendor.sock'))
    const words = (path: string) => bench.problem('MonitorRefused', `socket:${join(bench.dir, path)}`)
    await expect.poll(() => words('dead.sock'), POLL).toContain('is not taken as a monitor: nobody listens on it')
    expect(words('detector.sock')).toContain("detector is a name of Node Doctor's own")
    expect(words('Shared.sock')).toContain("Shared is a name of Node Doctor's own")
    expect(words('system.sock')).toContain("system is a name of Node Doctor's own")
    expect(words('aaa-evil/vendor.sock')).toContain('in the folder aaa-evil only aaa-evil.sock is taken')
    expect(bench.fleet.names()).toEqual(['vendor'])
  }, 30_000)

  it('is decided by the place, never by who came first: a folder of its own counts more', async ({ expect }) => {
    await using bench = await createBench()
    await bench.serve('vendor.sock', [polled(() => ({ conditions: [condition('First')] }))])
    await expect.poll(() => health(bench, 'vendor'), POLL).toBe('alive')
    await bench.serve('vendor/vendor.sock', [polled(() => ({ conditions: [condition('Second')] }))])
    await expect
      .poll(() => bench.engine.state.monitors.get('vendor')?.socket, POLL)
      .toBe(join(bench.dir, 'vendor/vendor.sock'))
    await expect.poll(() => bench.engine.state.conditions.has(conditionKey('Second', '')), POLL).toBe(true)
  }, 30_000)

  it('costs nothing before it spoke: names that come and go leave nothing behind', async ({ expect }) => {
    await using bench = await createBench()
    const mute = polled(() => 'hang')
    for (let i = 0; i < 10; i++) await (await bench.serve(`m${i}.sock`, [mute])).close(0)
    const last = await bench.serve('last.sock', [mute])
    await expect.poll(() => bench.fleet.names(), POLL).toEqual(['last'])
    await last.close(0)
    await expect.poll(() => bench.fleet.names(), POLL).toEqual([])
    expect([...bench.engine.state.monitors.keys()]).toEqual(['detector'])
  }, 30_000)
})

describe.concurrent('a plug-in that listens and takes no connection', () => {
  for (const [words, backlog, queue] of [
    ['and whose queue is full', 0, 'full'],
    ['and whose queue fills while it is asked', 1, 'empty'],
  ] as const) {
    it(`${words} is silent, not gone: it is told once, and is not forgotten while it listens`, async ({ expect }) => {
      await using bench = await createBench()
      await bench.listenOnly('hang.sock', backlog, queue)
      const full = `monitor hang does not answer: who listens on ${join(bench.dir, 'hang.sock')} takes no connection: its queue is full`
      await expect.poll(() => bench.problem('MonitorUnreachable', 'monitor:hang'), POLL).toBeDefined()
      await expect
        .poll(() => bench.engine.state.monitors.get('hang')?.lastError, POLL)
        .toBe(full.split(': ').slice(1).join(': '))
      if (queue === 'full') expect(bench.problem('MonitorUnreachable', 'monitor:hang')).toBe(full)
      await expect(bench.fleet.forget('hang')).rejects.toThrow(
        'monitor hang cannot be forgotten: somebody listens on its socket; stop it first',
      )
      expect(bench.logged('monitor is known', 'hang')).toBe(1)
      expect(bench.logged('monitor is lost', 'hang')).toBe(1)
    }, 40_000)
  }

  it('is forgotten on demand once its process is dead, and its socket is then one that nobody listens on', async ({
    expect,
  }) => {
    await using bench = await createBench()
    const child = await bench.listenOnly('hang.sock', 0, 'full')
    await expect.poll(() => health(bench, 'hang'), POLL).toBe('unreachable')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await bench.fleet.forget('hang')
    expect(health(bench, 'hang')).toBeUndefined()
    await expect
      .poll(() => bench.problem('MonitorRefused', `socket:${join(bench.dir, 'hang.sock')}`), POLL)
      .toContain('nobody listens on it')
    expect(bench.fleet.names()).toEqual([])
    expect(bench.logged('monitor is known', 'hang')).toBe(1)
  }, 40_000)

  it('or drops each at once is told once too', async ({ expect }) => {
    await using bench = await createBench()
    const server = createServer((connection) => connection.destroy())
    await new Promise<void>((resolve) => server.listen(join(bench.dir, 'drop.sock'), resolve))
    try {
      await expect.poll(() => bench.problem('MonitorUnreachable', 'monitor:drop'), POLL).toBeDefined()
      expect(bench.logged('monitor is known', 'drop')).toBe(1)
      await expect(bench.fleet.forget('drop')).rejects.toThrow('somebody listens on its socket; stop it first')
    } finally {
      server.close()
    }
  }, 40_000)
})

describe.concurrent('a plug-in that spoke and freezes', () => {
  it('is told as silent, never as one that has not answered yet', async ({ expect }) => {
    await using bench = await createBench()
    let isFrozen = false
    const service = streamingMonitor({
      type: 'Streamed',
      report: () => ({ sequence: 1, observations: [] }),
      isFrozen: () => isFrozen,
    })
    await bench.serve('frozen.sock', [{ definition: MonitorService, implementation: service }])
    await expect.poll(() => health(bench, 'frozen'), POLL).toBe('alive')
    isFrozen = true
    await expect.poll(() => bench.problem('MonitorUnreachable', 'monitor:frozen'), POLL).toBeDefined()
    expect(bench.problem('MonitorUnreachable', 'monitor:frozen')).toMatch(
      /^monitor frozen does not answer: no report and no heartbeat for \d s$/,
    )
  }, 40_000)
})

describe.concurrent('a plug-in that was found', () => {
  function leftBehind(name: string) {
    return (engine: Bench['engine'], dir: string) => {
      const socket = join(dir, name, `${name}.sock`)
      const declared = declaration(name, [conditionType('GPUHot')], { origin: 'discovered', socket, open: true })
      engine.take({ kind: 'declared', declaration: declared, incarnation: 3 })
      void engine.report(name, report([observation('GPUHot', 'problem')]))
    }
  }

  it('and went while nobody looked is lost, then forgotten, and its problems end as what their source took along', async ({
    expect,
  }) => {
    await using bench = await createBench({ before: leftBehind('vendor'), forgetAfterMs: 4000 })
    expect(health(bench, 'vendor')).toBe('alive')
    await expect.poll(() => health(bench, 'vendor'), POLL).toBe('unreachable')
    expect(bench.engine.state.conditions.get(conditionKey('GPUHot', ''))?.health).toBe('unknown')
    expect(bench.problem('MonitorUnreachable', 'monitor:vendor')).toContain('there is no socket')
    await expect.poll(() => health(bench, 'vendor'), POLL).toBeUndefined()
    const ended = [...bench.engine.state.problems.values()]
    expect(ended.map(({ phase, proof }) => [phase, proof])).toEqual([
      ['resolved', 'source-removed'],
      ['resolved', 'source-removed'],
    ])
  }, 30_000)

  it('is never the detector itself: it cannot forget itself', async ({ expect }) => {
    await using bench = await createBench()
    await expect(bench.fleet.forget('detector')).rejects.toThrow(
      'monitor detector cannot be forgotten: it is the detector itself, which cannot forget what it says of this node',
    )
  })

  it('and is back at its socket goes on as the one it was', async ({ expect }) => {
    await using bench = await createBench({ before: leftBehind('vendor') })
    await bench.serve('vendor/vendor.sock', [polled(() => ({ conditions: [condition('GPUHot', true)] }))])
    await expect.poll(() => bench.engine.state.monitors.get('vendor')?.reports, POLL).toBe(2)
    expect(bench.changes.some((change) => change.kind === 'problem' && change.value.generation > 1)).toBe(false)
  }, 30_000)

  it('under a name that is ours is taken out', async ({ expect }) => {
    await using bench = await createBench({ before: leftBehind('shared') })
    expect([...bench.engine.state.monitors.keys()]).toEqual(['detector'])
  })
})

describe.concurrent('a plug-in that is polled', () => {
  const SOCKET = 'p.sock'
  const retryPolicy = { maxAttempts: 100, backoffMultiplier: 1, initialBackoffMs: 300, maxBackoffMs: 300 }
  const asked = { plugins: (dir: string) => [pluginAt('p', join(dir, 'x', SOCKET), { retryPolicy })] }

  for (const [does, way, words] of [
    ['hangs', 'hang', 'CheckHealth was not answered within 0.2 s'],
    ['fails', new Error('nvml: \u001b[2J gone'), 'CheckHealth failed: UNKNOWN: nvml: [2J gone'],
  ] as const) {
    it(`is alive when it answers CheckHealth, not when it says who it is: one that ${does} is lost, again after each false dawn`, async ({
      expect,
    }) => {
      await using bench = await createBench(asked)
      let mode: 'well' | typeof way = 'well'
      let askedWho = 0
      let questions = 0
      const answer = () => {
        questions++
        return mode === 'well' ? { conditions: [condition('GPUHot')] } : mode
      }
      await bench.serve(`x/${SOCKET}`, [polled(answer, () => askedWho++)])
      for (let dawn = 0; dawn < 2; dawn++) {
        mode = 'well'
        await expect.poll(() => health(bench, 'p'), POLL).toBe('alive')
        mode = way
        await expect.poll(() => health(bench, 'p'), POLL).toBe('unreachable')
        expect(bench.engine.state.monitors.get('p')?.lastError).toBe(words)
        const [changes, before] = [bench.changes.length, questions]
        await expect.poll(() => questions, POLL).toBeGreaterThan(before)
        expect(health(bench, 'p')).toBe('unreachable')
        const told = bench.changes.slice(changes).flatMap((change) => (change.kind === 'problem' ? [change.value] : []))
        expect(told.filter(({ phase }) => phase === 'resolved')).toEqual([])
      }
      // Of one process that failed once, and said before that who it is.
      expect(askedWho).toBe(1)
    }, 60_000)
  }

  it('says nothing of what its answers leave out: not proven, then unknown, then no longer watched', async ({
    expect,
  }) => {
    await using bench = await createBench(asked)
    let types = ['A', 'B']
    await bench.serve(`x/${SOCKET}`, [polled(() => ({ conditions: types.map((type) => condition(type)) }))])
    const b = () => bench.engine.state.conditions.get(conditionKey('B', ''))
    await expect.poll(() => b()?.health, POLL).toBe('healthy')
    types = ['A']
    await expect.poll(() => b()?.check, POLL).toBe('')
    expect(b()?.health).toBe('healthy')
    await expect.poll(() => b()?.health, POLL).toBe('unknown')
    expect(b()?.reason).toBe('NotNamed')
    await expect.poll(() => b(), POLL).toBeUndefined()
    expect(bench.engine.state.conditions.get(conditionKey('A', ''))?.health).toBe('healthy')
  }, 30_000)

  it('hides no sick one behind a well one of the same type', async ({ expect }) => {
    await using bench = await createBench(asked)
    await bench.serve(`x/${SOCKET}`, [polled(() => ({ conditions: [condition('GPUHot', true), condition('GPUHot')] }))])
    await expect.poll(() => bench.problem('GPUHot', '#0'), POLL).toBe('as it is')
    expect(bench.engine.state.conditions.get(conditionKey('GPUHot', '#1'))?.health).toBe('healthy')
    expect(bench.problem('MonitorMisbehaves')).toContain('an answer names GPUHot 2 times')
  }, 30_000)

  it('that is started anew again and again is counted, and a problem from the third time on', async ({ expect }) => {
    await using bench = await createBench(asked)
    const services = [polled(() => ({ conditions: [condition('GPUHot')] }))]
    for (let start = 0; start < 4; start++) {
      const server = await bench.serve(`x/${SOCKET}`, services)
      await expect
        .poll(() => [health(bench, 'p'), bench.engine.state.monitors.get('p')?.restarts], POLL)
        .toEqual(['alive', start])
      await server.close(0)
    }
    expect(bench.problem('MonitorUnstable', 'monitor:p')).toBe('monitor p was started anew 3 times within 10 min')
    expect(bench.problem('MonitorUnreachable')).toBeUndefined()
  }, 60_000)

  it('and is not there is told in words that name no method', async ({ expect }) => {
    await using bench = await createBench(asked)
    await expect.poll(() => health(bench, 'p'), POLL).toBe('unreachable')
    expect(bench.problem('MonitorUnreachable')).toBe(
      `monitor p does not answer: there is no socket ${join(bench.dir, 'x', SOCKET)}`,
    )
  }, 30_000)

  it('hears that a reason is missing', async ({ expect }) => {
    await using bench = await createBench(asked)
    await bench.serve(`x/${SOCKET}`, [polled(() => ({ conditions: [{ ...condition('GPUHot', true), reason: '' }] }))])
    await expect.poll(() => bench.problem('MonitorMisbehaves'), POLL).toBe('monitor p: condition GPUHot has no reason')
    expect(bench.engine.state.conditions.get(conditionKey('GPUHot', ''))?.reason).toBe('NoReason')
  }, 30_000)
})

describe.concurrent('a plug-in that streams', () => {
  it('that answers Describe with hostile text forges nothing', async ({ expect }) => {
    await using bench = await createBench()
    const hostile = `\u001b[2J\r\nReady True\u202e\u0007${'y'.repeat(60_000)}`
    const server: MonitorServer = {
      ...streaming({}),
      describe: (_call, callback) => callback({ code: 2, details: hostile.replaceAll(/[\r\n]/g, '\u2028') }),
    }
    await bench.serve('bad.sock', [{ definition: MonitorService, implementation: server }])
    await expect.poll(() => health(bench, 'bad'), POLL).toBe('unreachable')
    const text = JSON.stringify([...bench.engine.state.problems.values(), ...bench.engine.state.monitors.values()])
    expect(text).toContain('Describe failed: UNKNOWN: ')
    expect(text).not.toMatch(/[\u0000-\u001f\u2028\u202e]|\\u00|y{600}/)
  }, 30_000)

  it('may not make each report cost seconds by what its checks depend on, nor call hours of silence a heartbeat', async ({
    expect,
  }) => {
    await using bench = await createBench()
    const dependsOn = Array.from({ length: 100_000 }, (_, i) => `n${i}`)
    const check = {
      check: 'c',
      checkType: 'c',
      intervalMs: 1,
      timeoutMs: 1,
      conditionTypes: ['Streamed'],
      dependsOn,
      explainedBy: [],
    }
    const described = { checks: [check], heartbeatIntervalMs: 36_000_000 }
    await bench.serve('bad.sock', [{ definition: MonitorService, implementation: streaming(described) }])
    await expect.poll(() => health(bench, 'bad'), POLL).toBe('alive')
    expect(bench.engine.state.declarations.get('bad')?.checks[0]?.dependsOn).toEqual([])
    expect(
      bench.engine.state.monitors
        .get('bad')
        ?.lastViolations.map(({ text }) => text)
        .sort(),
    ).toEqual([
      'it declares a heartbeat every 36000 s, and at most 60 s are believed; it is lost when silent for longer than two of these',
      'its check "c" depends on "n0", which is no check and no monitor here',
      'its check "c" depends on 100000 others, and 100 are taken',
    ])
  }, 30_000)

  it('has its metrics described as it declares them, cut and cleaned', async ({ expect }) => {
    await using bench = await createBench()
    const metrics = [
      { name: 'gpu_temp', help: `Degrees\u202e${' of it'.repeat(50)}`, kind: 'gauge', unit: '°C', title: 'GPU' },
      { name: 'no name', help: '', kind: 'gauge', unit: '', title: '' },
    ]
    await bench.serve('m.sock', [{ definition: MonitorService, implementation: streaming({ metrics }) }])
    await expect.poll(() => health(bench, 'm'), POLL).toBe('alive')
    expect(bench.engine.state.monitors.get('m')?.metrics).toEqual([
      {
        name: 'gpu_temp',
        help: `Degrees${' of it'.repeat(50)}`.slice(0, 239).concat('…'),
        kind: 'gauge',
        unit: '°C',
        title: 'GPU',
      },
    ])
  }, 30_000)
})
