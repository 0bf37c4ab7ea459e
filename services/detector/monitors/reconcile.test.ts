import { chown, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { conditionKey } from '#model'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Health, Severity } from '#proto/nodedoctor/v1/types.ts'
import { expectedDeclaration } from './declare.ts'
import { type Asked, type Bench, condition, createBench, pluginAt, polled, wantedAt } from './testing.ts'
import { streamingMonitor } from './testing-streaming.ts'

const POLL = { timeout: 15_000, interval: 20 }
const CATALOG = ['gpu', 'system'].map((monitor) => ({ monitor, conditionTypes: [`${monitor}Ill`], sharedTypes: [] }))
const GPU_CHECK = { name: 'gpus', monitor: 'gpu', when: 'nvidia-gpu' } as const
const GPU_SCHEDULE = {
  check: 'gpus',
  checkType: 'gpu-health-check',
  conditionTypes: ['gpuIll'],
  intervalMs: 1000,
  timeoutMs: 100,
  dependsOn: [],
  explainedBy: [],
}
const GPU_ILL = { type: 'gpuIll', health: Health.PROBLEM, severity: Severity.CRITICAL, reason: 'Ill', message: 'ill' }
const EXPECTED: Asked = { catalog: CATALOG, detector: { expect: ['gpu'] } }
const AS_IT_COMES: Asked = { catalog: CATALOG, monitors: [GPU_CHECK] }

function health(bench: Bench, name: string): string | undefined {
  return bench.engine.state.monitors.get(name)?.health
}

function socketOf(bench: Bench, name: string): string | undefined {
  return bench.engine.state.monitors.get(name)?.socket
}

/** Who says a condition now. */
function sources(bench: Bench, type: string): readonly string[] | undefined {
  return bench.engine.state.conditions.get(conditionKey(type, ''))?.sources
}

function ill(type: string) {
  return polled(() => ({ conditions: [condition(type, true)] }))
}

/** It describes itself as ours, and its GPUs are ill. */
function ours() {
  const implementation = streamingMonitor({
    type: 'gpuIll',
    described: { name: 'gpu', checks: [GPU_SCHEDULE] },
    report: () => ({ sequence: 1, check: 'gpus', observations: [GPU_ILL] }),
  })
  return { definition: MonitorService, implementation }
}

