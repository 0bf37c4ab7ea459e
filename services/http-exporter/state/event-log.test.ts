import { describe, expect, it } from 'vitest'
import type { EventView } from '#view'
import { createEventLog, EVENTS_KEPT, MESSAGES_KEPT } from './event-log.ts'

describe('the last events', () => {
  it('keep the highest count of an event that is counted again from its beginning', () => {
    const log = createEventLog()
    const event = (count: number) => ({ id: 'a', count, message: '', lastSeen: '2026-05-12T03:14:20Z' }) as EventView
    expect(log.add(event(300))).toBe(true)
    expect(log.add(event(1))).toBe(false)
    expect(log.last(10)).toEqual([event(300)])
    expect(log.add(event(400))).toBe(true)
  })

  it('have their messages whole as long as there is room; the oldest keep their beginnings', () => {
    const log = createEventLog()
    const long = 'line\n'.repeat(6000)
    const event = (number: number) =>
      ({ id: `${number}`, count: 1, message: long, lastSeen: new Date(number).toISOString() }) as EventView
    for (let number = 0; number < 2 * EVENTS_KEPT; number++) log.add(event(number))
    for (let number = 0; number < 2 * EVENTS_KEPT; number++) log.add({ ...event(number), count: 2 })
    const kept = log.last(1000)
    expect(kept).toHaveLength(EVENTS_KEPT)
    const whole = kept.findIndex(({ message }) => message !== long)
    expect(whole).toBeGreaterThan(10)
    expect(new Set(kept.slice(whole).map(({ message }) => message))).toEqual(new Set([`${long.slice(0, 1023)}…`]))
    expect(kept.reduce((sum, { message }) => sum + message.length, 0)).toBeLessThanOrEqual(MESSAGES_KEPT)
  })
})
