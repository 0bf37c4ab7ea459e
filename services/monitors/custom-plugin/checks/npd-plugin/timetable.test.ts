import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dueMs, startTicker, take, waiting } from './timetable.ts'

/** A ticker of Go, said naively: a channel with one place, in which a tick is put if there is room. Times when each batch begins. */
function goTicks(periodMs: number, batchesMs: readonly number[]): number[] {
  const begun: number[] = []
  let isFull = false
  let nextTickMs = periodMs
  let freeMs = batchesMs[0] ?? 0
  for (const lengthMs of batchesMs.slice(1)) {
    while (nextTickMs <= freeMs) {
      isFull = true
      nextTickMs += periodMs
    }
    let beginsMs = freeMs
    if (!isFull) {
      beginsMs = nextTickMs
      nextTickMs += periodMs
    }
    isFull = false
    begun.push(beginsMs)
    freeMs = beginsMs + lengthMs
  }
  return begun
}

function ourTicks(periodMs: number, batchesMs: readonly number[]): number[] {
  const begun: number[] = []
  let ticker = startTicker(periodMs, 0)
  let freeMs = batchesMs[0] ?? 0
  for (const lengthMs of batchesMs.slice(1)) {
    const beginsMs = Math.max(freeMs, dueMs(ticker))
    ticker = take(ticker, beginsMs)
    begun.push(beginsMs)
    freeMs = beginsMs + lengthMs
  }
  return begun
}

describe('a ticker', () => {
  it('begins batches when one of Go does, however long each takes', () => {
    const lengths = fc.array(fc.nat({ max: 500 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), lengths, (periodMs, batchesMs) => {
        expect(ourTicks(periodMs, batchesMs)).toEqual(goTicks(periodMs, batchesMs))
      }),
    )
  })

  it('remembers one tick that was missed, and keeps its beat', () => {
    // The boot batch takes 3.5 periods: one of three ticks is taken at once, the next when it is due.
    expect(ourTicks(10, [35, 1, 1, 1])).toEqual([35, 40, 50])
  })

  it('says how many ticks wait', () => {
    const ticker = take(startTicker(10, 100), 121)
    expect([121, 129, 130, 139, 140, 155].map((ms) => waiting(ticker, ms))).toEqual([0, 0, 1, 1, 2, 3])
  })
})