describe.concurrent('a fleet that is asked for something else while it runs', () => {
  it('takes in who is new, takes out who is not asked for any more with all it said, and leaves the others alone', async ({
    expect,
  }) => {
    await using bench = await createBench()
    const at = (name: string) => join(bench.dir, 'apart', `of-${name}`)
    for (const name of ['stays', 'goes', 'comes']) await bench.serve(`apart/of-${name}`, [ill(`${name}Ill`)])
    const asked = (...names: string[]): Asked => ({ plugins: names.map((name) => pluginAt(name, at(name))) })
    await bench.fleet.reconcile(wantedAt(bench.dir, asked('stays', 'goes')))
    await expect
      .poll(() => [sources(bench, 'staysIll'), sources(bench, 'goesIll')], POLL)
      .toEqual([['stays'], ['goes']])
    await bench.fleet.reconcile(wantedAt(bench.dir, asked('stays', 'comes')))
    expect(bench.fleet.names()).toEqual(['comes', 'stays'])
    expect(health(bench, 'goes')).toBeUndefined()
    expect(sources(bench, 'goesIll')).toBeUndefined()
    const ended = [...bench.engine.state.problems.values()].filter(({ phase }) => phase === 'resolved')
    expect(ended.map(({ type, proof }) => [type, proof])).toEqual([['goesIll', 'source-removed']])
    await expect.poll(() => sources(bench, 'comesIll'), POLL).toEqual(['comes'])
    expect(bench.logged('monitor is known', 'stays')).toBe(1)
  }, 30_000)

  it('asks elsewhere who has moved, and what is known of it goes on', async ({ expect }) => {
    await using bench = await createBench()
    await bench.serve('apart/first', [ill('VendorIll')])
    await bench.serve('apart/second', [ill('VendorIll')])
    const asked = (at: string): Asked => ({ plugins: [pluginAt('vendor', join(bench.dir, 'apart', at))] })
    await bench.fleet.reconcile(wantedAt(bench.dir, asked('first')))
    await expect.poll(() => sources(bench, 'VendorIll'), POLL).toEqual(['vendor'])
    const since = bench.engine.state.conditions.get(conditionKey('VendorIll', ''))?.since
    await bench.fleet.reconcile(wantedAt(bench.dir, asked('second')))
    expect(socketOf(bench, 'vendor')).toBe(join(bench.dir, 'apart/second'))
    await expect.poll(() => health(bench, 'vendor'), POLL).toBe('alive')
    expect(bench.engine.state.conditions.get(conditionKey('VendorIll', ''))?.since).toEqual(since)
    expect([...bench.engine.state.problems.values()].map(({ generation, phase }) => [generation, phase])).toEqual([
      [1, 'opened'],
    ])
  }, 30_000)

  it('gives a type to whom the configuration names, and its problem goes on', async ({ expect }) => {
    await using bench = await createBench()
    await bench.serve('vendor/vendor.sock', [ill('VendorIll')])
    await expect.poll(() => sources(bench, 'VendorIll'), POLL).toEqual(['vendor'])
    const conditions = [{ type: 'VendorIll', polarity: 'true-is-problem' as const, shared: false }]
    const plugins = [pluginAt('vendor', join(bench.dir, 'vendor/vendor.sock'), { conditions })]
    await bench.fleet.reconcile(wantedAt(bench.dir, { plugins }))
    expect(bench.engine.state.monitors.get('vendor')?.origin).toBe('configured')
    expect([...bench.engine.state.problems.values()].map(({ owner, phase }) => [owner, phase])).toEqual([
      ['shared', 'resolved'],
      ['vendor', 'opened'],
    ])
  }, 30_000)

  it('judges anew what the check of one that stays may depend on', async ({ expect }) => {
    await using bench = await createBench()
    const implementation = streamingMonitor({
      type: 'VendorIll',
      described: {
        checks: [
          {
            check: 'deep',
            conditionTypes: ['VendorIll'],
            intervalMs: 1000,
            timeoutMs: 100,
            checkType: '',
            dependsOn: ['gpus'],
            explainedBy: [],
          },
        ],
      },
      report: () => ({ sequence: 1, observations: [] }),
    })
    await bench.serve('vendor/vendor.sock', [{ definition: MonitorService, implementation }])
    const dependsOn = () => bench.engine.state.declarations.get('vendor')?.checks[0]?.dependsOn
    await expect.poll(dependsOn, POLL).toEqual([])
    await bench.fleet.reconcile(wantedAt(bench.dir, AS_IT_COMES))
    expect(dependsOn()).toEqual(['gpus'])
    await bench.fleet.reconcile(wantedAt(bench.dir, {}))
    expect(dependsOn()).toEqual([])
    expect(bench.logged('monitor is known', 'vendor')).toBe(1)
  }, 30_000)

  it('says what is missing now, and takes back what is not any more', async ({ expect }) => {
    await using bench = await createBench()
    const missing = (key: string): Asked => ({
      missing: [{ key, what: `part ${key}`, reason: 'nobody built it', origin: { layer: 'file', text: 'line 1' } }],
    })
    await bench.fleet.reconcile(wantedAt(bench.dir, missing('one')))
    expect(bench.problem('MonitorMissing')).toBe('part one is configured (line 1) and not served here: nobody built it')
    await bench.fleet.reconcile(wantedAt(bench.dir, missing('two')))
    expect(bench.problem('MonitorMissing', 'config:one')).toBeUndefined()
    expect(bench.problem('MonitorMissing', 'config:two')).toContain('part two is configured')
  }, 30_000)

  it('says which files of NPD’s cannot be used, and takes it back when they can, or are not named any more', async ({
    expect,
  }) => {
    await using bench = await createBench()
    const bad = (...paths: string[]): Asked => ({
      badNpdFiles: paths.map((path) => ({
        path,
        faults: [
          { where: `${path}:3:15`, path: 'lookback', text: '"5" is not a duration' },
          { where: `${path}:9:2`, path: 'rules[0].pattern', text: '"(" is not a pattern' },
        ],
      })),
    })
    await bench.fleet.reconcile(wantedAt(bench.dir, bad('/npd/a.json', '/npd/b.json')))
    const said = '/npd/a.json:3:15: lookback: "5" is not a duration (and 1 more, which node-doctor validate lists)'
    expect(bench.problem('NPDConfigInvalid', 'file:/npd/a.json')).toBe(said)
    await bench.fleet.reconcile(wantedAt(bench.dir, bad('/npd/b.json')))
    expect(bench.problem('NPDConfigInvalid', 'file:/npd/a.json')).toBeUndefined()
    expect(bench.problem('NPDConfigInvalid', 'file:/npd/b.json')).toContain('/npd/b.json:3:15')
    await bench.fleet.reconcile(wantedAt(bench.dir, {}))
    expect(bench.problem('NPDConfigInvalid')).toBeUndefined()
  }, 30_000)

  it('stops looking for sockets, and looks again', async ({ expect }) => {
    await using bench = await createBench()
    await bench.fleet.reconcile(wantedAt(bench.dir, { detector: { discovery: false } }))
    await bench.serve('late/late.sock', [ill('LateIll')])
    await bench.fleet.reconcile(wantedAt(bench.dir, { detector: { discovery: false, lostAfterMs: 2000 } }))
    expect(bench.fleet.names()).toEqual([])
    await bench.fleet.reconcile(wantedAt(bench.dir, {}))
    await expect.poll(() => health(bench, 'late'), POLL).toBe('alive')
    await bench.fleet.reconcile(wantedAt(bench.dir, { detector: { discovery: false } }))
    expect([bench.fleet.names(), sources(bench, 'LateIll')]).toEqual([[], undefined])
  }, 30_000)
})

