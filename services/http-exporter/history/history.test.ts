import { describe, expect, it } from 'vitest'
import { renderEvent } from '#view'
import { type FakeClock, fakeClock } from '../../../libs/clock/testing.ts'
import { someCondition, someEvent, someProblem } from '../../../libs/view/testing.ts'
import { at, NONE, opened, problem, START } from './testing-history.ts'

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
