import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHost } from '#host'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { discover } from './discovery.ts'
import { type Looked, type Looking, startLooking } from './looking.ts'

/** Looking with a clock that only `pass` moves: what is found without it was told by the kernel. */
describe('looking for sockets when something changes', () => {
  const { files } = createHost({ root: '' })
  const servers: Server[] = []
  let dir = ''
  let clock = fakeClock()
  let found: readonly string[] = []
  let looks = 0
  let lookedMs: number[] = []
  let dueMs = Number.POSITIVE_INFINITY
  let looking: Looking

  async function look(): Promise<Looked> {
    looks++
    lookedMs.push(clock.monotonicMs())
    const { sockets, folders } = await discover([join(dir, 'plugins')], new Set())
    found = sockets.map(({ name }) => name)
    return { folders, dueMs }
  }

  async function listen(...steps: string[]): Promise<Server> {
    const path = join(dir, 'plugins', ...steps)
    await mkdir(dirname(path), { recursive: true })
    const server = createServer()
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(path, resolve))
    return server
  }

  /** The least time between two looks passes, and nothing that would be a net. */
  async function seen(names: readonly string[]): Promise<void> {
    await expect
      .poll(
        async () => {
          await clock.advance(20)
          return found
        },
        { timeout: 5000, interval: 20 },
      )
      .toEqual(names)
  }

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nd-looking-'))
    clock = fakeClock()
    found = []
    looks = 0
    dueMs = Number.POSITIVE_INFINITY
    const onError = (err: unknown) => expect.fail(String(err))
    looking = startLooking({ clock, files, dirs: [join(dir, 'plugins')], look, onError })
  })
  afterEach(async () => {
    await looking.stop()
    for (const server of servers.splice(0)) server.close()
    await rm(dir, { recursive: true, force: true })
  })

  it('finds one that appears, in a folder that was not there, and in a folder below it', async () => {
    await listen('a.sock')
    await seen(['a'])
    await listen('b', 'b.sock')
    await seen(['b', 'a'])
  })

  it('misses one that goes', async () => {
    const server = await listen('a', 'a.sock')
    await seen(['a'])
    server.close()
    await seen([])
  })

  it('finds what stands in a folder that was put in the place of another', async () => {
    await listen('a.sock')
    await seen(['a'])
    await mkdir(join(dir, 'other'))
    await rename(join(dir, 'plugins'), join(dir, 'old'))
    await rename(join(dir, 'other'), join(dir, 'plugins'))
    await seen([])
    await listen('c', 'c.sock')
    await seen(['c'])
  })

  it('looks at rest only as often as its net, and when something is due', async () => {
    await mkdir(join(dir, 'plugins'))
    await seen([])
    await expect
      .poll(async () => {
        const before = looks
        await clock.advance(5000)
        await new Promise((resolve) => setImmediate(resolve))
        return looks - before
      })
      .toBe(0)
    looks = 0
    const beganMs = clock.monotonicMs()
    dueMs = beganMs + 13_000
    lookedMs = []
    await expect
      .poll(async () => {
        await clock.advance(500)
        return lookedMs.length
      })
      .toBeGreaterThanOrEqual(2)
    const [net = 0, due = 0] = lookedMs.map((atMs) => atMs - beganMs)
    expect(net).toBeLessThanOrEqual(10_000)
    expect(due).toBeLessThanOrEqual(13_500)
  })
})
