import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExternalMonitorService, Severity } from '#proto/npd/external/v1/external_monitor.ts'
import { systemClock } from '#service'
import { defineCheck, defineMonitor } from './define.ts'
import { createPolled, GONE_MS } from './polled.ts'
import { checkOf } from './testing/scripted-monitor.ts'
import { closeStage, host, openStage, type Stage, watchMonitor } from './testing/stage.ts'
import type { Happening } from './types.ts'
import { UNTOLD_MAX } from './untold-events.ts'

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
  async function kept(): Promise<string | undefined> {
    const text = await readFile(join(stage.runDir, 'state/monitors/tiny/lines/cursor.json'), 'utf8').catch(() => '')
    return text.split('\n')[0]
  }
  return { client, told, checkHealth, kept }
}

it('a follower that is only polled waits for an answer while there is no room in it, and each line is in one', async () => {
  const { told, checkHealth, kept } = await following()
  const heard: string[] = []
  async function ask(): Promise<void> {
    const { events } = await checkHealth()
    expect(events.length).toBeLessThanOrEqual(UNTOLD_MAX)
    heard.push(...events.map(({ message }) => message))
  }
  for (let lines = UNTOLD_MAX; lines <= LINES; lines += UNTOLD_MAX) {
    await expect.poll(() => told.lines).toBe(lines)
    await ask()
  }
  await expect.poll(kept).toBe(String(LINES))
  await ask()
  expect(heard).toEqual(Array.from({ length: LINES }, (_, index) => `line ${index + 1}`))
})

it('what a turn has beyond that is told as a number', async () => {
  const severityOf = (index: number) => (index === 0 ? 'critical' : 'warning')
  const events = Array.from({ length: UNTOLD_MAX + 20 }, (_, index) => ({
    reason: 'DiskRemounted',
    severity: severityOf(index),
    message: `turn ${index}`,
  })) satisfies Happening[]
  const check = checkOf(() => ({ findings: [], events }))
  const definition = defineMonitor({ name: 'tiny', description: 'tiny', checks: [check] })
  const { client } = await host(stage, definition, [{ name: 'turns', type: check.type }])
  const { events: told } = await client.call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 })
  expect(told.slice(0, 3).map(({ reason, message }) => `${reason} ${message}`)).toEqual([
    'EventsDropped 20 events more happened since the answer before, the last of them when this one says; at most 100 are kept for an answer',
    'DiskRemounted turn 0',
    'DiskRemounted turn 21',
  ])
  expect(told[0]).toMatchObject({ severity: Severity.WARN, timestamp: told[1]?.timestamp })
})

it('one look by hand stops no follower that is polled', async () => {
  const { client, told, checkHealth } = await following()
  const look = watchMonitor(stage, client)
  await look.report()
  await expect.poll(() => told.lines).toBe(UNTOLD_MAX)
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
  await expect.poll(() => told.lines).toBe(UNTOLD_MAX)
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
  detector.ack({ ...first, sequence: 1 })
  await expect.poll(() => told.lines).toBeGreaterThanOrEqual(500)
  detector.ack({ ...first, sequence: 10 })
  await expect.poll(kept).not.toBe('')
  await detector.leave()
  const after = told.lines
  for (; laterMs < GONE_MS; laterMs += GONE_MS / 3) {
    await checkHealth()
    expect(told.lines).toBeLessThanOrEqual(after + 10)
  }
  async function askAgain(): Promise<number> {
    await checkHealth()
    return told.lines
  }
  await expect.poll(askAgain).toBe(LINES)
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
