import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { defineCheck, defineMonitor } from './define.ts'
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
async function following() {
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
  const { client } = await host(stage, definition, [{ name: 'lines', type: lines.type }])
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
