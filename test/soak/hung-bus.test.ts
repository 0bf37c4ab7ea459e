import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { EventView, HistoryView } from '#view'
import { diskCheck, memoryCheck, withChecks } from '../e2e/checks.ts'
import { type Constellation, startConstellation, until } from '../e2e/constellation.ts'
import { canMount, createDisk, type Disk } from '../e2e/disk.ts'

/** A server that hangs is replaced within this. */
const REPLACED_MS = 40_000
/** How long nobody lets it go on. */
const HUNG_MS = 90_000

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

/**
 * Puts a nats-server before the real one in the path, whose first start stands still before it listens, and gives its
 * number to a file.
 */
async function stoppedAtFirst(dir: string): Promise<{ readonly path: string; readonly pid: () => Promise<number> }> {
  const real = execFileSync('sh', ['-c', 'command -v nats-server'], { encoding: 'utf8' }).trim()
  const file = join(dir, 'stopped')
  const script = `#!/bin/bash\n[ -e ${file} ] || { echo $$ > ${file}; kill -STOP $$; }\nexec -a nats-server ${real} "$@"\n`
  await writeFile(join(dir, 'nats-server'), script, { mode: 0o755 })
  const pid = async () => Number(existsSync(file) ? await readFile(file, 'utf8') : 0)
  return { path: `${dir}:${process.env['PATH'] ?? ''}`, pid: () => until('the first server stands still', pid) }
}

function isGone(pid: number): boolean {
  return !existsSync(`/proc/${pid}`)
}

/** What happens while a server that stopped at `stoppedMs` is never let go on: told once, in order, by its successor. */
async function tellsAllOnce(all: Constellation, on: Disk, stopped: number, stoppedMs: number): Promise<void> {
  const next = await until(
    'another server runs',
    () => Promise.resolve(all.natsPid() !== stopped && all.natsPid()),
    REPLACED_MS,
  )
  process.stdout.write(`replaced after ${Math.round((performance.now() - stoppedMs) / 100) / 10} s\n`)
  expect(performance.now() - stoppedMs).toBeLessThan(REPLACED_MS)
  await until('the problem is open', () => all.problem('DiskFull', `disk:${on.mount}`), 30_000)
  await until('everything is live on it', () => isLive(all), 30_000)
  await on.free()
  const over = async () => (await all.status()).resolved.filter(({ type }) => type === 'DiskFull')
  await until('it resolves', async () => (await over()).length > 0, 30_000)
  await until('the time is over', () => performance.now() - stoppedMs > HUNG_MS, HUNG_MS)
  expect([isGone(stopped), all.natsPid(), await isLive(all)]).toEqual([true, next, true])
  expect(await over()).toMatchObject([{ generation: 1, proof: 'healthy-checks' }])
  const { lanes } = await all.json<HistoryView>('/history?range=1h')
  const lane = lanes.find(({ label }) => label.includes(on.mount))
  expect(lane?.intervals.filter(({ level }) => level === 'critical')).toHaveLength(1)
  const ids = await eventIds(all)
  expect(new Set(ids).size).toBe(ids.length)
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

  it.skipIf(!canMount)(
    'from before the first connection on, for 90 s in one piece, is replaced, and nothing is lost or told twice',
    async () => {
      disk = await createDisk()
      await disk.fill(0.95)
      const bin = await mkdtemp(join(tmpdir(), 'nd-hung-'))
      const first = await stoppedAtFirst(bin)
      const beganMs = performance.now()
      const config = withChecks(diskCheck(disk.mount), memoryCheck())
      c = await startConstellation({ config, env: { PATH: first.path } })
      await tellsAllOnce(c, disk, await first.pid(), beganMs)
      await rm(bin, { recursive: true })
    },
  )

  it.skipIf(!canMount)('later, for 90 s in one piece, is replaced, and nothing is lost or told twice', async () => {
    disk = await createDisk()
    c = await startConstellation({ config: withChecks(diskCheck(disk.mount), memoryCheck()) })
    await c.ready()
    const all = c
    const stopped = await until('a server runs', () => Promise.resolve(all.natsPid()))
    process.kill(stopped, 'SIGSTOP')
    const stoppedMs = performance.now()
    await disk.fill(0.95)
    await tellsAllOnce(c, disk, stopped, stoppedMs)
  })
})
