import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { renderEvent } from '#model'
import { type FakeClock, fakeClock } from '#service'
import { someCondition, someEvent, someMonitor, someProblem } from '../../../libs/model/view/testing.ts'
import { recordingLog, scratchFolder } from '../testing.ts'
import { graphsOf } from './display.ts'
import { type History, openHistory } from './history.ts'

const START = new Date('2026-05-12T03:14:20.000Z')
const MIB = 1024 ** 2

interface Opened {
  readonly history: History
  readonly clock: FakeClock
  readonly dir: string
  readonly log: ReturnType<typeof recordingLog>
}

async function opened(changes: { dir?: string; clock?: FakeClock; maxBytes?: number } = {}): Promise<Opened> {
  const dir = changes.dir ?? join(await scratchFolder(onTestFinished), 'history')
  const clock = changes.clock ?? fakeClock(START)
  const log = recordingLog()
  const history = await openHistory({
    dir,
    maxBytes: changes.maxBytes ?? 32 * MIB,
    retentionMs: 7 * 86_400_000,
    clock,
    log,
  })
  onTestFinished(() => history.close())
  return { history, clock, dir, log }
}

function at(clock: FakeClock, secondsAgo = 0): Date {
  return new Date(clock.now().getTime() - secondsAgo * 1000)
}

const GRAPHS = graphsOf([
  someMonitor({
    metrics: [
      graph('cpu_load_per_core', 'Load per core'),
      graph('memory_available_bytes', 'Memory available'),
      graph('disk_used_ratio', '{mount} used'),
    ],
  }),
])
const NONE = { evidence: new Map(), graphs: GRAPHS }

function graph(name: string, title: string) {
  return { name, title, help: '', kind: 'gauge' as const, unit: '' }
}
const problem = (since: Date, changes = {}) =>
  someCondition({ health: 'problem', status: 'True', severity: 'warning', reason: 'AboveLimit', since, ...changes })

describe('the history of a condition', () => {
  it('has an interval for each state that was not healthy', async () => {
    const { history, clock } = await opened()
    history.condition(someCondition())
    await clock.advance(60_000)
    history.condition(problem(at(clock)))
    await clock.advance(120_000)
    history.condition(problem(at(clock, 120), { severity: 'critical', reason: 'AboveCriticalLimit' }))
    await clock.advance(60_000)
    history.condition(someCondition({ since: at(clock) }))
    const { lanes } = await history.query('1h', NONE)
    expect(lanes).toEqual([
      {
        id: 'system/DiskFull/disk:/var',
        label: '/var full',
        intervals: [
          expect.objectContaining({
            from: '2026-05-12T03:15:20.000Z',
            to: '2026-05-12T03:17:20.000Z',
            level: 'warning',
          }),
          expect.objectContaining({
            from: '2026-05-12T03:17:20.000Z',
            to: '2026-05-12T03:18:20.000Z',
            level: 'critical',
          }),
        ],
        ticks: [],
        marks: [],
      },
    ])
  })

  it('has no lane for what was always healthy', async () => {
    const { history } = await opened()
    history.conditions([someCondition(), someCondition({ type: 'Other' })])
    expect((await history.query('1w', NONE)).lanes).toEqual([])
  })

  it('tells the same once, however often it comes', async () => {
    const { history, clock } = await opened()
    const since = at(clock, 10)
    for (let i = 0; i < 5; i++) {
      history.condition(problem(since, { message: `reading ${i}` }))
      await history.flush()
    }
    history.conditions([problem(since)])
    expect((await history.query('1h', NONE)).lanes[0]?.intervals).toHaveLength(1)
  })

  it('survives a restart, and goes on where it was', async () => {
    const first = await opened()
    const since = at(first.clock, 600)
    first.history.condition(problem(since))
    await first.history.close()
    const { history } = await opened({ dir: first.dir, clock: first.clock })
    await first.clock.advance(60_000)
    history.conditions([problem(since)])
    expect((await history.query('1h', NONE)).lanes[0]?.intervals).toEqual([
      { from: since.toISOString(), level: 'warning', reason: 'AboveLimit', message: expect.any(String) },
    ])
  })

  it('ends what is no longer there when the process comes back', async () => {
    const first = await opened()
    first.history.condition(problem(at(first.clock, 600)))
    await first.history.close()
    const { history, clock } = await opened({ dir: first.dir, clock: first.clock })
    history.conditions([])
    expect((await history.query('1h', NONE)).lanes[0]?.intervals[0]?.to).toBe(clock.now().toISOString())
  })

  it('ends when the condition goes', async () => {
    const { history, clock } = await opened()
    history.condition(problem(at(clock, 60)))
    history.conditionGone(problem(at(clock, 60)))
    expect((await history.query('1h', NONE)).lanes[0]?.intervals[0]?.to).toBe(clock.now().toISOString())
  })

  it('does not show an unknown of a few seconds at the start', async () => {
    const { history, clock } = await opened()
    history.condition(someCondition({ health: 'unknown', since: at(clock) }))
    await clock.advance(2000)
    history.condition(someCondition({ since: at(clock) }))
    expect((await history.query('1h', NONE)).lanes).toEqual([])
  })
})

