import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observationOf } from './findings.ts'
import { createPresent } from './present.ts'
import { healthy, pending, problem, wordsOf } from './testing/scripted-monitor.ts'

const time = (second: number) => new Date(second * 1000)

describe('the present state', () => {
  it('is what was said last, and since when', () => {
    const present = createPresent()
    present.note([observationOf(problem('DiskFull'), 'disk', time(1))], [])
    present.note([observationOf(problem('DiskFull', '', '97 % used'), 'disk', time(2))], [])
    const [condition] = [...present.conditions.values()]
    expect(condition?.since).toEqual(time(1))
    expect(present.observations()).toMatchObject([{ message: '97 % used', observed: time(2) }])
    present.note([observationOf(healthy('DiskFull'), 'disk', time(3))], [])
    expect([...present.conditions.values()][0]?.since).toEqual(time(3))
  })

  it('keeps a problem through what is pending', () => {
    const present = createPresent()
    present.note([observationOf(problem('DiskFull'), 'disk', time(1))], [])
    present.note([observationOf(pending('DiskFull'), 'disk', time(2))], [])
    expect(present.observations().map(wordsOf)).toEqual(['DiskFull problem AboveLimit'])
    expect([...present.conditions.values()][0]).toMatchObject({ since: time(1), latest: { pending: true } })
  })

  it('is pending where nothing else was ever said', () => {
    const present = createPresent()
    present.note([observationOf(pending('DiskFull'), 'disk', time(1))], [])
    expect([...present.conditions.values()][0]?.settled).toBeUndefined()
    expect(present.observations()).toMatchObject([{ pending: true }])
  })

  it('that was lost is what it was, since when it was so, in a word as old as the last that it is unknown', () => {
    const present = createPresent()
    const unknown = (second: number) =>
      observationOf({ ...healthy('DiskFull'), health: 'unknown' }, 'disk', time(second))
    present.note([observationOf(problem('DiskFull'), 'disk', time(1))], [])
    present.note([observationOf(pending('DiskFull'), 'disk', time(2))], [])
    present.lose([unknown(5)])
    present.lose([unknown(3)])
    expect(present.observations().map(wordsOf)).toEqual(['DiskFull unknown BelowLimit'])
    expect(present.regain()).toMatchObject([{ health: 'problem', since: time(1), observed: time(5) }])
    expect(present.observations().map(wordsOf)).toEqual(['DiskFull problem AboveLimit'])
    expect(present.regain()).toEqual([])
  })

  it('forgets what is withdrawn, and never has a condition twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('A', 'B'), fc.constantFrom('', 'disk:/'), fc.boolean()), { maxLength: 30 }),
        (steps) => {
          const present = createPresent()
          const expected = new Set<string>()
          for (const [type, entity, isThere] of steps) {
            if (isThere) present.note([observationOf(healthy(type, entity), 'disk', time(1))], [])
            else present.note([], [{ type, entity }])
            if (isThere) expected.add(`${type} ${entity}`)
            else expected.delete(`${type} ${entity}`)
          }
          const told = present.observations().map(({ type, entity }) => `${type} ${entity}`)
          expect(told.toSorted()).toEqual([...expected].toSorted())
        },
      ),
    )
  })
})
