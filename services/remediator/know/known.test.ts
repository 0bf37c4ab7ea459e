import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '#service'
import { createBusReader } from '../../../libs/bus/reader.ts'
import { startTestBus } from '../../../libs/bus/testing.ts'
import { startTestDetector } from '../../../libs/bus/testing-detector.ts'
import { HEARTBEAT_MS } from '../gates/outer.ts'
import { createKnown } from './known.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

describe('what the desk knows of the detector', () => {
  it('wakes it by the heartbeat that makes it believed, and by no other', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nd-known-'))
    ends.push(() => rm(dir, { recursive: true, force: true }))
    const bus = await startTestBus({ dir })
    ends.push(() => bus.close())
    const detector = await startTestDetector(bus)
    const ending = new AbortController()
    ends.push(async () => ending.abort())
    const { signal } = ending
    const real = systemClock()
    let laterMs = 0
    const clock = { ...real, monotonicMs: () => real.monotonicMs() + laterMs }
    let changes = 0
    const known = createKnown({
      ...{ reader: createBusReader(bus.consumer('remediator'), { signal }), safety: { nowMs: () => 0 }, clock, signal },
      changed: () => void changes++,
      isGoingDown: () => false,
    })
    await expect.poll(() => known.isKnown(), { timeout: 10_000 }).toBe(true)
    const beat = async (waitingMs: number): Promise<number> => {
      const before = changes
      detector.heartbeat(waitingMs)
      await expect.poll(() => known.detector(), { timeout: 5_000 }).toMatchObject({ waitingMs })
      await expect.poll(() => known.detector().heartbeatAgeMs ?? HEARTBEAT_MS, { timeout: 5_000 }).toBeLessThan(5_000)
      return changes - before
    }
    expect(await beat(1)).toBe(1)
    expect(await beat(2)).toBe(0)
    expect(await beat(3_000)).toBe(0)
    expect(await beat(3)).toBe(1)
    laterMs = 2 * HEARTBEAT_MS
    expect(await beat(4)).toBe(1)
  }, 30_000)
})
