import { describe, expect, it, vi } from 'vitest'
import { Node, type WatchNodeResponse } from '#proto/nodedoctor/v1/detector.ts'
import { ConditionStatus, Health, MonitorHealth, ProblemPhase, Severity } from '#proto/nodedoctor/v1/types.ts'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { type Ran, runCommand, runCommandBy } from '../testing.ts'
import { runDirOfTests } from '../testing-run-dir.ts'

const place = runDirOfTests()

const now = new Date()
function condition(type: string, health: Health, message: string) {
  const status = health === Health.PROBLEM ? ConditionStatus.TRUE : ConditionStatus.FALSE
  return { type, health, status, reason: String(health), message, since: now, observed: now, sources: ['system'] }
}
function problem(fingerprint: string, summary: string, phase: ProblemPhase = ProblemPhase.OPENED) {
  const severity = Severity.CRITICAL
  return { fingerprint, generation: 1, phase, type: 'T', summary, severity, opened: now, changed: now, openMs: 60_000 }
}
function monitor(name: string, health: MonitorHealth = MonitorHealth.ALIVE) {
  return { name, health, since: now }
}
function node(more: object): Node {
  return Node.fromPartial({ name: 'n1', time: now, detectorStarted: now, ...more } as never)
}

const BEFORE = node({
  conditions: [
    condition('MemoryLow', Health.HEALTHY, '20 GiB'),
    condition('LoadHigh', Health.HEALTHY, 'load 1'),
    condition('GpuLost', Health.HEALTHY, 'ok'),
  ],
  problems: [problem('a', '/var is 96 % full'), problem('b', 'a disk is slow')],
  monitors: [monitor('system'), monitor('gpu')],
})
const AFTER = node({
  conditions: [condition('MemoryLow', Health.PROBLEM, '1 GiB'), condition('LoadHigh', Health.HEALTHY, 'load 2')],
  problems: [problem('c', 'memory runs out')],
  resolved: [problem('a', '/var is 96 % full', ProblemPhase.RESOLVED)],
  monitors: [monitor('system', MonitorHealth.UNREACHABLE)],
})

/** A detector that is watched until it is stopped. */
async function detector(of: Node, onWatched: () => void, changes: WatchNodeResponse['change'][] = []): Promise<void> {
  await place.serve({
    watchNode: (call) => {
      call.write({ change: { $case: 'node', value: of } })
      for (const change of changes) call.write({ change })
      onWatched()
    },
  })
}

/** Ctrl-C, once what was printed so far is like this. */
async function interruptAfter(printed: RegExp): Promise<void> {
  const said = () =>
    vi
      .mocked(process.stdout.write)
      .mock.calls.map(([text]) => String(text))
      .join('')
  await vi.waitFor(() => expect(said()).toMatch(printed), { timeout: 10_000 })
  process.emit('SIGINT')
}