describe('the history of a problem', () => {
  it('fills in what was opened and resolved while this process was down, once', async () => {
    const { history, clock } = await opened()
    const past = someProblem({ phase: 'resolved', opened: at(clock, 900), resolved: at(clock, 600) })
    history.problem(past)
    history.problem(past)
    await history.flush()
    history.problem({ ...past, revision: 9 })
    const [lane] = (await history.query('1h', NONE)).lanes
    expect(lane).toMatchObject({ id: 'system/DiskFull/disk:/var', intervals: [{ level: 'critical' }] })
    expect(lane?.intervals).toHaveLength(1)
  })

  it('adds nothing where the condition told it already', async () => {
    const { history, clock } = await opened()
    const since = at(clock, 300)
    history.condition(problem(since))
    await clock.advance(1000)
    history.condition(someCondition({ since: at(clock) }))
    history.problem(someProblem({ phase: 'resolved', opened: since, resolved: at(clock) }))
    expect((await history.query('1h', NONE)).lanes[0]?.intervals).toHaveLength(1)
  })

  it('has a lane of its own when it comes from events', async () => {
    const { history, clock } = await opened()
    const event = {
      fromEvent: true,
      fingerprint: 'system.OOMKill.node',
      type: 'OOMKill',
      entity: '',
      label: 'OOM kill',
    }
    history.problem(someProblem({ ...event, opened: at(clock, 60) }))
    history.event(
      renderEvent(someEvent({ reason: 'OOMKill', firstSeen: at(clock, 60), lastSeen: at(clock, 60) }), START),
    )
    const { lanes } = await history.query('1h', NONE)
    expect(lanes).toHaveLength(1)
    expect(lanes[0]).toMatchObject({
      id: 'event:system.OOMKill.node',
      label: 'OOM kill',
      intervals: [{ level: 'critical' }],
      ticks: [{ count: 1, reason: 'OOMKill' }],
    })
  })
})

