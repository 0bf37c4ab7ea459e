import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Look, tellStory } from './testing-story.ts'

/** Looks ten seconds apart, from 0 on. */
function looked(...looks: readonly Look[]) {
  const story = tellStory()
  for (const [at, look] of looks.entries()) {
    if (at > 0) story.pass(10)
    story.look(look)
  }
  return story
}

describe('a look above its limit for too short a time', () => {
  it('is not known while nothing else was ever said, and says what is watched', () => {
    expect(looked('pending', 'pending').seen()).toEqual({
      health: 'unknown',
      held: 'pending',
      reason: 'BeingWatched',
      message: 'not known yet: 1 of 3',
      since: 0,
      proven: 0,
    })
  })

  it('says itself why it is not known where time will not tell', () => {
    const story = looked()
    story.deliver(story.report('pending', {}, { reason: 'LogNotWhole', message: 'no line in what is left' }))
    expect(story.seen()).toMatchObject({
      health: 'unknown',
      held: 'pending',
      reason: 'LogNotWhole',
      message: 'not known: no line in what is left',
    })
  })

  it('leaves healthy what was, proven when it was', () => {
    expect(looked('healthy', 'healthy', 'pending', 'pending').seen()).toMatchObject({
      health: 'healthy',
      held: 'pending',
      reason: 'NotSustainedYet',
      since: 0,
      proven: 10,
    })
  })

  it('leaves a problem what it was', () => {
    expect(looked('problem', 'pending').seen()).toMatchObject({ health: 'problem', held: 'unproven', since: 0 })
  })

  it('leaves unknown what could not be seen before', () => {
    expect(looked('healthy', 'unknown', 'pending').seen()).toMatchObject({ health: 'unknown', held: 'pending' })
  })

  it('becomes what the next look says that counts', () => {
    expect(looked('pending', 'healthy').seen()).toMatchObject({ health: 'healthy', held: '', since: 10, proven: 10 })
    expect(looked('pending', 'problem').seen()).toMatchObject({ health: 'problem', held: '', since: 10 })
  })

  it('of a monitor that was lost meanwhile is what it was before', () => {
    const settled = looked('healthy', 'pending')
    settled.lose()
    settled.pass(10)
    settled.restartMonitor()
    expect(settled.seen()).toMatchObject({ health: 'healthy', held: 'pending', since: 0, proven: 0 })
    const never = looked('pending')
    never.lose()
    never.pass(10)
    never.restartMonitor()
    expect(never.seen()).toMatchObject({ health: 'unknown', held: 'pending', since: 0 })
  })

  it('of a monitor started anew keeps what its earlier life had settled', () => {
    const story = looked('healthy')
    story.pass(10)
    story.restartMonitor()
    story.look('pending')
    expect(story.seen()).toMatchObject({ health: 'healthy', held: 'pending', since: 0, proven: 0 })
  })

  it('is never what makes something healthy, nor what proves it', () => {
    const looks = fc.array(fc.constantFrom<Look>('healthy', 'problem', 'unknown', 'pending'), { minLength: 1 })
    fc.assert(
      fc.property(looks, (all) => {
        const { health, proven } = looked(...all).seen()
        const settled = all.findLastIndex((look) => look !== 'pending')
        if (health !== 'healthy') return
        expect(all[settled]).toBe('healthy')
        expect(proven).toBeLessThanOrEqual(settled * 10)
      }),
    )
  })

  it('opens and closes no problem', () => {
    expect(looked('pending', 'pending').problem).toBeUndefined()
    expect(looked('problem', 'healthy', 'pending', 'healthy').problem).toMatchObject({ phase: 'opened' })
  })
})
