import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { fakeClock } from '../clock/testing.ts'
import { createReportOutbox } from './outbox.ts'
import { createWatchQueue } from './watch-queue.ts'
import { createWatchSender } from './watch-sender.ts'

const NOTHING = { observations: [], events: [], metrics: [], runs: [], withdrawn: [], complete: [] }

function watched(presentReports = 0) {
  const clock = fakeClock()
  const outbox = createReportOutbox(7)
  const report = () => ({ ...NOTHING, time: clock.now() })
  const queue = createWatchQueue(outbox, () => Array.from({ length: presentReports }, () => outbox.number(report())))
  const told: (number | undefined)[] = []
  const tooLarge: string[] = []
  let takes = true
  const sender = createWatchSender({
    clock,
    outbox,
    queue,
    write(response) {
      told.push(WatchResponse.decode(response).report?.sequence)
      return takes
    },
    onTooLarge: (bytes, limit) => tooLarge.push(`${bytes} of ${limit}`),
  })
  return {
    clock,
    outbox,
    sender,
    told,
    tooLarge,
    add: () => outbox.add(report()).sequence,
    takes: (does: boolean) => {
      takes = does
    },
  }
}

const news = (sequence: number) => ({ sequence, samples: new Uint8Array(), count: 0 })

describe('what a watcher is told', () => {
  it('is what it has not acknowledged, then the present state once, then what is new', () => {
    const { sender, told, add } = watched(2)
    add()
    add()
    sender.pump()
    expect(told).toEqual([1, 2, 3, 4])
    sender.tell(news(add()))
    expect(told).toEqual([1, 2, 3, 4, 5])
  })

  it('comes at the pace it asked for, and nothing after the end', async () => {
    const { sender, told, add, clock } = watched()
    sender.limit({ maxReportsPerSecond: 10, maxMessageBytes: 0 })
    for (let i = 0; i < 100; i++) add()
    sender.pump()
    const atOnce = told.length
    await clock.advance(5000)
    // 8 a second: a fifth below what would be shed.
    expect(told.length - atOnce).toBeGreaterThanOrEqual(39)
    expect(told.length - atOnce).toBeLessThanOrEqual(41)
    sender.end()
    const before = told.length
    await clock.advance(5000)
    expect([told.length, clock.sleeping]).toEqual([before, 0])
  })

  it('is what was seen, without what was measured, where both are more than it takes', () => {
    const { sender, told, tooLarge, add } = watched()
    sender.limit({ maxReportsPerSecond: 0, maxMessageBytes: 65_536 })
    sender.tell({ sequence: add(), samples: new Uint8Array(70_000), count: 1 })
    expect([told, tooLarge]).toEqual([[1], []])
  })

  it('waits while it does not read, a beat as well', () => {
    const { sender, told, add, takes } = watched()
    takes(false)
    add()
    add()
    sender.pump()
    sender.beat(0)
    expect(told).toEqual([1])
    takes(true)
    sender.drained()
    expect(told).toEqual([1, 2])
  })

  it('is a beat where nothing was said for so long', async () => {
    const { sender, told, add, clock } = watched()
    add()
    sender.pump()
    await clock.advance(2499)
    sender.beat(2500)
    expect(told).toEqual([1])
    await clock.advance(1)
    sender.beat(2500)
    expect(told).toEqual([1, undefined])
  })

  it('is not what it cannot take: that is dropped, and said', () => {
    const { sender, told, add, outbox, tooLarge } = watched()
    sender.limit({ maxReportsPerSecond: 0, maxMessageBytes: 1 })
    add()
    sender.pump()
    expect([told, outbox.dropped, outbox.length]).toEqual([[], 1, 0])
    expect(tooLarge).toEqual([expect.stringMatching(/^\d+ of 1$/)])
  })

  it('is every report once, in order, whatever comes in between', async () => {
    const step = fc.oneof(
      fc.constant('new' as const),
      fc.constant('full' as const),
      fc.constant('drain' as const),
      fc.nat({ max: 500 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat({ max: 3 }), async (steps, presentReports) => {
        const { sender, told, add, clock, outbox, takes } = watched(presentReports)
        sender.limit({ maxReportsPerSecond: 20, maxMessageBytes: 0 })
        for (const each of steps) {
          if (each === 'new') sender.tell(news(add()))
          else if (typeof each === 'number') await clock.advance(each)
          else takes(each === 'drain')
          if (each === 'drain') sender.drained()
        }
        takes(true)
        sender.drained()
        await clock.advance(60_000)
        expect(told).toEqual(Array.from({ length: outbox.sequence }, (_, i) => i + 1))
      }),
      { numRuns: 60 },
    )
  })
})
