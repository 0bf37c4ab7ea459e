import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '#service'
import { createBusReader } from '../../../libs/bus/reader.ts'
import { startTestBus } from '../../../libs/bus/testing.ts'
import { startTestDetector } from '../../../libs/bus/testing-detector.ts'
import { jetStreamOf } from '../../../libs/bus/testing-readers.ts'
import { someCondition, someMonitor } from '../../../libs/view/testing.ts'
import { HEARTBEAT_MS } from '../gates/outer.ts'
import { createKnown } from './known.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function knowing(changed: () => void = () => undefined) {
  const dir = await mkdtemp(join(tmpdir(), 'nd-known-'))
  ends.push(() => rm(dir, { recursive: true, force: true }))
  const bus = await startTestBus({ dir })
  ends.push(() => bus.close())
  const detector = await startTestDetector(bus)
  const ending = new AbortController()
  ends.push(async () => ending.abort())
  const { signal } = ending
  const real = systemClock()
  const later = { ms: 0 }
  const clock = { ...real, monotonicMs: () => real.monotonicMs() + later.ms }
  const known = createKnown({
    reader: createBusReader(bus.consumer('remediator'), { signal }),
    ...{ safety: { nowMs: clock.monotonicMs }, clock, signal, changed },
    isGoingDown: () => false,
  })
  await expect.poll(() => known.isKnown(), { timeout: 10_000 }).toBe(true)
  return { bus, detector, known, later }
}

describe('what the desk knows of the detector', () => {
  it('wakes it by the heartbeat that makes it believed, and by no other', async () => {
    let changes = 0
    const { known, detector, later } = await knowing(() => void changes++)
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
    later.ms = 2 * HEARTBEAT_MS
    expect(await beat(4)).toBe(1)
  }, 30_000)
})

describe('a problem that the bus has none of', () => {
  const TELLER = { monitor: 'system', check: 'disk', type: 'DiskFull', entity: 'disk:/var' }

  it('is not there once its check has looked since the bus was read, and finds its condition well', async () => {
    const { bus, detector, known, later } = await knowing()
    const [run] = someMonitor().runs
    if (run === undefined) throw new Error('the monitor has a run')
    const looked = async (started: Date) => {
      await detector.monitor(someMonitor({ name: 'system', runs: [{ ...run, check: 'disk', started, durationUs: 0 }] }))
      await expect.poll(() => known.isWatching(TELLER), { timeout: 5_000 }).toBe(true)
    }
    expect(known.isAbsent(TELLER)).toBe(false)
    await looked(new Date(Date.now() - 1_000))
    expect(known.isAbsent(TELLER)).toBe(false)
    await looked(new Date(Date.now() + 1_000))
    await expect.poll(() => known.isAbsent(TELLER), { timeout: 5_000 }).toBe(true)
    // A version before this one kept neither type nor entity.
    expect(known.isAbsent({ monitor: 'system', check: 'disk' })).toBe(true)
    // Its looks find something that has not lasted yet.
    await detector.condition(someCondition({ health: 'unknown', held: 'pending' }))
    await expect.poll(() => known.isAbsent(TELLER), { timeout: 5_000 }).toBe(false)
    await detector.condition(someCondition({ health: 'healthy' }))
    await expect.poll(() => known.isAbsent(TELLER), { timeout: 5_000 }).toBe(true)
    // The store is made anew, and has nothing yet: what looked before that has not looked since.
    later.ms += 5_000
    const jsm = await jetStreamOf(bus)
    for (const { config } of await jsm.streams.list().next()) await jsm.streams.delete(config.name)
    await detector.writer.ensureStore({ node: 'worker-7', bootId: 'b1' })
    await expect.poll(() => known.isAbsent(TELLER), { timeout: 10_000 }).toBe(false)
  }, 30_000)

  it('is not there after a while where its check does not tell when it looks, and where the detector told it', async () => {
    const { detector, known, later } = await knowing()
    await detector.monitor(someMonitor({ name: 'system', runs: [] }))
    await expect.poll(() => known.isWatching(TELLER), { timeout: 5_000 }).toBe(true)
    const own = { monitor: 'detector', check: '', type: 'MonitorUnreachable', entity: 'monitor:system' }
    expect([known.isAbsent(TELLER), known.isAbsent(own)]).toEqual([false, false])
    later.ms += 61_000
    expect([known.isAbsent(TELLER), known.isAbsent(own)]).toEqual([true, true])
  }, 30_000)
})
