import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionKey } from './keys.ts'
import { isOpen } from './problem.ts'
import { conditionType, createWorld, declaration, observation, report, T0 } from './testing.ts'
import { type Look, type Story, tellStory } from './testing-story.ts'

describe('since when, to a node, a page and a command line alike', () => {
  it('is what the source says, and never before what it ended', () => {
    const story = tellStory()
    story.pass(100)
    story.look('healthy')
    story.pass(100)
    story.deliver(story.report('problem', {}, { since: new Date(T0 + 150_000) }))
    expect(story.seen()).toMatchObject({ health: 'problem', since: 150 })
    const other = tellStory()
    other.pass(100)
    other.look('healthy')
    other.pass(100)
    other.deliver(other.report('problem', {}, { since: new Date(T0) }))
    expect(other.seen()).toMatchObject({ health: 'problem', since: 100 })
  })

  it('of a report that was kept is when the check saw it', () => {
    const story = tellStory()
    story.look('healthy')
    const kept = [story.report('problem')]
    for (const _ of [1, 2]) {
      story.pass(600)
      kept.push(story.report('healthy'))
    }
    story.pass(1800)
    for (const said of kept.slice(0, 1)) story.deliver(said)
    expect(story.seen()).toMatchObject({ health: 'problem', since: 0, proven: 0 })
    for (const said of kept.slice(1)) story.deliver(said)
    expect(story.seen()).toMatchObject({ health: 'healthy', since: 1200, proven: 1200 })
    expect(story.problem).toMatchObject({ resolved: new Date(T0 + 1_200_000), openMs: 1_200_000 })
  })

  it('of what several see is when the last of them saw it well', () => {
    const world = createWorld()
    const types = [conditionType('GpuHealth', { shared: true, recovery: { kind: 'healthy-checks', count: 1 } })]
    for (const name of ['a', 'b'])
      world.take({ kind: 'declared', declaration: declaration(name, types), incarnation: 7 }, 0)
    const say = (monitor: string, health: Look, ms: number) => {
      const observations = [observation('GpuHealth', health === 'pending' ? 'healthy' : health)]
      world.take({ kind: 'report', monitor, violations: [], report: report(observations) }, ms)
    }
    say('a', 'healthy', 0)
    say('b', 'problem', 1000)
    say('b', 'healthy', 2000)
    const condition = world.state.conditions.get(conditionKey('GpuHealth', ''))
    expect(condition).toMatchObject({ since: new Date(T0 + 2000), statusSince: new Date(T0 + 2000) })
  })

  it('of a problem that outlived a reboot is when it was opened, also where the first look saw nothing', () => {
    for (const first of ['pending', 'unknown', 'problem'] as const) {
      const story = tellStory()
      story.look('problem')
      story.pass(100)
      story.reboot()
      story.look(first)
      story.pass(10)
      story.look('problem')
      expect({ first, ...story.seen() }).toMatchObject({ first, health: 'problem', since: 0 })
    }
  })

  it('is the problem’s own, whatever happens', () => {
    const step = fc.oneof(
      fc.constantFrom<Look>('healthy', 'problem', 'unknown', 'pending').map((look) => (story: Story) => {
        story.look(look)
      }),
      fc.constantFrom('lose', 'restartMonitor', 'reboot').map((what) => (story: Story) => story[what as 'lose']()),
      fc.integer({ min: -600, max: 600 }).map((wall) => (story: Story) => story.pass(1, wall)),
      fc.integer({ min: 1, max: 900 }).map((seconds) => (story: Story) => story.pass(seconds)),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const story = tellStory()
        story.look('healthy')
        for (const happen of steps) {
          happen(story)
          const { problem, state } = story
          const condition = state.conditions.get(conditionKey('DiskFull', 'disk:/var'))
          if (condition === undefined) continue
          expect(condition.statusSince).toEqual(condition.since)
          if (condition.health === 'problem' && isOpen(problem)) expect(condition.since).toEqual(problem.opened)
        }
      }),
      { numRuns: 300 },
    )
  })
})
