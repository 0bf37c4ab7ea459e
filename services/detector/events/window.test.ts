import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeEvent } from '#model'
import { event } from '../../../libs/model/testing.ts'
import { closed, counted, isForgotten, isOver, opened, secondOf, untold } from './window.ts'

const T0 = Date.parse('2026-05-12T03:14:20Z')
const at = (ms: number) => ({ wall: new Date(T0 + ms), monoMs: ms })

function one(ms: number, more: Partial<NodeEvent> = {}): NodeEvent {
  const when = new Date(T0 + ms)
  return { ...event('log', 'Xid'), message: `at ${ms}`, firstSeen: when, lastSeen: when, count: 1, ...more }
}

describe('one second of an event', () => {
  it('opens told, counts what comes, with its last words and its worst severity', () => {
    const window = counted(opened(one(0, { severity: 'error' }), 0), one(400, { severity: 'warning', count: 3 }), 400)
    expect(window).toMatchObject({ toldCount: 1, beganMs: 0, takenMs: 400, isClosed: false })
    expect(window.event).toMatchObject({ count: 4, message: 'at 400', severity: 'error', lastSeen: at(400).wall })
    expect(untold(window)).toBe(3)
  })

  it('is over with its second, when nothing came for 250 ms, and after 3 s whatever comes', () => {
    const window = opened(one(0), 0)
    expect([isOver(window, at(999)), isOver(window, at(1000))]).toEqual([false, true])
    const busy = counted(window, one(990), 990)
    expect([isOver(busy, at(1239)), isOver(busy, at(1240))]).toEqual([false, true])
    const flooded = counted(window, one(2900), 2900)
    expect([isOver(flooded, at(2999)), isOver(flooded, at(3000))]).toEqual([false, true])
  })

  it('is closed without a word left, is kept for 10 s after its last occurrence, and goes on when more comes', () => {
    const window = closed(counted(opened(one(0), 0), one(500), 500))
    expect(window).toMatchObject({ toldCount: 2, isClosed: true, event: { count: 2, message: '' } })
    expect([isForgotten(window, at(10_499)), isForgotten(window, at(10_500))]).toEqual([false, true])
    const again = counted(window, one(600), 1700)
    expect(again).toMatchObject({ isClosed: false, beganMs: 1700, toldCount: 2, event: { count: 3 } })
    expect([untold(again), isForgotten(again, at(60_000))]).toEqual([1, false])
  })

  it('is that of its first occurrence, also before 1970', () => {
    expect(secondOf({ firstSeen: new Date(1999) })).toBe(1)
    expect(secondOf({ firstSeen: new Date(-1) })).toBe(-1)
  })

  it('tells each occurrence once, however often it is closed and goes on', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('close'), fc.integer({ min: 1, max: 9 }))), (steps) => {
        let window = opened(one(0), 0)
        let told = 1
        let all = 1
        for (const step of steps) {
          if (step === 'close') {
            told += untold(window)
            window = closed(window)
          } else {
            all += Number(step)
            window = counted(window, one(0, { count: Number(step) }), 0)
          }
          expect(told + untold(window)).toBe(all)
          expect(window.event.count).toBe(all)
        }
      }),
    )
  })
})
