import { describe, expect, it } from 'vitest'
import { entityWord, meantBy } from './clear.ts'
import { conditionKey } from './keys.ts'
import { conditionType, createWorld, declaration, observation, report, T0 } from './testing.ts'
import { told, worldWithDisk } from './testing-disk.ts'

describe('a problem', () => {
  it('may be cleared by a person, by name', () => {
    const { world, say } = worldWithDisk({ kind: 'operator' })
    say('problem', 1000)
    say('healthy', 2000)
    const word = { type: 'DiskFull', entity: 'disk:/var', by: 'ada', why: 'a disk was added' }
    const changes = world.take({ kind: 'cleared', ...word }, 3000)
    expect(told(changes)).toMatchObject([{ proof: 'operator', proofText: 'cleared by ada: a disk was added' }])
    expect(changes).toContainEqual(
      expect.objectContaining({ kind: 'event', value: expect.objectContaining({ reason: 'ProblemCleared' }) }),
    )
    expect(world.state.conditions.get(conditionKey('DiskFull', 'disk:/var'))?.health).toBe('healthy')
  })

  it('that a person cleared is not told as what the monitor said, once that monitor is lost', () => {
    const { world, say } = worldWithDisk({ kind: 'operator' })
    const message = () => world.state.conditions.get(conditionKey('DiskFull', 'disk:/var'))?.message
    say('problem', 1000)
    world.take({ kind: 'cleared', type: 'DiskFull', entity: undefined, by: 'ada', why: 'a disk was added' }, 3000)
    world.take({ kind: 'lost', monitor: 'system', reason: 'nobody listens' }, 4000)
    expect(message()).toBe('monitor system does not answer; what it said before was cleared by ada: a disk was added')
    say('healthy', 5000, { message: '40 % used' })
    world.take({ kind: 'lost', monitor: 'system', reason: 'nobody listens' }, 6000)
    expect(message()).toBe('monitor system does not answer; last it said: 40 % used')
  })

  it.each([undefined, true] as const)(
    'is over since the clear, and not since it was opened (word by word: %s)',
    (verbatim) => {
      const world = createWorld()
      const type = conditionType('AppBroken', verbatim === undefined ? {} : { verbatim })
      world.take({ kind: 'declared', declaration: declaration('system', [type]), incarnation: 7 }, 0)
      const since = new Date(T0 + 1000)
      const seen = report([observation('AppBroken', 'problem', { since, observed: since })])
      world.take({ kind: 'report', monitor: 'system', violations: [], report: seen }, 1000)
      world.take({ kind: 'cleared', type: 'AppBroken', entity: undefined, by: 'ada', why: 'seen' }, 60_000)
      const at = new Date(T0 + 60_000)
      expect(world.state.conditions.get(conditionKey('AppBroken', ''))).toMatchObject({
        ...{ health: 'healthy', since: at, statusSince: at },
      })
    },
  )

  it('of the node itself is meant by what is shown as its entity, and one of an entity of that name first', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000)
    const [disk] = world.state.problems.values()
    if (disk === undefined) throw new Error('no problem is open')
    const word = { type: 'DiskFull', entity: entityWord(''), by: 'ada', why: 'seen' }
    const [ofNode, ofNamesake] = [
      { ...disk, entity: '' },
      { ...disk, entity: 'node' },
    ]
    expect(meantBy([ofNode], word)).toEqual({ ...word, entity: '' })
    expect(meantBy([ofNode, ofNamesake], word)).toEqual(word)
    expect(meantBy([ofNode], { ...word, entity: 'disk:/var' }).entity).toBe('disk:/var')
    expect(meantBy([ofNode], { ...word, entity: undefined }).entity).toBeUndefined()
  })

  it('of a thing is meant by how people call it, alone or with its entity, where no entity has that name and only one thing', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000, { subject: 'GPU 3, H200' })
    const [card] = world.state.problems.values()
    if (card === undefined) throw new Error('no problem is open')
    const word = { type: 'DiskFull', by: 'ada', why: 'seen', entity: 'GPU 3, H200' }
    const twin = { ...card, entity: 'disk:/b' }
    expect(meantBy([card], word).entity).toBe('disk:/var')
    expect(meantBy([twin, card], { ...word, entity: 'GPU 3, H200 (disk:/var)' }).entity).toBe('disk:/var')
    expect(meantBy([twin, card], word).entity).toBe('GPU 3, H200')
    expect(meantBy([card, { ...twin, entity: 'GPU 3, H200' }], word).entity).toBe('GPU 3, H200')
    expect(meantBy([twin, { ...card, type: 'DiskReadOnly' }], word).entity).toBe('disk:/b')
    expect(meantBy([twin, { ...card, phase: 'resolved' as const }], word).entity).toBe('disk:/b')
    expect(
      meantBy(
        [
          { ...card, entity: '' },
          { ...twin, subject: 'node' },
        ],
        { ...word, entity: 'node' },
      ).entity,
    ).toBe('disk:/b')
  })

  it('stays cleared for every look that was made before, and opens anew at a later one', () => {
    const { world } = worldWithDisk()
    const look = (seenMs: number, atMs: number) =>
      told(
        world.take(
          {
            kind: 'report',
            monitor: 'system',
            violations: [],
            report: report([
              observation('DiskFull', 'problem', { entity: 'disk:/var', observed: new Date(T0 + seenMs) }),
            ]),
          },
          atMs,
        ),
      )
    expect(look(1000, 1000)).toHaveLength(1)
    world.take({ kind: 'cleared', type: 'DiskFull', entity: undefined, by: 'ada', why: 'seen' }, 3000)
    expect(look(2500, 4000)).toEqual([])
    expect(look(5000, 5000)).toMatchObject([{ phase: 'opened', generation: 2 }])
  })
})
