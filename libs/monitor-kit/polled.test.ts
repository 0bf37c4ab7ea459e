import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { systemClock } from '#service'
import { defineCheck, defineMonitor } from './define.ts'
import { createPolled, GONE_MS } from './polled.ts'
import { checkOf } from './testing/scripted-monitor.ts'
import { closeStage, host, openStage, type Stage, watchMonitor } from './testing/stage.ts'

/** More than wait for an acknowledgement. */
const LINES = 700

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => closeStage(stage))

/** A follower that tells so many lines, and then none. */
async function following(clock = systemClock()) {
  const told = { lines: 0 }
  const { create: _, ...lines } = checkOf(() => ({ findings: [] }))
  const definition = defineMonitor({
    name: 'tiny',
    description: 'tiny',
    checks: [
      defineCheck<unknown>({
        ...lines,
        async follow({ clock }, tell, signal) {
          for (let line = 1; line <= LINES; line++) {
            const event = { reason: 'DiskRemounted', severity: 'warning', message: `line ${line}` } as const
            await tell({ findings: [], events: [event] }, { cursor: line })
            told.lines = line
          }
          await clock.sleep(3_600_000, signal)
        },
      }),
    ],
  })
  const { client } = await host(stage, definition, [{ name: 'lines', type: lines.type }], clock)
  const checkHealth = () => client.call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 })
  const kept = () => readFile(join(stage.runDir, 'state/monitors/tiny/lines/cursor.json'), 'utf8').catch(() => '')
  return { client, told, checkHealth, kept }
}

it('a follower that nobody asks waits for room, and tells on once it is only polled, which keeps its cursor', async () => {
  const { told, checkHealth, kept } = await following()
  await expect.poll(() => told.lines).toBe(500)
  await checkHealth()
  await expect.poll(() => told.lines).toBe(LINES)
  await checkHealth()
  await expect.poll(kept).toBe(String(LINES))
})

it('one look by hand stops no follower that is polled', async () => {
  const { client, told, checkHealth } = await following()
  const look = watchMonitor(stage, client)
  await look.report()
  await expect.poll(() => told.lines).toBe(500)
  await look.leave()
  await expect
    .poll(async () => {
      await checkHealth()
      return told.lines
    })
    .toBe(LINES)
})

it('a follower that is polled and watched waits for the acknowledgement', async () => {
  const { client, told, checkHealth, kept } = await following()
  const detector = watchMonitor(stage, client)
  const first = await detector.report()
  await expect.poll(() => told.lines).toBe(500)
  await checkHealth()
  detector.ack({ ...first, sequence: 10 })
  await expect.poll(kept).not.toBe('')
  await detector.leave()
  await checkHealth()
  expect(told.lines).toBeLessThan(LINES)
})

it('a follower whose reader is gone for good waits for it no longer than it is polled all the time', async () => {
  let laterMs = 0
  const clock = systemClock()
  const { client, told, checkHealth, kept } = await following({
    ...clock,
    monotonicMs: () => clock.monotonicMs() + laterMs,
  })
  const detector = watchMonitor(stage, client)
  const first = await detector.report()
  await expect.poll(() => told.lines).toBe(500)
  detector.ack({ ...first, sequence: 10 })
  await expect.poll(kept).not.toBe('')
  await detector.leave()
  const after = told.lines
  for (; laterMs < GONE_MS; laterMs += GONE_MS / 3) {
    await checkHealth()
    expect(told.lines).toBeLessThanOrEqual(after + 10)
  }
  await checkHealth()
  await expect.poll(() => told.lines).toBe(LINES)
  await checkHealth()
  await expect.poll(kept).toBe(String(LINES))
})

describe('a monitor is only polled', () => {
  function world() {
    const now = { ms: 1_000_000, isWatched: false, acknowledgements: 0 }
    const polled = createPolled({
      clock: { monotonicMs: () => now.ms },
      isWatched: () => now.isWatched,
      acknowledgements: () => now.acknowledgements,
    })
    function askFor(ms: number, everyMs = 30_000): boolean {
      for (const endMs = now.ms + ms; now.ms < endMs; now.ms += everyMs) polled.asked()
      polled.asked()
      return polled.isPolled
    }
    return { now, polled, askFor }
  }

  it('once it is asked, where nobody ever acknowledged and nobody watches', () => {
    const { now, polled } = world()
    expect(polled.isPolled).toBe(false)
    polled.asked()
    expect(polled.isPolled).toBe(true)
    now.isWatched = true
    expect(polled.isPolled).toBe(false)
  })

  it('no longer once nobody has asked for more than five minutes: one look by hand does not make it so for ever', () => {
    const { now, polled, askFor } = world()
    polled.asked()
    now.ms += 300_000
    expect(polled.isPolled).toBe(true)
    now.ms += 1
    expect(polled.isPolled).toBe(false)
    expect(askFor(0)).toBe(true)
    now.acknowledgements = 5
    askFor(GONE_MS * 2)
    expect(polled.isPolled).toBe(true)
    now.ms += 300_001
    expect(polled.isPolled).toBe(false)
  })

  it('when the one that acknowledged has been away for ten minutes in which others asked, not when somebody asks by hand', () => {
    const { now, polled, askFor } = world()
    now.acknowledgements = 5
    expect(askFor(GONE_MS - 30_000)).toBe(false)
    now.ms += 30_000
    polled.asked()
    expect(polled.isPolled).toBe(true)
    now.acknowledgements++
    expect(polled.isPolled).toBe(false)
    expect(askFor(GONE_MS, 301_000)).toBe(false)
  })

  it('not when the one that acknowledges came back meanwhile', () => {
    const { now, askFor } = world()
    now.acknowledgements = 5
    askFor(GONE_MS / 2)
    now.acknowledgements = 6
    expect(askFor(GONE_MS - 30_000)).toBe(false)
    now.isWatched = true
    expect(askFor(GONE_MS * 2)).toBe(false)
    now.isWatched = false
    expect(askFor(GONE_MS - 30_000)).toBe(false)
  })
})