describe('events and marks', () => {
  it('come once however often they are delivered, with their last count', async () => {
    const { history, clock } = await opened()
    const event = renderEvent(someEvent({ firstSeen: at(clock, 9), lastSeen: at(clock, 9) }), START)
    history.event(event)
    history.event({ ...event, count: 3 })
    const { lanes } = await history.query('1h', NONE)
    expect(lanes.map(({ label, ticks }) => [label, ticks.map(({ count }) => count)])).toEqual([['OOMKilling', [3]]])
    expect(history.recentEvents(10)).toEqual([{ ...event, count: 3 }])
  })

  it('are drawn at the lane of their entity', async () => {
    const { history, clock } = await opened()
    history.condition(problem(at(clock, 60)))
    const seen = at(clock, 50)
    history.event(
      renderEvent(someEvent({ entity: 'disk:/var', reason: 'IOError', firstSeen: seen, lastSeen: seen }), START),
    )
    const { lanes } = await history.query('1h', NONE)
    expect(lanes).toHaveLength(1)
    expect(lanes[0]?.ticks).toHaveLength(1)
  })

  it('show when a monitor was restarted', async () => {
    const { history, clock } = await opened()
    const seen = { firstSeen: at(clock, 5), lastSeen: at(clock, 5) }
    const restarted = someEvent({
      reason: 'MonitorRestarted',
      monitor: 'detector',
      entity: 'monitor:gpu',
      severity: 'info',
    })
    history.event(renderEvent({ ...restarted, ...seen }, START))
    history.event(renderEvent({ ...restarted, ...seen }, START))
    expect((await history.query('1h', NONE)).lanes).toMatchObject([
      {
        id: 'monitor:gpu',
        label: 'monitor gpu',
        marks: [{ kind: 'monitor-restart', at: seen.firstSeen.toISOString() }],
      },
    ])
  })

  it("stand on the monitor's own lane with the times it was unreachable", async () => {
    const { history, clock } = await opened()
    history.condition(
      problem(at(clock, 90), {
        type: 'MonitorUnreachable',
        entity: 'monitor:gpu',
        sources: ['detector'],
        label: 'gpu unreachable',
        severity: 'error',
      }),
    )
    expect((await history.query('1h', NONE)).lanes).toMatchObject([
      { id: 'monitor:gpu', label: 'gpu unreachable', intervals: [{ level: 'error' }] },
    ])
  })
})

describe('gaps', () => {
  const sight = (clock: FakeClock, changes = {}) => ({
    wall: clock.now(),
    monoMs: clock.monotonicMs(),
    bootId: 'b1',
    incarnation: '7',
    ...changes,
  })

  it('stand where the agent was silent for more than a minute', async () => {
    const { history, clock } = await opened()
    history.seen(sight(clock))
    await clock.advance(3000)
    history.seen(sight(clock))
    await clock.advance(59_000)
    history.seen(sight(clock))
    expect((await history.query('1h', NONE)).gaps).toEqual([])
    await clock.advance(300_000)
    expect((await history.query('1h', NONE)).gaps).toMatchObject([
      { from: '2026-05-12T03:15:22.000Z', to: '2026-05-12T03:20:22.000Z', kind: 'agent-down' },
    ])
    history.seen(sight(clock))
    expect((await history.query('1h', NONE)).gaps).toEqual([
      {
        from: '2026-05-12T03:15:22.000Z',
        to: '2026-05-12T03:20:22.000Z',
        kind: 'agent-down',
        text: 'agent silent for 5 min',
      },
    ])
  })

  it('do not come from a step of the wall clock', async () => {
    const { history, clock } = await opened()
    history.seen(sight(clock))
    clock.step(3_600_000)
    await clock.advance(15_000)
    history.seen(sight(clock))
    expect((await history.query('1w', NONE)).gaps).toEqual([])
  })

  it('say that the machine was rebooted and for how long it was down', async () => {
    const first = await opened()
    first.history.seen(sight(first.clock))
    await first.history.close()
    const clock = fakeClock(new Date(START.getTime() + 180_000))
    const { history } = await opened({ dir: first.dir, clock })
    history.seen(sight(clock, { bootId: 'b2', booted: at(clock, 60) }))
    expect((await history.query('1h', NONE)).gaps).toEqual([
      {
        from: START.toISOString(),
        to: at(clock, 60).toISOString(),
        kind: 'reboot',
        text: 'rebooted, down for 2 min',
      },
    ])
  })

  it('mark a restart of the detector', async () => {
    const { history, clock } = await opened()
    history.seen(sight(clock))
    await clock.advance(5000)
    history.seen(sight(clock, { incarnation: '8' }))
    expect((await history.query('1h', NONE)).lanes).toMatchObject([{ id: 'monitor:detector', marks: [{}] }])
  })
})

