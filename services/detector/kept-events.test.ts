import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectBus, createBusReader, readCredentials } from '#bus/nats'
import { systemClock } from '#clock'
import type { NodeDoctorConfig } from '#config'
import type { NodeEvent } from '#model'
import { Event, KeptEvents, Severity } from '#proto/nodedoctor/v1/types.ts'
import { createLogger, createServerDoor } from '#service'
import { freePort, quietLog } from '../../libs/bus/testing.ts'
import { event } from '../../libs/model/testing.ts'
import { startBusLink } from './bus-link.ts'
import { createKeptEvents } from './kept-events.ts'
import { createOutbox } from './outbox/outbox.ts'
import { bounded, KEPT_MAX, readEvents, writeEvents } from './store/event-file.ts'
import { loadTestConfig } from './testing.ts'

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0
const OLD = new Date('2026-05-12T03:14:20Z')

let dir = ''
let path = ''
let config: NodeDoctorConfig
const open: (() => Promise<void>)[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-kept-'))
  path = join(dir, 'state', 'detector', 'events.pb')
  await mkdir(join(dir, 'state', 'detector'), { recursive: true })
  config = await loadTestConfig(dir, await freePort())
})
afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop()
  await rm(dir, { recursive: true, force: true, maxRetries: 5 })
})

function happened(id: string, more: Partial<NodeEvent> = {}): NodeEvent {
  return { ...event('gpu', 'Xid'), id, severity: 'warning', firstSeen: OLD, lastSeen: OLD, ...more }
}

/** The bus of one boot, as the detector holds it. */
async function life(bootId: string) {
  const lines: string[] = []
  const log = createLogger({
    component: 'detector',
    level: 'info',
    format: 'json',
    write: (line) => void lines.push(line),
  })
  const outbox = createOutbox({ clock: systemClock() })
  const kept = createKeptEvents({ path, outbox, now: () => new Date(), log })
  let store = ''
  const link = await startBusLink({
    nodeName: 'n1',
    bootId,
    door: createServerDoor({ name: 'detector', log, clock: systemClock(), config }),
    log,
    outbox,
    clock: systemClock(),
    onReady: (incarnation) => {
      store = incarnation
    },
  })
  open.push(() => link.stop(100))
  expect(await link.ready(10_000)).toBe(true)
  await kept.tell(store)
  return {
    lines,
    tell: (...events: NodeEvent[]) => outbox.put(events.map((value) => ({ kind: 'event', value }))),
    /** What no reader took, once the bus has all. */
    async untaken() {
      expect(await outbox.settled(10_000)).toBe(true)
      return link.writer.untakenEvents(KEPT_MAX)
    },
    async stop() {
      await outbox.settled(10_000)
      await link.stop(1000, () => kept.keep(link.writer))
    },
    /** Without its last word. */
    kill: () => link.stop(1000),
  }
}

const files = () => readdir(join(dir, 'state', 'detector'))
const ids = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id)

/** Takes every event that is there. */
async function takeAll(count: number): Promise<void> {
  const abort = new AbortController()
  const seen: string[] = []
  const bus = connectBus({
    name: 'http-exporter',
    credentials: readCredentials(config.settings.runDir, 'http-exporter'),
    log: quietLog,
  })
  createBusReader(bus, { signal: abort.signal }).consume(
    'EVENTS',
    {
      message: ({ id }) => {
        seen.push(id)
        return Promise.resolve()
      },
      gap: () => undefined,
    },
    { signal: abort.signal },
  )
  await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(count)
  abort.abort()
  await bus.close()
}

describe('events that no reader took before an orderly stop', () => {
  it('are told after a reboot with their old ids and times, once, and the file goes away', async () => {
    const first = await life('boot-1')
    first.tell(
      happened('a', { count: 3 }),
      happened('b', { severity: 'critical' }),
      happened('i', { severity: 'info' }),
    )
    expect(ids(await first.untaken())).toEqual(['a', 'b'])
    await first.stop()
    expect(await files()).toEqual(['events.pb'])
    const second = await life('boot-2')
    expect(await second.untaken()).toMatchObject([
      { id: 'a', count: 3, severity: Severity.WARNING, firstSeen: OLD, lastSeen: OLD },
      { id: 'b', count: 1, severity: Severity.CRITICAL, firstSeen: OLD, lastSeen: OLD },
    ])
    await expect.poll(files).toEqual([])
    await second.kill()
    const third = await life('boot-2')
    expect(ids(await third.untaken())).toEqual(['a', 'b'])
  }, 60_000)

  it('are not told twice by a store that survived, and none that was taken is kept', async () => {
    const first = await life('boot-1')
    first.tell(happened('a'))
    await first.stop()
    expect(await files()).toEqual(['events.pb'])
    const second = await life('boot-1')
    expect(ids(await second.untaken())).toEqual(['a'])
    expect(await files()).toEqual([])
    await takeAll(1)
    await expect.poll(async () => ids(await second.untaken())).toEqual([])
    await second.stop()
    expect(await files()).toEqual([])
  }, 60_000)

  it('come again under the same ids after a death between telling and removing', async () => {
    const first = await life('boot-1')
    first.tell(happened('a'), happened('b'))
    await first.stop()
    const saved = join(dir, 'saved')
    await copyFile(path, saved)
    const second = await life('boot-2')
    await second.untaken()
    await expect.poll(files).toEqual([])
    await second.kill()
    // As if the file had not been removed.
    await copyFile(saved, path)
    const third = await life('boot-2')
    expect([...new Set(ids(await third.untaken()))]).toEqual(['a', 'b'])
    await third.stop()
    const { events } = KeptEvents.decode(await readFile(path))
    expect(ids(events)).toEqual(['a', 'b'])
  }, 60_000)

  it('cost a start nothing when their file is damaged', async () => {
    await writeFile(path, Buffer.from([0xff, 0xff, 0xff, 0x01]))
    const first = await life('boot-1')
    expect(first.lines.join('')).toContain('events kept beyond a reboot cannot be read')
    first.tell(happened('a'))
    await first.stop()
    expect(ids(KeptEvents.decode(await readFile(path)).events)).toEqual(['a'])
  }, 60_000)

  // Only root may mount; the test needs a file system that it may fill.
  it.skipIf(!isRoot)(
    'cost a stop nothing when the disk is full',
    async () => {
      const small = join(dir, 'state', 'detector')
      await run('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', small])
      open.push(async () => void (await run('umount', ['-l', small])))
      await writeFile(join(small, 'filler'), Buffer.alloc(4096)).catch(() => undefined)
      const first = await life('boot-1')
      first.tell(
        happened('a', { message: 'x'.repeat(1000) }),
        ...Array.from({ length: 20 }, (_, i) => happened(`${i}`, { message: 'y'.repeat(1000) })),
      )
      await first.stop()
      expect(first.lines.join('')).toContain('events that nobody took cannot be kept beyond a reboot')
      expect(first.lines.join('')).toContain('ENOSPC')
      expect(await files()).toEqual(['filler'])
    },
    60_000,
  )
})

