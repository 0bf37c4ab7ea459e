import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { credentialsFile } from './credentials.ts'
import { startEmbeddedServer } from './server.ts'
import { freePort, plainDoor, quietLog, startTestBus } from './testing.ts'
import {
  collect,
  condition,
  connectedDetector,
  event,
  folder,
  follow,
  IDENTITY,
  readerOf,
  taken,
} from './testing-readers.ts'
import { watchServer } from './watch-server.ts'
import { createBusWriter } from './writer.ts'

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0

const mounts: string[] = []
afterEach(async () => {
  for (const path of mounts.splice(0)) {
    await run('umount', ['-l', path])
    await rm(dirname(path), { recursive: true, force: true })
  }
})

/** A folder whose `bus` is a file system of 6 MiB. */
async function smallDisk(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-full-'))
  const path = join(dir, 'bus')
  await mkdir(path)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', path])
  mounts.push(path)
  return dir
}

async function fill(path: string): Promise<void> {
  const file = await open(join(path, 'filler'), 'w')
  const block = Buffer.alloc(4096, 1)
  try {
    for (;;) await file.write(block)
  } catch {
    // Full.
  } finally {
    await file.close()
  }
}

describe('a disk that is full under the store', () => {
  // Only root may mount; the test needs a file system that it may fill.
  it.skipIf(!isRoot)(
    'hangs the server, which is started again, and all that was kept is there',
    async () => {
      const dir = await smallDisk()
      const bus = await startTestBus({ dir, stopGraceMs: 300 })
      const detector = await connectedDetector(bus)
      const writer = createBusWriter(detector)
      await writer.ensureStore(IDENTITY)
      const reader = readerOf(bus)
      const [seen, events] = [follow(reader), collect(reader)]
      await writer.put('node_conditions', condition('disk:/'))
      await writer.publishEvent(event('before'))
      await expect.poll(() => [seen.now.size, events.ids]).toEqual([1, ['before']])
      await fill(join(dir, 'bus'))
      expect((await statfs(join(dir, 'bus'))).bavail).toBe(0)

      const reasons: string[] = []
      const unwatch = watchServer({
        bus: detector,
        uselessAfterMs: 1000,
        calmMs: 1000,
        restart: (why) => {
          reasons.push(why)
          return bus.server.restart()
        },
      })
      // The store takes some into what room its files have, then refuses, then hangs in a write for good.
      let i = 0
      await expect
        .poll(
          () => {
            void taken(writer.put('node_conditions', condition('disk:/var', 'x'.repeat(1000))))
            void taken(writer.publishEvent(event(`full ${i++}`)))
            return bus.server.restarts
          },
          { timeout: 40_000, interval: 50 },
        )
        .toBeGreaterThan(0)
      expect(reasons.length).toBeGreaterThan(0)

      await rm(join(dir, 'bus', 'filler'))
      await expect
        .poll(
          async () => {
            if (!(await taken(writer.ensureStore(IDENTITY)))) return false
            return taken(writer.publishEvent(event('after')))
          },
          { timeout: 40_000, interval: 200 },
        )
        .toBe(true)
      unwatch()
      await expect.poll(() => events.ids.includes('after'), { timeout: 20_000 }).toBe(true)
      await expect.poll(() => seen.now.size, { timeout: 20_000 }).toBeGreaterThanOrEqual(1)
      const { conditions } = await writer.readBack()
      expect(conditions.map(({ entity }) => entity)).toContain('disk:/')
      await bus.close()
    },
    120_000,
  )

  it.skipIf(!isRoot)('and under its configuration keeps no server from coming back that had one there', async () => {
    const [run, stores] = [join(await smallDisk(), 'bus'), await folder()]
    const options = (configDir: string) => ({
      storeDir: join(stores, 'bus'),
      configDir,
      credentialsFile: (service: string) => credentialsFile(run, service),
      serverName: 'nd-test',
      maxStoreBytes: 128 * 1024 * 1024,
      door: plainDoor,
      log: quietLog,
    })
    const port = await freePort()
    const first = await startEmbeddedServer({ ...options(join(run, 'detector')), port })
    await first.stop()
    await fill(run)
    const second = await startEmbeddedServer({ ...options(join(run, 'detector')), port })
    expect(second.pid).toBeDefined()
    await second.stop()
    const other = join(run, 'detector', 'nats-server.conf')
    await expect(startEmbeddedServer({ ...options(join(run, 'detector')), port: await freePort() })).rejects.toThrow(
      `nats-server did not start: its configuration cannot be written to ${other}: ENOSPC: no space left on device, write; make room there, or choose another run directory`,
    )
  })
})
