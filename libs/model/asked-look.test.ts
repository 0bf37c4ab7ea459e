import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Story, tellStory } from './testing-story.ts'
import type { ConditionType, RecoveryRule } from './types.ts'

const healthyChecks = (count: number): Partial<ConditionType> => ({ recovery: [{ kind: 'healthy-checks', count }] })

function ask(story: Story, look: 'healthy' | 'problem' | 'unknown' | 'pending') {
  story.pass(0.01)
  story.deliver(story.report(look, {}, { asked: true }))
}

function turn(story: Story, look: 'healthy' | 'problem' | 'pending') {
  story.pass(10)
  story.look(look)
}

describe('a look that is asked for', () => {
  it('opens what it finds, and proves it over at once where one look does', () => {
    const story = tellStory(healthyChecks(1))
    ask(story, 'problem')
    expect(story.problem?.phase).toBe('opened')
    story.pass(1)
    ask(story, 'healthy')
    expect(story.problem).toMatchObject({ phase: 'resolved', proof: 'healthy-checks' })
    expect(story.seen()).toMatchObject({ health: 'healthy', held: '', since: 1 })
  })

  it('is none of several in a row, however often it is made, and takes none away from those that are counted', () => {
    const story = tellStory()
    turn(story, 'problem')
    for (let at = 0; at < 100; at++) ask(story, 'healthy')
    expect(story.seen()).toMatchObject({ health: 'problem', held: 'unproven' })
    turn(story, 'healthy')
    for (let at = 0; at < 100; at++) ask(story, 'healthy')
    expect(story.problem?.phase).toBe('opened')
    turn(story, 'healthy')
    expect(story.problem?.phase).toBe('resolved')
  })

  it('that still finds it ends the row', () => {
    const story = tellStory()
    turn(story, 'problem')
    turn(story, 'healthy')
    ask(story, 'problem')
    turn(story, 'healthy')
    expect(story.problem?.phase).toBe('opened')
    turn(story, 'healthy')
    expect(story.problem?.phase).toBe('resolved')
  })

  it('proves by time as any other where a rule asks for time', () => {
    const absent: RecoveryRule = { kind: 'absent', forMs: 60_000 }
    const story = tellStory({ recovery: [{ kind: 'healthy-checks', count: 9 }, absent] })
    story.look('problem')
    story.pass(59)
    ask(story, 'healthy')
    expect(story.problem?.phase).toBe('opened')
    story.pass(1)
    ask(story, 'healthy')
    expect(story.problem).toMatchObject({ phase: 'resolved', proof: 'absent' })
  })

  it('that was taken is known after a restart of the detector, and told again it is the same', () => {
    const story = tellStory()
    story.look('problem')
    story.pass(1)
    const asked = story.report('healthy', {}, { asked: true })
    story.deliver(asked)
    story.restartDetector()
    story.deliver({ ...asked, sequence: 90 })
    story.look('healthy')
    expect(story.problem?.phase).toBe('opened')
  })

  const step = fc.record({ isAsked: fc.boolean(), health: fc.constantFrom('healthy', 'problem', 'pending' as const) })

  it('never lets a rule of N looks be met by less than N turns in a row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.array(step, { maxLength: 60 }), (count, steps) => {
        const story = tellStory(healthyChecks(count))
        story.look('problem')
        let row = 0
        const phase = () => story.problem?.phase
        for (const { isAsked, health } of steps) {
          story.pass(1)
          const before = phase()
          if (isAsked) ask(story, health)
          else story.look(health)
          row = health !== 'healthy' ? 0 : isAsked ? row : row + 1
          if (before !== 'resolved' && phase() === 'resolved') expect(row).toBeGreaterThanOrEqual(count)
        }
      }),
    )
  })

  it('keeps nothing from being proven as soon as its turns prove it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(4), { minLength: 5, maxLength: 5 }),
        (count, asks) => {
          const story = tellStory(healthyChecks(count))
          story.look('problem')
          for (const times of asks.slice(0, count)) {
            for (let at = 0; at < times; at++) ask(story, 'healthy')
            story.pass(10)
            story.look('healthy')
          }
          expect(story.problem?.phase).toBe('resolved')
        },
      ),
    )
  })
})
