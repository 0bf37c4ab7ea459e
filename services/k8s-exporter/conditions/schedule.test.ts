import { describe, expect, it } from 'vitest'
import { createSchedule, createSettling } from './schedule.ts'

function schedule() {
  const made = createSchedule({ heartbeatMs: 60_000, resyncMs: 300_000, random: () => 0.5 })
  made.begin(0)
  made.looked(0)
  return made
}

describe('when conditions are written', () => {
  it('comes by itself for a heartbeat and for a look', () => {
    const due = schedule()
    expect(due.dueInMs(0)).toBe(60_000)
    expect([due.isHeartbeatDue(59_999), due.isHeartbeatDue(60_000)]).toEqual([false, true])
    due.heartbeat(280_000)
    expect(due.dueInMs(280_000)).toBe(20_000)
    expect([due.isLookDue(299_999), due.isLookDue(300_000)]).toEqual([false, true])
    due.lookAgain()
    expect(due.dueInMs(280_000)).toBe(0)
  })

  it('comes again soon, and not without end, for a heartbeat that found nothing known', () => {
    const due = schedule()
    due.heartbeat(60_000, 1000)
    expect([due.dueInMs(60_000), due.isHeartbeatDue(60_999), due.isHeartbeatDue(61_000)]).toEqual([1000, false, true])
  })

  it('lets a change that comes alone go after five milliseconds', () => {
    const due = schedule()
    due.changed(1000)
    expect([due.dueInMs(1000), due.batchRestMs(1003)]).toEqual([5, 2])
  })

  it('waits for what comes after a change in one go, no longer than for a batch from the first on', () => {
    const due = schedule()
    for (const ms of [1000, 1004, 1008, 1012, 1016]) due.changed(ms)
    expect(due.batchRestMs(1016)).toBe(5)
    due.changed(1020)
    expect([due.dueInMs(1020), due.batchRestMs(1020), due.batchRestMs(2000)]).toEqual([5, 5, 0])
    expect(due.take()).toBe(1000)
    expect([due.waitingSinceMs, due.hasNews, due.batchRestMs(1020)]).toEqual([undefined, false, 0])
  })

  it('holds what has to wait, keeps since when, and looks again at what comes meanwhile', () => {
    const due = schedule()
    due.changed(1000)
    due.hold(1025, 9000, due.take())
    expect([due.waitingSinceMs, due.hasNews, due.dueInMs(1025)]).toEqual([1000, false, 9000])
    due.changed(2000)
    expect(due.dueInMs(2000)).toBe(5)
  })

  it('lets what is held go at once when the end is near', () => {
    const due = schedule()
    due.changed(1000)
    due.hold(1025, 9000, due.take())
    due.hurry()
    expect(due.dueInMs(1025)).toBe(0)
  })

  it('tries again what failed, with its heartbeat', () => {
    const due = schedule()
    due.heartbeat(60_000)
    due.failed(59_000, true)
    expect([due.waitingSinceMs, due.isHeartbeatDue(60_000)]).toEqual([59_000, true])
    due.failed(61_000, false)
    expect(due.waitingSinceMs).toBe(59_000)
  })
})

describe('what is known', () => {
  it('is settled when all was known for two minutes without a break', () => {
    const due = createSettling()
    expect([due.isSettled(true, 0), due.isSettled(true, 119_999), due.isSettled(true, 120_000)]).toEqual([
      false,
      false,
      true,
    ])
    expect([due.isSettled(false, 121_000), due.isSettled(true, 122_000)]).toEqual([false, false])
    expect(due.isSettled(true, 242_000)).toBe(true)
    due.unsettle()
    expect(due.isSettled(true, 243_000)).toBe(false)
  })
})