describe('the file of events', () => {
  const failed: string[] = []
  const read = () => readEvents(path, OLD, (err) => void failed.push(String(err)))

  it('holds the newest, each id once', async () => {
    const many = Array.from({ length: KEPT_MAX + 5 }, (_, i) => happened(`e${i}`))
    await writeEvents(path, { store: 's', events: [...many, happened('e7', { count: 9 })] })
    const kept = await read()
    expect(kept?.store).toBe('s')
    expect(kept?.events).toHaveLength(KEPT_MAX)
    expect(kept?.events.at(-1)).toEqual(happened('e7', { count: 9 }))
    expect(bounded(many, 500).at(-1)?.id).toBe(`e${KEPT_MAX + 4}`)
    expect(bounded(many, 500).length).toBeLessThan(20)
    await writeEvents(path, { store: 's', events: [] })
    expect(await read()).toBeUndefined()
  })

  it('keeps what every monitor said, its worst first, beside one that flooded it', async () => {
    const early = [happened('w', { monitor: 'disk' }), happened('c', { monitor: 'disk', severity: 'critical' })]
    const worst = happened('worst', { monitor: 'noisy', severity: 'critical' })
    const flood = Array.from({ length: 9000 }, (_, i) => happened(`f${i}`, { monitor: 'noisy' }))
    await writeEvents(path, { store: 's', events: [...early, worst, ...flood] })
    const ids = (await read())?.events.map(({ id }) => id) ?? []
    expect(ids).toHaveLength(KEPT_MAX)
    expect(ids.slice(0, 3)).toEqual(['w', 'c', 'worst'])
    expect(ids.at(-1)).toBe('f8999')
  })

  it('is not believed: texts are cleaned, what is no event of warning and up is left out', async () => {
    const events = [
      { id: 'a', monitor: 'gpu', reason: 'Xid', message: 'bad\u202e\nnews', severity: Severity.ERROR },
      { id: 'b', monitor: 'gpu', reason: 'Xid', severity: Severity.INFO },
      { id: '', monitor: 'gpu', reason: 'Xid', severity: Severity.ERROR },
    ].map((one) => Event.fromPartial(one))
    await writeFile(path, KeptEvents.encode({ store: 's', events }).finish())
    expect((await read())?.events).toMatchObject([{ id: 'a', message: 'bad news', firstSeen: OLD, count: 1 }])
  })

  it('holds nothing that no report could have brought: names of their length, times and counts that make sense', async () => {
    const when = (ms: number) => new Date(OLD.getTime() + ms)
    const events = [
      { entity: 'e'.repeat(300), check: 'c'.repeat(300), reason: 'R'.repeat(300), source: 's'.repeat(300), count: 0 },
      { firstSeen: when(86_400_000), lastSeen: when(90_000_000), count: Number.MAX_SAFE_INTEGER },
      { firstSeen: when(-1000), lastSeen: when(-2000), count: 7 },
      { firstSeen: when(-2000), lastSeen: when(-1000), count: 7 },
    ].map((one, i) =>
      Event.fromPartial({ id: `${i}`, monitor: 'gpu', reason: 'Xid', message: 'm', severity: Severity.ERROR, ...one }),
    )
    await writeFile(path, KeptEvents.encode({ store: 's', events }).finish())
    const told = (await read())?.events ?? []
    expect([told[0]?.entity, told[0]?.check, told[0]?.reason, told[0]?.source].map((text) => text?.length)).toEqual([
      128, 128, 128, 128,
    ])
    expect(told.map(({ firstSeen, lastSeen, count }) => [firstSeen, lastSeen, count])).toEqual([
      [OLD, OLD, 1],
      [OLD, OLD, 1_000_000_000],
      [when(-1000), when(-1000), 7],
      [when(-2000), when(-1000), 7],
    ])
  })

  it('is not read when it is larger than any that was written', async () => {
    await writeFile(path, Buffer.alloc(2 * 1024 * 1024))
    expect(await read()).toBeUndefined()
    expect(failed).toEqual([
      `FileTooLargeError: cannot read ${path}: it is larger than 1049600 bytes; take it away, it is made anew`,
    ])
  })
})