describe.concurrent('a monitor of ours that is not on every machine', () => {
  it('is missed where it is expected, from the start of a life that knows nothing of it', async ({ expect }) => {
    await using bench = await createBench({ asked: EXPECTED })
    await expect
      .poll(() => bench.problem('MonitorUnreachable', 'monitor:gpu'), POLL)
      .toBe(`monitor gpu does not answer: there is no socket ${join(bench.dir, 'run/monitors/gpu/gpu.sock')}`)
  }, 30_000)

  it('is not missed else, and taken where its socket appears, with the types that are its own', async ({ expect }) => {
    await using bench = await createBench({ asked: AS_IT_COMES })
    expect(bench.fleet.names()).toEqual([])
    const server = await bench.serve('gpu/gpu.sock', [ours()])
    await expect.poll(() => sources(bench, 'gpuIll'), POLL).toEqual(['gpu'])
    expect([...bench.engine.state.problems.values()]).toMatchObject([{ type: 'gpuIll', owner: 'gpu' }])
    expect(bench.engine.state.monitors.get('gpu')?.origin).toBe('built-in')
    await server.close(0)
    await expect.poll(() => bench.problem('MonitorUnreachable', 'monitor:gpu'), POLL).toBeDefined()
  }, 30_000)

  it('is taken at its own socket also where nobody looks for others', async ({ expect }) => {
    await using bench = await createBench({ asked: { ...AS_IT_COMES, detector: { discovery: false } } })
    await bench.serve('run/monitors/gpu/gpu.sock', [ours()])
    await expect.poll(() => health(bench, 'gpu'), POLL).toBe('alive')
    expect(bench.engine.state.monitors.get('gpu')).toMatchObject({ origin: 'built-in', violations: 0 })
    expect(bench.engine.isPlugIn('gpu')).toBe(false)
  }, 30_000)

  it('is missed where it is expected and somebody else stands at its own socket, who says nothing by its name', async ({
    expect,
  }) => {
    const asked: Asked = { ...EXPECTED, monitors: [GPU_CHECK] }
    await using bench = await createBench({ asked })
    const socket = join(bench.dir, 'run/monitors/gpu/gpu.sock')
    await bench.serve('run/monitors/gpu/gpu.sock', [ill('gpuIll')])
    await expect
      .poll(() => bench.problem('MonitorUnreachable', 'monitor:gpu'), POLL)
      .toBe(
        `monitor gpu does not answer: who listens on ${socket} does not describe itself as Node Doctor's own monitor gpu; give that plug-in another name, or take it away`,
      )
    expect(sources(bench, 'gpuIll')).toBeUndefined()
    expect(bench.logged('Connected to external monitor', 'gpu')).toBe(0)
  }, 30_000)

  for (const [how, asked] of [
    ['is expected', { ...EXPECTED, monitors: [GPU_CHECK] }],
    ['is taken as it comes', AS_IT_COMES],
  ] as const)
    it(`is not anybody in a folder of its name: who says that he is another is refused, where it ${how}`, async ({
      expect,
    }) => {
      await using bench = await createBench({ asked })
      await bench.serve('gpu/gpu.sock', [ill('gpuIll')])
      await expect
        .poll(() => bench.problem('MonitorRefused', `socket:${join(bench.dir, 'gpu/gpu.sock')}`), POLL)
        .toContain(
          "gpu is a name of Node Doctor's own, and this does not describe itself as that monitor; give the plug-in another name",
        )
      expect(sources(bench, 'gpuIll')).toBeUndefined()
      const missed = 'detector' in asked
      await expect.poll(() => bench.problem('MonitorUnreachable', 'monitor:gpu') !== undefined, POLL).toBe(missed)
    }, 30_000)

  it('has nothing of what a plug-in of its name said before there was one of ours, which may be forgotten, too', async ({
    expect,
  }) => {
    await using bench = await createBench()
    const socket = join(bench.dir, 'gpu/gpu.sock')
    const known = { name: 'gpu', origin: 'discovered' as const, socket, conditions: [], expected: false }
    const declaration = { ...expectedDeclaration(known), protocol: 'npd.external.v1' as const }
    bench.engine.take({ kind: 'declared', declaration, incarnation: 1 })
    const said = {
      type: 'gpuIll',
      entity: '',
      health: 'problem',
      severity: 'critical',
      reason: 'Ill',
      message: 'ill',
    } as const
    const report = { incarnation: 1, sequence: 1, time: new Date(), events: [], metrics: [], runs: [], withdrawn: [] }
    const observations = [{ ...said, summary: '', check: '' }]
    bench.engine.take({
      kind: 'report',
      monitor: 'gpu',
      violations: [],
      report: { ...report, observations, complete: [] },
    })
    expect(sources(bench, 'gpuIll')).toEqual(['gpu'])
    await bench.serve('gpu/gpu.sock', [ill('gpuIll')])
    const asked: Asked = { ...EXPECTED, monitors: [GPU_CHECK] }
    await bench.fleet.reconcile(wantedAt(bench.dir, asked))
    expect(sources(bench, 'gpuIll')).toBeUndefined()
    const ended = [...bench.engine.state.problems.values()].filter(({ type }) => type === 'gpuIll')
    expect(ended.map(({ owner, phase, proof }) => [owner, phase, proof])).toEqual([
      ['shared', 'resolved', 'source-removed'],
    ])
    await expect.poll(() => bench.problem('MonitorUnreachable', 'monitor:gpu'), POLL).toBeDefined()
    await bench.fleet.forget('gpu')
    expect(bench.engine.state.monitors.get('gpu')).toBeUndefined()
    await expect.poll(() => bench.problem('MonitorUnreachable', 'monitor:gpu'), POLL).toBeDefined()
  }, 30_000)

  it('that is alive yields to nobody of another user, in whichever folder he stands, nor to one that has nothing to watch', async ({
    expect,
  }) => {
    const monitorDirs = (dir: string) => [join(dir, 'first'), dir]
    await using bench = await createBench()
    const asked: Asked = { ...AS_IT_COMES, detector: { monitorDirs: monitorDirs(bench.dir) } }
    await mkdir(join(bench.dir, 'first/gpu'), { recursive: true })
    await bench.fleet.reconcile(wantedAt(bench.dir, asked))
    await bench.serve('gpu/gpu.sock', [ours()])
    await expect.poll(() => sources(bench, 'gpuIll'), POLL).toEqual(['gpu'])
    const at = join(bench.dir, 'first/gpu/gpu.sock')
    await bench.serve('first/gpu/elsewhere', [ours()])
    await chown(join(bench.dir, 'first/gpu/elsewhere'), 65_110, 0)
    await rename(join(bench.dir, 'first/gpu/elsewhere'), at)
    await expect
      .poll(() => bench.problem('MonitorRefused', `socket:${at}`), POLL)
      .toContain("is of a user that Node Doctor's own does not run as")
    expect(socketOf(bench, 'gpu')).toBe(join(bench.dir, 'gpu/gpu.sock'))
    expect(bench.problem('gpuIll')).toBeDefined()
  }, 30_000)

  it('that is away yields its name to nobody of another user, though he says that he is it', async ({ expect }) => {
    await using bench = await createBench({ asked: { ...EXPECTED, monitors: [GPU_CHECK] } })
    const own = await bench.serve('run/monitors/gpu/gpu.sock', [ours()])
    await expect.poll(() => sources(bench, 'gpuIll'), POLL).toEqual(['gpu'])
    await own.close(0)
    await expect.poll(() => bench.problem('MonitorUnreachable', 'monitor:gpu'), POLL).toBeDefined()
    const at = join(bench.dir, 'gpu/gpu.sock')
    await bench.serve('gpu/elsewhere', [ours()])
    await chown(join(bench.dir, 'gpu/elsewhere'), 65_110, 0)
    await rename(join(bench.dir, 'gpu/elsewhere'), at)
    await expect
      .poll(() => bench.problem('MonitorRefused', `socket:${at}`), POLL)
      .toContain("this socket is of a user that Node Doctor's own does not run as (0, 65111)")
    expect(socketOf(bench, 'gpu')).toBe(join(bench.dir, 'run/monitors/gpu/gpu.sock'))
  }, 30_000)

  it('that is expected is at its own socket before anywhere else, whoever came first', async ({ expect }) => {
    await using bench = await createBench({ asked: EXPECTED })
    await bench.serve('gpu/gpu.sock', [ours()])
    await expect
      .poll(() => [health(bench, 'gpu'), socketOf(bench, 'gpu')], POLL)
      .toEqual(['alive', join(bench.dir, 'gpu/gpu.sock')])
    await bench.serve('run/monitors/gpu/gpu.sock', [ours()])
    await expect.poll(() => socketOf(bench, 'gpu'), POLL).toBe(join(bench.dir, 'run/monitors/gpu/gpu.sock'))
    expect(bench.problem('gpuIll')).toBeDefined()
  }, 30_000)

  it('keeps its name while it is away: a socket in another folder is not it', async ({ expect }) => {
    await using bench = await createBench({ asked: EXPECTED })
    const own = await bench.serve('run/monitors/gpu/gpu.sock', [ours()])
    await expect.poll(() => sources(bench, 'gpuIll'), POLL).toEqual(['gpu'])
    await own.close(0)
    await bench.serve('gpu/gpu.sock', [polled(() => ({ conditions: [condition('gpuIll')] }))])
    await expect
      .poll(() => bench.problem('MonitorRefused', `socket:${join(bench.dir, 'gpu/gpu.sock')}`), POLL)
      .toContain('does not describe itself as that monitor')
    expect(bench.problem('MonitorUnreachable', 'monitor:gpu')).toBeDefined()
    expect(bench.problem('gpuIll')).toBeDefined()
  }, 30_000)

  for (const [how, asked] of [
    ['is expected', { ...EXPECTED, monitors: [GPU_CHECK] }],
    ['is taken as it comes', AS_IT_COMES],
  ] as const)
    it(`that ${how} and has moved is asked where it is, as soon as its old place is lost, and what is known of it goes on`, async ({
      expect,
    }) => {
      await using bench = await createBench({ asked })
      const own = await bench.serve('run/monitors/gpu/gpu.sock', [ours()])
      await expect.poll(() => sources(bench, 'gpuIll'), POLL).toEqual(['gpu'])
      await own.close(0)
      await bench.serve('gpu/gpu.sock', [ours()])
      await expect
        .poll(() => [socketOf(bench, 'gpu'), health(bench, 'gpu')], POLL)
        .toEqual([join(bench.dir, 'gpu/gpu.sock'), 'alive'])
      await expect.poll(() => bench.problem('MonitorUnreachable', 'monitor:gpu'), POLL).toBeUndefined()
      await expect.poll(() => bench.problem('MonitorRefused'), POLL).toBeUndefined()
      const ill = [...bench.engine.state.problems.values()].filter(({ type }) => type === 'gpuIll')
      expect(ill.map(({ generation, phase }) => [generation, phase])).toEqual([[1, 'opened']])
    }, 30_000)

  it('that has nothing to watch here is not missed when it goes', async ({ expect }) => {
    await using bench = await createBench({ asked: AS_IT_COMES })
    const described = { name: 'gpu', checks: [], conditionTypes: [] }
    const implementation = streamingMonitor({ type: 'gpuIll', described, report: () => [] })
    const own = await bench.serve('run/monitors/gpu/gpu.sock', [{ definition: MonitorService, implementation }])
    await expect.poll(() => health(bench, 'gpu'), POLL).toBe('alive')
    await own.close(0)
    await expect.poll(() => bench.fleet.names(), POLL).toEqual([])
    expect([...bench.engine.state.problems.values()].map(({ type }) => type)).toEqual([])
  }, 30_000)

  it('may be elsewhere once it has been away for as long as a monitor is remembered', async ({ expect }) => {
    const asked = { ...EXPECTED, detector: { ...EXPECTED.detector, forgetAfterMs: 2000 } }
    await using bench = await createBench({ asked })
    const own = await bench.serve('run/monitors/gpu/gpu.sock', [ours()])
    await expect.poll(() => health(bench, 'gpu'), POLL).toBe('alive')
    await own.close(0)
    await bench.serve('gpu/gpu.sock', [ours()])
    await expect.poll(() => socketOf(bench, 'gpu'), POLL).toBe(join(bench.dir, 'gpu/gpu.sock'))
    await expect.poll(() => health(bench, 'gpu'), POLL).toBe('alive')
  }, 30_000)
})

