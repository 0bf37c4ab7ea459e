import { describe, expect, it } from 'vitest'
import type { EventView } from '#view'
import { createEventLog } from './event-log.ts'

describe('the last events', () => {
  it('keep the highest count of an event that is counted again from its beginning', () => {
    const log = createEventLog()
    const event = (count: number) => ({ id: 'a', count, lastSeen: '2026-05-12T03:14:20Z' }) as EventView
    expect(log.add(event(300))).toBe(true)
    expect(log.add(event(1))).toBe(false)
    expect(log.last(10)).toEqual([event(300)])
    expect(log.add(event(400))).toBe(true)
  })
})