describe('samples', () => {
  async function sampled(history: History, clock: FakeClock, minutes: number, valueAt: (minute: number) => number) {
    for (let i = 0; i < minutes * 4; i++) {
      history.sample(new Map([['cpu_load_per_core', valueAt(i / 4)]]))
      await clock.advance(15_000)
      await history.turn()
    }
  }

  it('are kept every 15 s for an hour and drawn in their unit', async () => {
    const { history, clock } = await opened()
    history.sample(
      new Map([
        ['disk_used_ratio{mount="/var"}', 0.962],
        ['memory_available_bytes', 4 * 1024 ** 3],
        ['memory_size_bytes', 16 * 1024 ** 3],
        ['some_other_thing', 5],
      ]),
    )
    await clock.advance(15_000)
    await history.turn()
    const evidence = new Map([['disk_used_ratio{mount="/var"}', { unit: '%', limit: 85 }]])
    const { series } = await history.query('1h', { evidence, graphs: GRAPHS })
    expect(series.map(({ points, ...rest }) => ({ ...rest, last: points.at(-1)?.[1] }))).toEqual([
      { key: 'memory_available_bytes', title: 'Memory available', unit: 'GiB', min: 0, max: 16, last: 4 },
      { key: 'disk_used_ratio{mount="/var"}', title: '/var used', unit: '%', min: 0, max: 100, limit: 85, last: 96.2 },
    ])
  })

  it('of one plug-in are a few, after all of ours, so that the next one’s are drawn too', async () => {
    const { history, clock } = await opened()
    const plugIn = (name: string) => someMonitor({ name, origin: 'discovered', metrics: [graph(name, name)] })
    const many = Array.from({ length: 40 }, (_, i) => [`aaa{n="${i}"}`, i] as const)
    history.sample(new Map([...many, ['zzz', 1], ['cpu_load_per_core', 1]]))
    await clock.advance(15_000)
    await history.turn()
    const system = someMonitor({ metrics: [graph('cpu_load_per_core', 'Load per core')] })
    const graphs = graphsOf([plugIn('aaa'), plugIn('zzz'), system])
    const titles = (await history.query('1h', { evidence: new Map(), graphs })).series.map(({ title }) => title)
    expect(titles).toHaveLength(10)
    expect([titles.at(0), titles.at(-1)]).toEqual(['Load per core', 'zzz'])
  })

  it('grow coarser with age and stay true on the way', async () => {
    const { history, clock } = await opened()
    await sampled(history, clock, 180, (minute) => minute)
    const points = async (range: '1h' | '6h' | '1w') => (await history.query(range, NONE)).series[0]?.points ?? []
    expect((await points('1h')).length).toBeGreaterThan(230)
    const six = await points('6h')
    expect(six.length).toBeGreaterThanOrEqual(180)
    expect(six.length).toBeLessThanOrEqual(182)
    const start = (six[0]?.[0] ?? 0) * 1000
    for (const [time, value] of six) {
      expect(Math.abs((value ?? 0) - (time * 1000 - start) / 60_000)).toBeLessThan(1)
    }
    const week = await points('1w')
    expect(week.length).toBeGreaterThanOrEqual(6)
    expect(week.length).toBeLessThanOrEqual(8)
  })

  it('have a hole where nothing came', async () => {
    const { history, clock } = await opened()
    await sampled(history, clock, 5, () => 1)
    await clock.advance(600_000)
    await sampled(history, clock, 5, () => 1)
    const points = (await history.query('1h', NONE)).series[0]?.points ?? []
    expect(points.filter(([, value]) => value === null)).toHaveLength(1)
  })
})

