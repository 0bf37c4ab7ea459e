import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectBus, createBusReader, readCredentials } from '#bus/nats'
import { systemClock } from '#clock'
import type { NodeDoctorConfig } from '#config'
import { createLogger, createServerDoor } from '#service'
import { freePort, quietLog } from '../../libs/bus/testing.ts'
import { fakeClock } from '../../libs/clock/testing.ts'
import { event } from '../../libs/model/testing.ts'
import { type BusLinkOptions, startBusLink } from './bus-link.ts'
import { createOutbox } from './outbox/outbox.ts'
import { loadTestConfig } from './testing.ts'

const PATIENCE = { watch: { uselessAfterMs: 400, lookMs: 50, calmMs: 1500 }, pingIntervalMs: 150, stopGraceMs: 200 }

let dir = ''
let config: NodeDoctorConfig
const open: (() => Promise<void>)[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-link-'))
  config = await loadTestConfig(dir, await freePort())
})
afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop()
  await rm(dir, { recursive: true, force: true, maxRetries: 5 })
})

async function startLink(more: Partial<BusLinkOptions> = {}) {
  const outbox = createOutbox({ clock: systemClock() })
  const log = createLogger({ component: 'detector', level: 'error', format: 'json', write: () => undefined })
  const link = await startBusLink({
    nodeName: 'n1',
    bootId: 'b1',
    door: createServerDoor({ name: 'detector', log, clock: systemClock(), config }),
    log,
    outbox,
    clock: systemClock(),
    onReady: () => undefined,
    patience: PATIENCE,
    ...more,
  })
  open.push(() => link.stop(100))
  return { link, outbox }
}

function pidFile(): string {
  return join(dir, 'run', 'bus', 'nats-server.pid')
}

async function serverPid(): Promise<number> {
  return Number(await readFile(pidFile(), 'utf8'))
}

/** Ids of the events that a reader of the bus has seen. */
function follow(): string[] {
  const ids: string[] = []
  const abort = new AbortController()
  const bus = connectBus({
    name: 'http-exporter',
    credentials: readCredentials(config.settings.runDir, 'http-exporter'),
    log: quietLog,
  })
  createBusReader(bus, { signal: abort.signal }).consume(
    'EVENTS',
    {
      message: ({ id }) => {
        ids.push(id)
        return Promise.resolve()
      },
      gap: (missed) => void ids.push(`gap of ${missed}`),
    },
    { signal: abort.signal },
  )
  open.push(async () => {
    abort.abort()
    await bus.close()
  })
  return ids
}

describe('a nats-server that hangs', () => {
  it('before the first connection is replaced', async () => {
    const { link } = await startLink()
    // The kernel has taken the connection, and no server has said a word on it.
    process.kill(Number(readFileSync(pidFile(), 'utf8')), 'SIGSTOP')
    expect(link.isReady()).toBe(false)
    await expect.poll(() => link.serverRestarts, { timeout: 15_000 }).toBe(1)
    await expect.poll(() => link.isReady(), { timeout: 15_000 }).toBe(true)
  }, 60_000)

  it('is replaced without a write that waits, and again when the next one hangs', async () => {
    const { link } = await startLink()
    expect(await link.ready(5000)).toBe(true)
    for (const restarts of [1, 2]) {
      await expect.poll(() => link.isReady(), { timeout: 15_000 }).toBe(true)
      process.kill(await serverPid(), 'SIGSTOP')
      await expect.poll(() => link.serverRestarts, { timeout: 15_000 }).toBe(restarts)
    }
    await expect.poll(() => link.isReady(), { timeout: 15_000 }).toBe(true)
  }, 60_000)

  it('loses nothing of what was written meanwhile, and tells it once', async () => {
    const { link, outbox } = await startLink()
    expect(await link.ready(5000)).toBe(true)
    const ids = follow()
    const said: string[] = []
    const say = () => {
      const value = event('system', 'Xid', { id: `e${said.length}`, severity: 'error' })
      said.push(value.id)
      outbox.put([{ kind: 'event', value }])
    }
    const speaking = setInterval(say, 50)
    open.push(async () => clearInterval(speaking))
    await expect.poll(() => ids.length).toBeGreaterThan(2)
    process.kill(await serverPid(), 'SIGSTOP')
    await expect.poll(() => link.serverRestarts, { timeout: 15_000 }).toBe(1)
    await expect.poll(() => link.isReady(), { timeout: 15_000 }).toBe(true)
    clearInterval(speaking)
    say()
    await expect.poll(() => ids.includes(said.at(-1) ?? ''), { timeout: 15_000 }).toBe(true)
    expect([...new Set(ids)].sort()).toEqual([...said].sort())
  }, 60_000)
})

describe('since when the bus is there or is away', () => {
  it('counts from when its store was ready or was it no more, on a clock that nobody sets', async () => {
    let monoMs = 1000
    let wallMs = Date.parse('2026-03-01T12:00:00Z')
    let isReady = false
    let attempts = 0
    const { link } = await startLink({
      clock: { ...systemClock(), monotonicMs: () => monoMs, now: () => new Date(wallMs) },
      writes(writer) {
        attempts++
        return isReady ? Promise.resolve(writer) : Promise.reject(new Error('not ready'))
      },
    })
    function pass(ms: number): void {
      monoMs += ms
      wallMs += ms
    }
    pass(30_000)
    // The connection is there, and its store is not.
    await expect.poll(() => attempts, { timeout: 15_000 }).toBeGreaterThan(1)
    expect(link.describe()).toMatchObject({ connected: false, since: new Date(wallMs - 30_000) })
    wallMs += 3_600_000
    expect(link.describe()).toMatchObject({ connected: false, since: new Date(wallMs - 30_000) })
    isReady = true
    await expect.poll(() => link.describe(), { timeout: 15_000 }).toMatchObject({ connected: true })
    expect(link.describe().since).toEqual(new Date(wallMs))
    pass(5000)
    isReady = false
    process.kill(await serverPid(), 'SIGKILL')
    await expect.poll(() => link.isReady(), { timeout: 15_000 }).toBe(false)
    const lost = new Date(wallMs)
    expect(link.describe().since).toEqual(lost)
    const before = attempts
    pass(7000)
    await expect.poll(() => attempts, { timeout: 15_000 }).toBeGreaterThan(before)
    expect(link.describe()).toMatchObject({ connected: false, since: lost })
  }, 60_000)
})

describe('who waits for the bus', () => {
  it('does not go on without it because the process had no processor while it came', async () => {
    const clock = fakeClock()
    const store = Promise.withResolvers<{ readonly meta: { readonly incarnation: string } }>()
    const bus = { state: 'connected', url: '', lastError: '', onState: () => undefined, close: async () => undefined }
    const door = { own: async () => ({ bus, writer: () => ({ ensureStore: () => store.promise }) }) }
    const { link } = await startLink({ clock, door: door as unknown as BusLinkOptions['door'] })
    const isReady = link.ready(3000)
    clock.starve(10_000)
    await clock.advance(1)
    store.resolve({ meta: { incarnation: 'i' } })
    expect(await isReady).toBe(true)
  })
})
