import { afterEach, describe, expect, it } from 'vitest'
import type { EventView } from '#model'
import { diskCheck, memoryCheck, withChecks } from '../e2e/checks.ts'
import { type Constellation, startConstellation, until } from '../e2e/constellation.ts'
import { canMount, createDisk, type Disk } from '../e2e/disk.ts'

/** A server that hangs is replaced within this. */
const REPLACED_MS = 40_000

let c: Constellation | undefined
let disk: Disk | undefined
afterEach(async () => {
  await c?.stop()
  await disk?.remove()
  c = undefined
  disk = undefined
}, 60_000)

async function isLive(all: Constellation): Promise<boolean> {
  const { detector } = await all.status()
  return detector.state === 'live' && detector.behindSince === undefined
}

/** Stops the server for good; the next one answers, and readers are live on it. */
async function hang(all: Constellation): Promise<number> {
  const stopped = await until('a server runs', () => Promise.resolve(all.natsPid()))
  process.kill(stopped, 'SIGSTOP')
  const beganMs = performance.now()
  await until('another server runs', () => Promise.resolve(![undefined, stopped].includes(all.natsPid())), REPLACED_MS)
  const tookMs = performance.now() - beganMs
  await until('everything is live on it', () => isLive(all), 30_000)
  return tookMs
}

async function eventIds(all: Constellation): Promise<string[]> {
  return (await all.json<{ events: EventView[] }>('/events?limit=500')).events.map(({ id }) => id)
}

describe('a nats-server that hangs for good', () => {
  it('is replaced with the checks as they come, twice in a row', async () => {
    c = await startConstellation()
    await c.ready()
    const took = [await hang(c), await hang(c)]
    expect(Math.max(...took)).toBeLessThan(REPLACED_MS)
  })

  it.skipIf(!canMount)(
    'loses nothing of what happened meanwhile, and tells nothing twice, with a write a second',
    async () => {
      disk = await createDisk()
      const { mount } = disk
      c = await startConstellation({ config: withChecks(diskCheck(mount), memoryCheck()) })
      await c.ready()
      const all = c
      const stopped = await until('a server runs', () => Promise.resolve(all.natsPid()))
      process.kill(stopped, 'SIGSTOP')
      await disk.fill(0.95)
      await until(
        'another server runs',
        () => Promise.resolve(![undefined, stopped].includes(all.natsPid())),
        REPLACED_MS,
      )
      const problem = await until('the problem is open', () => all.problem('DiskFull', `disk:${mount}`), 30_000)
      expect(problem.generation).toBe(1)
      await disk.free()
      const over = async () => (await all.status()).resolved.find(({ type }) => type === 'DiskFull')
      expect(await until('it resolves', over, 30_000)).toMatchObject({ generation: 1 })
      const ids = await eventIds(all)
      expect(new Set(ids).size).toBe(ids.length)
    },
  )
})