/** Watches one detector, kills it, and starts another in its place; `watch` ends at SIGINT, once it has summed up. */
async function overRestart(...argv: string[]): Promise<Ran> {
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  // What came as a change is known too.
  const lost = {
    $case: 'monitor',
    value: { ...BEFORE.monitors[1], health: MonitorHealth.UNREACHABLE },
  } as WatchNodeResponse['change']
  await detector(BEFORE, first.resolve, [lost])
  const ran = runCommand('watch', '--run-dir', place.dir, ...argv)
  await first.promise
  await place.endDetector()
  await detector(AFTER, second.resolve)
  await second.promise
  await interruptAfter(/(?:is back|"state":"back")[\s\S]*\n(?:.* UTC {2}node {5}|\{"kind":"node",).*\n/)
  return ran
}

describe('a detector that is killed under a watcher', () => {
  it('is said to be gone, is waited for, and what changed meanwhile is told once it is back', async () => {
    const { code, out, err } = await overRestart()
    expect([code, err]).toEqual([0, ''])
    const lines = out
      .trim()
      .split('\n')
      .map((line) => line.replace(/^(?:\d+ \w+ )?[\d:]{8} UTC {2}/, ''))
    expect(lines.slice(2, 4)).toEqual([
      expect.stringMatching(/^detector is gone: [^;]+; waiting until it is back, Ctrl-C ends$/),
      expect.stringMatching(/^detector is back after \d+ s; 7 changed meanwhile:$/),
    ])
    expect(lines.slice(4, 11)).toEqual(
      [
        'problem  MemoryLow: 1 GiB',
        'gone     GpuLost',
        'resolved over after 1 min: /var is 96 % full ()',
        'opened   critical: memory runs out',
        'gone     problem a disk is slow is not known any more',
        'monitor  system is unreachable: ',
        'gone     monitor gpu is not known any more',
      ].map((line) => line.trimEnd()),
    )
    expect(lines[11]).toMatch(/^node {5}2 problems: memory runs out/)
    expect(lines).toHaveLength(12)
  }, 20_000)

  it('is told in one JSON document a line', async () => {
    const { code, out } = await overRestart('-o', 'json')
    expect(code).toBe(0)
    const documents = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; state?: string; meanwhile?: boolean })
    expect(documents.map(({ kind, state }) => state ?? kind)).toEqual([
      'node',
      'monitor',
      'gone',
      'back',
      'condition',
      'condition-removed',
      'problem',
      'problem',
      'problem-removed',
      'monitor',
      'monitor-removed',
      'node',
    ])
    expect(documents.filter(({ meanwhile }) => meanwhile === true)).toHaveLength(7)
    expect(documents[3]).toEqual({ kind: 'detector', state: 'back', awayMs: expect.any(Number), changed: 7 })
  }, 20_000)

  it('is waited for as long as was asked', async () => {
    const watched = Promise.withResolvers<void>()
    await detector(BEFORE, watched.resolve)
    const clock = fakeClock()
    const ran = runCommandBy(clock, 'watch', '--wait', '10m', '--run-dir', place.dir)
    await watched.promise
    await place.endDetector()
    await expect.poll(() => clock.sleeping, { timeout: 10_000, interval: 5 }).toBe(2)
    await clock.advance(599_999)
    expect(clock.sleeping).toBe(1)
    await clock.advance(1)
    const { code, out, err } = await ran
    expect(err).toBe(
      `Not known: the detector is gone and did not come back within 10 min on ${place.dir}/detector/detector.sock.\nIs it running? Start it with: make run, and this command again.\n`,
    )
    expect([code, out.trim().split('\n'), clock.sleeping]).toMatchObject([3, { length: 2 }, 0])
  }, 20_000)

  it('refuses what is no duration', async () => {
    expect(await runCommand('watch', '--wait', 'soon')).toEqual({
      code: 2,
      out: '',
      err: 'node-doctor: watch: --wait soon: expected a duration, such as 30s or 10m\nnode-doctor --help lists what there is.\n',
    })
  })
})

/** A living detector that cuts its first watcher off; `onTaken` once it took the next. */
async function cutting(onTaken: () => void): Promise<void> {
  let isFirst = true
  await place.serve({
    watchNode: (call) => {
      call.write({ change: { $case: 'node', value: isFirst ? BEFORE : AFTER } })
      if (isFirst) call.emit('error', { code: 8, details: '10001 changes wait for this watcher; connect again' })
      else onTaken()
      isFirst = false
    },
  })
}

/** Until SIGINT, once it has said that the second connection answers. */
async function overCut(...argv: string[]): Promise<Ran> {
  const taken = Promise.withResolvers<void>()
  await cutting(taken.resolve)
  const ran = runCommand('watch', '--run-dir', place.dir, ...argv)
  await taken.promise
  await interruptAfter(/(?:is heard again|"state":"back").*\n/)
  return ran
}

describe('a watcher that is too slow for a detector that lives', () => {
  it('is told that it was cut off and asks again, not that the detector is gone', async () => {
    const { code, out, err } = await overCut()
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(
        /UTC {2}detector cut off this watcher \(10001 changes wait for this watcher; connect again\); asks again, Ctrl-C ends$/,
      ),
      expect.stringMatching(/UTC {2}detector is heard again after \d+ s; 7 changed meanwhile:$/),
    ])
  }, 20_000)

  it('is told so in JSON', async () => {
    const { out } = await overCut('-o', 'json')
    expect(JSON.parse(out.split('\n')[1] ?? '')).toEqual({
      kind: 'detector',
      state: 'cut-off',
      why: '10001 changes wait for this watcher; connect again',
    })
    expect(JSON.parse(out.split('\n')[2] ?? '')).toMatchObject({ kind: 'detector', state: 'back', changed: 7 })
  }, 20_000)

  it('asks as long as was asked', async () => {
    await cutting(() => undefined)
    const { code, err } = await runCommand('watch', '--wait', '0s', '--run-dir', place.dir)
    expect([code, err]).toEqual([
      3,
      `Not known: the detector cut off this watcher and did not answer it again within 0 s on ${place.dir}/detector/detector.sock.\nIt runs: start this command again.\n`,
    ])
  }, 20_000)

  it('is told by the help what is not told', async () => {
    expect((await runCommand('watch', '--help')).out).toContain(
      'is asked again. Then what changed meanwhile is printed;\nevents of the pause are not told.',
    )
  })
})
