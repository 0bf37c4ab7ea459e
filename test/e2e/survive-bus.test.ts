import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EventView, HistoryView } from '#view'
import { diskCheck } from './checks.ts'
import { until } from './constellation.ts'
import { canMount } from './disk.ts'
import { asBefore, checks, isFresh, sinces, sleep, survivors } from './survivors.ts'

/** How long things are away: short here, at full length in `make soak`. */
const AWAY_MS = Number(process.env['NODE_DOCTOR_SOAK_AWAY_MS'] ?? 4000)

const scene = survivors()

describe('the bus', () => {
  it.skipIf(!canMount)(
    'that is away for a while costs nothing: what happened meanwhile arrives in order, once',
    async () => {
      const disk = await scene.disk()
      const c = await scene.start({ config: checks(diskCheck(disk.mount)) })
      await until(
        'the disk is well',
        async () => (await c.condition('DiskFull', `disk:${disk.mount}`))?.health === 'healthy',
      )
      const nats = await until('nats-server runs', () => c.natsPid())
      process.kill(nats, 'SIGSTOP')
      await disk.fill(0.95)
      await sleep(AWAY_MS / 2)
      await disk.free()
      await sleep(AWAY_MS)
      // One that stands still for long is replaced, and gone.
      if (c.natsPid() === nats) process.kill(nats, 'SIGCONT')
      const resolved = await until(
        'the whole story arrives',
        async () => (await c.status()).resolved.find(({ type }) => type === 'DiskFull'),
        40_000,
      )
      expect(resolved).toMatchObject({ generation: 1, proof: 'healthy-checks' })
      const history = await c.json<HistoryView>('/history?range=1h')
      const lane = history.lanes.find(({ label }) => label.includes(disk.mount))
      expect(lane?.intervals.filter(({ level }) => level === 'critical')).toHaveLength(1)
      await until('checks arrive again', () => isFresh(c, 3000))
    },
    120_000,
  )

  it('whose store is made anew under running exporters has the whole state again, and nothing is told twice', async () => {
    const c = await scene.start({ config: checks() })
    const before = sinces(await c.status())
    const ids = (await c.json<{ events: EventView[] }>('/events')).events.map(({ id }) => id)
    const nats = await until('nats-server runs', () => c.natsPid())
    await rm(join(c.runDir, 'bus', 'jetstream'), { recursive: true, force: true })
    process.kill(nats, 'SIGKILL')
    await until('another server runs', () => c.natsPid() !== undefined && c.natsPid() !== nats)
    await asBefore(c, before)
    await until('checks arrive again', () => isFresh(c, 3000), 30_000)
    const after = (await c.json<{ events: EventView[] }>('/events')).events.map(({ id }) => id)
    expect(new Set(after).size).toBe(after.length)
    for (const id of ids) expect(after).toContain(id)
  }, 90_000)
})