describe('the file', () => {
  it('is readable by the group at most and lies in its own folder', async () => {
    const { history, clock, dir } = await opened()
    history.condition(problem(at(clock)))
    await history.flush()
    expect(statSync(join(dir, 'history.db')).mode & 0o777).toBe(0o640)
    expect(statSync(dir).mode & 0o777).toBe(0o750)
    expect(readdirSync(dir).sort()).toEqual(['.probe', 'history.db', 'history.db-wal'])
  })

  it('starts anew when it is damaged, says so, and is well after that', async () => {
    const first = await opened()
    first.history.condition(problem(at(first.clock, 100)))
    await first.history.close()
    writeFileSync(join(first.dir, 'history.db'), 'not a database'.repeat(1000))
    const { history, log, clock } = await opened({ dir: first.dir })
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'the history was damaged and starts anew' }),
    )
    history.condition(problem(at(clock)))
    const view = await history.query('1h', NONE)
    expect(view).toMatchObject({ note: 'The history was damaged and starts anew.', knownFrom: START.toISOString() })
    expect(view.lanes).toHaveLength(1)
    expect(history.stats().onDisk).toBe(true)
    await clock.advance(2 * 3_600_000)
    expect((await history.query('1h', NONE)).note).toBe('')
  })

  it('starts anew when its end was torn off', async () => {
    const first = await opened()
    for (let i = 0; i < 500; i++) first.history.condition(problem(at(first.clock), { entity: `disk:/mnt/${i}` }))
    await first.history.close()
    truncateSync(join(first.dir, 'history.db'), 8192)
    const { history } = await opened({ dir: first.dir })
    expect((await history.query('1h', NONE)).note).toContain('damaged')
  })

  it('is replaced by memory where it cannot be made, and says why', async () => {
    const dir = await scratchFolder(onTestFinished)
    writeFileSync(join(dir, 'history'), 'a file where the folder should be')
    const { history, clock } = await opened({ dir: join(dir, 'history') })
    history.condition(problem(at(clock)))
    const view = await history.query('1h', NONE)
    expect(view.note).toMatch(
      /^The history cannot be kept on disk \(.*EEXIST.*\); it is in memory and ends with this process\.$/,
    )
    expect(view.lanes).toHaveLength(1)
    expect(history.stats().onDisk).toBe(false)
  })

  it('takes over from memory when the disk can be written again', async () => {
    const base = await scratchFolder(onTestFinished)
    const dir = join(base, 'history')
    mkdirSync(dir)
    mkdirSync(join(dir, 'history.db'))
    const { history, clock } = await opened({ dir })
    history.condition(problem(at(clock)))
    history.event(renderEvent(someEvent({ lastSeen: at(clock) }), START))
    history.sample(new Map([['cpu_load_per_core', 0.5]]))
    await clock.advance(15_000)
    await history.turn()
    expect(history.stats().onDisk).toBe(false)
    const { rmdirSync } = await import('node:fs')
    rmdirSync(join(dir, 'history.db'))
    await clock.advance(60_000)
    await history.turn()
    expect(history.stats().onDisk).toBe(true)
    await history.close()
    const again = await opened({ dir, clock })
    const view = await again.history.query('1h', NONE)
    expect(view.note).toBe('')
    expect(view.lanes.map(({ label }) => label).sort()).toEqual(['/var full', 'OOMKilling'])
    expect(view.series).toHaveLength(1)
  })

  it('stays within its limit, and says how far back it knows', async () => {
    const { history, clock, dir } = await opened({ maxBytes: 3 * MIB })
    const noise = 'x'.repeat(900)
    for (let i = 0; i < 6000; i++) {
      if (i % 400 === 0) {
        await history.flush()
        await clock.advance(120_000)
        await history.turn()
      }
      const seen = { firstSeen: clock.now(), lastSeen: clock.now() }
      history.event(renderEvent(someEvent({ id: `e${i}`, message: noise, ...seen }), START))
    }
    await history.flush()
    await clock.advance(600_000)
    await history.turn()
    const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
    expect(bytes).toBeLessThan(4 * MIB)
    const { knownFrom, note } = await history.query('1w', NONE)
    expect(note).toBe('')
    expect(Date.parse(knownFrom)).toBeGreaterThan(START.getTime())
    expect(history.stats()).toMatchObject({ onDisk: true, dropped: 0 })
  })
})

describe('a storm', () => {
  it('drops what is spare beyond five thousand waiting facts, and counts it', async () => {
    const { history, clock } = await opened()
    history.event(renderEvent(someEvent({ id: 'first', lastSeen: at(clock) }), START))
    await history.flush()
    for (let i = 0; i < 6000; i++) history.event(renderEvent(someEvent({ id: `e${i}`, lastSeen: at(clock) }), START))
    history.condition(problem(at(clock)))
    expect(history.stats().dropped).toBe(1000)
    expect((await history.query('1h', NONE)).lanes.map(({ label }) => label)).toContain('/var full')
  })
})
