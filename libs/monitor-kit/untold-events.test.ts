import { describe, expect, it } from 'vitest'
import type { NodeEvent, Severity } from '#model'
import { eventOf } from './findings.ts'
import { createUntoldEvents, UNTOLD_MAX } from './untold-events.ts'

const ORIGIN = { monitor: 'tiny', check: 'lines' }

function events(from: number, many: number, severity: Severity = 'warning'): NodeEvent[] {
  return Array.from({ length: many }, (_, i) => {
    const happening = { reason: 'Seen', severity, message: `${severity} ${from + i}` }
    return eventOf(happening, { ...ORIGIN, now: new Date(1000 * (from + i)) })
  })
}

const words = (kept: readonly NodeEvent[]) => kept.map(({ message }) => message)

describe('what happened since the last answer', () => {
  it('is told in its order, once', () => {
    const untold = createUntoldEvents(() => true)
    untold.add(events(1, 2), false)
    untold.add(events(3, 1, 'info'), true)
    const { events: taken, dropped } = untold.take()
    expect(words(taken)).toEqual(['warning 1', 'warning 2', 'info 3'])
    expect(dropped).toBeUndefined()
    expect(untold.take()).toEqual({ events: [], dropped: undefined })
  })

  it('where there is no room for it loses the least severe first, of the same the oldest, and says how many and up to when', () => {
    const untold = createUntoldEvents(() => true)
    untold.add(events(1, 3, 'critical'), false)
    untold.add(events(4, UNTOLD_MAX), false)
    untold.add(events(200, 2, 'info'), false)
    const { events: taken, dropped } = untold.take()
    expect(dropped).toEqual({ count: 5, last: new Date(201_000) })
    expect(words(taken).slice(0, 4)).toEqual(['critical 1', 'critical 2', 'critical 3', 'warning 7'])
    expect(taken).toHaveLength(UNTOLD_MAX)
  })

  it('loses nothing that a cursor stands behind: who told it waits while there is no room', () => {
    const untold = createUntoldEvents(() => true)
    untold.add(events(1, UNTOLD_MAX - 1, 'info'), true)
    expect(untold.isFull).toBe(false)
    untold.add(events(100, 5, 'info'), true)
    expect(untold.isFull).toBe(true)
    untold.add(events(200, 3, 'critical'), false)
    const { events: taken, dropped } = untold.take()
    expect([taken.length, dropped?.count]).toEqual([UNTOLD_MAX + 4, 3])
    expect(untold.isFull).toBe(false)
  })

  it('is the last of it where somebody else has all of it', () => {
    const untold = createUntoldEvents(() => false)
    untold.add(events(1, UNTOLD_MAX, 'critical'), true)
    untold.add(events(200, 2, 'info'), true)
    const { events: taken, dropped } = untold.take()
    expect([words(taken).at(0), words(taken).at(-1), dropped?.count]).toEqual(['critical 3', 'info 201', 2])
  })
})