describe.concurrent('a monitor of ours that has a check for every machine', () => {
  it('has its name to itself: a plug-in in a folder of that name is refused, also while it is down', async ({
    expect,
  }) => {
    const asked = { catalog: CATALOG, monitors: [{ monitor: 'system' }] }
    await using bench = await createBench({ asked })
    const socket = await bench.serve('system/elsewhere', [ill('systemIll')])
    await rename(join(bench.dir, 'system/elsewhere'), join(bench.dir, 'system/system.sock'))
    await expect
      .poll(() => bench.problem('MonitorRefused', `socket:${join(bench.dir, 'system/system.sock')}`), POLL)
      .toContain("system is a name of Node Doctor's own")
    expect(socketOf(bench, 'system')).toBe(join(bench.dir, 'run/monitors/system/system.sock'))
    expect(sources(bench, 'systemIll')).toBeUndefined()
    await socket.close(0)
  }, 30_000)

  it('leaves its types to nobody: a plug-in that says one is refused', async ({ expect }) => {
    const asked = { catalog: CATALOG, monitors: [{ monitor: 'system' }] }
    await using bench = await createBench({ asked })
    await bench.serve('vendor/vendor.sock', [ill('systemIll')])
    await expect
      .poll(() => bench.engine.state.monitors.get('vendor')?.lastViolations.map(({ text }) => text), POLL)
      .toEqual(['condition systemIll was refused: it belongs to system'])
  }, 30_000)
})
