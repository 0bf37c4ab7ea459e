import { describe, expect, it } from 'vitest'
import { conditionKey } from './keys.ts'
import { provenAt } from './proven.ts'
import { conditionType, createWorld, declaration, observation, report, T0 } from './testing.ts'
import { tellStory } from './testing-story.ts'

describe('a run of a check', () => {
  it('proves what its report names', () => {
    const story = tellStory()
    for (const _ of [0, 10, 20]) {
      story.look('healthy')
      story.pass(10)
    }
    expect(story.seen()).toMatchObject({ health: 'healthy', proven: 20 })
  })

  it('proves nothing of what its report leaves out, unless it has said that it named everything', () => {
    const story = tellStory()
    story.look('healthy')
    story.pass(10)
    story.deliver(story.report(undefined))
    expect(story.seen()).toMatchObject({ health: 'healthy', proven: 0 })
    story.pass(10)
    story.deliver(story.report(undefined, { complete: ['disk'] }))
    expect(story.seen()).toMatchObject({ health: 'healthy', proven: 20 })
  })

  it('that once left it out proves it no more: its own looks do, told in steps', () => {
    const story = tellStory()
    story.look('healthy')
    for (let at = 10; at <= 100; at += 10) {
      story.pass(10)
      if (at % 20 === 0) story.look('healthy')
      else story.deliver(story.report(undefined))
      const { proven } = story.seen()
      const named = Math.floor(at / 20) * 20
      expect(proven).toBeLessThanOrEqual(named)
      expect(proven).toBeGreaterThan(named - 15)
    }
  })

  it('proves nothing when it failed, or said it of another check', () => {
    const story = tellStory()
    story.look('healthy')
    story.pass(10)
    const said = story.report(undefined)
    story.deliver({ ...said, runs: said.runs.map((run) => ({ ...run, error: 'no such file' })) })
    expect(story.seen().proven).toBe(0)
    story.pass(10)
    story.look('healthy')
    expect(story.seen().proven).toBe(20)
  })

  it('of the report that was delivered again says nothing new', () => {
    const story = tellStory()
    const empty = story.report(undefined)
    story.deliver(empty)
    story.pass(10)
    story.look('healthy')
    story.deliver(empty)
    story.pass(10)
    story.look('healthy')
    expect(story.seen().proven).toBe(20)
  })
})

describe('what several see', () => {
  it('is proven well by the oldest of their looks', () => {
    const world = createWorld()
    const types = [conditionType('GpuHealth', { shared: true })]
    const checks = [{ check: 'check', conditionTypes: ['GpuHealth'], dependsOn: [] }]
    for (const name of ['a', 'b'])
      world.take({ kind: 'declared', declaration: declaration(name, types, { checks }), incarnation: 7 }, 0)
    const look = (monitor: string, ms: number) => {
      const started = new Date(T0 + ms)
      const run = { check: 'check', checkType: '', started, durationUs: 1, error: '', intervalMs: 1000 }
      const said = report([observation('GpuHealth', 'healthy', { observed: started })], { runs: [run] })
      world.take({ kind: 'report', monitor, violations: [], report: said }, ms)
    }
    look('b', 0)
    for (let ms = 0; ms <= 600_000; ms += 30_000) look('a', ms)
    const condition = world.state.conditions.get(conditionKey('GpuHealth', ''))
    const detector = { state: 'live', listeningSince: new Date(T0) } as const
    expect(condition && provenAt(condition, world.state.monitors, detector, new Date(T0 + 600_000))).toEqual(
      new Date(T0),
    )
  })
})
