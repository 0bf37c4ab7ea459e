import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { T0 } from './testing.ts'
import { type Story, tellStory } from './testing-story.ts'

/** A moment of the wall clock, in seconds since the story began. */
const at = (seconds: number) => new Date(T0 + seconds * 1000)

/** What is held of the one source of the story. */
function held(story: Story) {
  return [...story.state.sources.values()].find(({ monitor }) => monitor === 'system')
}

describe('a look that is told after one that was made later', () => {
  it('says nothing: neither what was found anew is over, nor what was proven gone is back', () => {
    const story = tellStory()
    story.look('healthy')
    story.pass(10)
    const older = story.report('healthy', {}, {})
    story.pass(5)
    story.look('problem')
    story.pass(5)
    // The run that began before ends now: its report is the last one.
    story.deliver({ ...older, sequence: 100, time: at(20) })
    expect(story.seen()).toMatchObject({ health: 'problem', since: 15, proven: 15 })
    expect(held(story)).toMatchObject({ sequence: 100, healthyStreak: 0, observation: { health: 'problem' } })
    const sick = story.report('problem', {}, {})
    for (const _ of [1, 2]) {
      story.pass(10)
      story.deliver(story.report('healthy', { sequence: 101 + _ }))
    }
    story.deliver({ ...sick, sequence: 200, time: at(60) })
    expect(story.seen()).toMatchObject({ health: 'healthy', since: 40, proven: 40 })
  })

  it('counts where it is the same moment, and where the later one has no time of its own', () => {
    const story = tellStory()
    const first = story.report('healthy')
    story.deliver(first)
    story.deliver({ ...story.report('problem', {}, { observed: at(0) }), time: at(1) })
    expect(story.seen().health).toBe('problem')
    const other = tellStory()
    other.pass(10)
    other.deliver(other.report('healthy', {}, { observed: undefined }))
    other.pass(10)
    other.deliver(other.report('problem', {}, { observed: at(5) }))
    expect(other.seen().health).toBe('problem')
  })

  it('counts where the later one could not see: a look that found something outweighs none', () => {
    const story = tellStory()
    story.look('healthy')
    story.pass(5)
    const older = story.report('problem', {}, {})
    story.pass(5)
    story.look('unknown')
    story.deliver({ ...older, sequence: 100, time: at(10) })
    expect(story.seen()).toMatchObject({ health: 'problem', since: 10 })
    expect(held(story)).toMatchObject({ sequence: 100, observation: { health: 'problem', observed: at(5) } })
  })

  it('takes nothing of its report but its number', () => {
    const story = tellStory()
    story.look('problem')
    story.take({ kind: 'cleared', type: 'DiskFull', entity: undefined, by: 'ann', why: 'mended' })
    story.deliver(story.report('problem', {}, { observed: at(0) }))
    expect(Object.keys(held(story) ?? {})).not.toContain('observations')
    expect(held(story)).toMatchObject({ sequence: 2, health: 'healthy' })
  })
})

const health = fc.constantFrom('healthy', 'problem', 'unknown' as const)

describe('whatever is told in whatever order', () => {
  it('the latest look is the one that is held, unless it could not see, while nobody sets the clock', () => {
    const looks = fc.array(fc.record({ health, agoMs: fc.nat(30_000) }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(looks, (all) => {
        const story = tellStory()
        story.pass(60)
        let latest = Number.NEGATIVE_INFINITY
        for (const one of all) {
          story.pass(1)
          const said = story.report(one.health)
          const observed = new Date(said.time.getTime() - one.agoMs)
          const isBlind = held(story)?.observation.health === 'unknown'
          story.deliver({ ...said, observations: said.observations.map((o) => ({ ...o, observed })) })
          latest = isBlind ? observed.getTime() : Math.max(latest, observed.getTime())
          expect(held(story)?.observation.observed?.getTime()).toBe(latest)
          expect(held(story)?.sequence).toBe(said.sequence)
        }
      }),
    )
  })

  it('a monitor that tells what it sees at once is never deaf, however the clock is set and however late it is heard', () => {
    const step = fc.record({
      health,
      seconds: fc.integer({ min: 1, max: 100 }),
      wall: fc.integer({ min: -5000, max: 5000 }),
      isKept: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const story = tellStory()
        const kept: ReturnType<Story['report']>[] = []
        for (const { health, seconds, wall, isKept } of steps) {
          story.pass(seconds, wall)
          kept.push(story.report(health))
          if (isKept) continue
          for (const one of kept.splice(0)) story.deliver(one)
          expect(held(story)?.observation.health).toBe(health)
        }
      }),
    )
  })
})
