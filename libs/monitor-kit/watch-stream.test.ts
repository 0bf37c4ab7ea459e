import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { fakeClock } from '../clock/testing.ts'
import { createReportOutbox } from './outbox.ts'
import { HEARTBEAT_MS, startWatch } from './watch-stream.ts'

/** A watcher of a monitor whose process nothing else wakes: each wait takes as long as it may. */
function watched() {
  const clock = fakeClock()
  const beganMs = clock.monotonicMs()
  const said: (readonly [seconds: number, what: 'report' | 'beat'])[] = []
  const call = Object.assign(new EventEmitter(), {
    reads: true,
    write(bytes: Uint8Array) {
      const { report } = WatchResponse.decode(bytes)
      said.push([(clock.monotonicMs() - beganMs) / 1000, report === undefined ? 'beat' : 'report'])
      return call.reads
    },
    end: () => undefined,
  })
  const outbox = createReportOutbox(7)
  const watcher = startWatch(call, {
    outbox,
    present: () => [],
    clock: { ...clock, after: (ms, run, slackMs = 0) => clock.after(ms + slackMs, run) },
    onEnd: () => undefined,
    onClear: () => undefined,
    onTooLarge: () => undefined,
  })
  const start = { maxReportsPerSecond: 0, maxMessageBytes: 0 }
  call.emit('data', { request: { $case: 'start', value: start } })
  const nothing = { observations: [], withdrawn: [], events: [], metrics: [], runs: [], complete: [] }
  function tell(): void {
    const { sequence } = outbox.add({ ...nothing, time: clock.now() })
    watcher.tell({ sequence, samples: new Uint8Array(), count: 0 })
  }
  return { clock, call, said, tell }
}

it('a watcher hears of a silent monitor five seconds after the last message at the latest', async () => {
  const { clock, said, tell } = watched()
  await clock.advance(14_000)
  tell()
  await clock.advance(11_000)
  expect(said).toEqual([
    [0, 'beat'],
    [5, 'beat'],
    [10, 'beat'],
    [14, 'report'],
    [19, 'beat'],
    [24, 'beat'],
  ])
})

it('one that does not read hears nothing more, and a beat soon after it reads again', async () => {
  const { clock, call, said } = watched()
  call.reads = false
  await clock.advance(60_000)
  expect(said).toEqual([
    [0, 'beat'],
    [5, 'beat'],
  ])
  call.reads = true
  call.emit('drain')
  await clock.advance(HEARTBEAT_MS)
  expect(said.length).toBe(3)
})

it('one that is gone is waited for no more', async () => {
  const { clock, call } = watched()
  await clock.advance(1000)
  call.emit('close')
  expect(clock.sleeping).toBe(0)
})
