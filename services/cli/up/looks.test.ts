import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { serveUnix } from '#rpc'
import { type FakeClock, fakeClock } from '../../../libs/clock/testing.ts'
import { FROZEN_MS, lookAt, type Sight, STARTING_MS } from './looks.ts'
import { createReadyLook } from './ready.ts'

describe('looks at a process', () => {
  let dir = ''
  let socket = ''
  let clock: FakeClock
  let seen: Sight[] = []

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'nd-looks-'))
    socket = join(dir, 'part.sock')
    clock = fakeClock()
    seen = []
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  function begin(): void {
    const end = lookAt({ readiness: createReadyLook(socket), socket, clock, onSight: (sight) => seen.push(sight) })
    onTestFinished(end)
  }

  function frozen(): number {
    return seen.filter((sight) => sight === 'frozen').length
  }

  /** Lets time pass as looks see it, and those who ask a socket go on in between. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1000) {
      await clock.advance(1000)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  it('take one that was not seen to turn yet for frozen only when a kubelet would have given up its start', async () => {
    begin()
    await pass(STARTING_MS - 2000)
    expect([FROZEN_MS < STARTING_MS - 2000, frozen()]).toEqual([true, 0])
    await pass(6000)
    expect(frozen()).toBe(1)
  })

  it('take one that was seen to turn for frozen after the silence that a kubelet bears', async () => {
    writeFileSync(join(dir, 'alive'), '')
    begin()
    await pass(FROZEN_MS - 2000)
    expect(frozen()).toBe(0)
    await pass(6000)
    expect(frozen()).toBe(1)
  })

  it('say once that it is frozen, however long it takes to end, and again after it was ready', async () => {
    writeFileSync(join(dir, 'alive'), '')
    begin()
    await pass(FROZEN_MS + 60_000)
    expect(frozen()).toBe(1)
    for (const name of ['alive', 'ready']) {
      rmSync(join(dir, name), { force: true })
      writeFileSync(join(dir, name), '')
    }
    await pass(FROZEN_MS + 60_000)
    expect([seen.includes('ready'), frozen()]).toEqual([true, 2])
  })

  it('take an answer that came while who asks stood still', async () => {
    let asked = 0
    const serving = () => {
      asked++
      // Both are this process: as long as its loop stands still no answer is read.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5500)
      return true
    }
    const server = await serveUnix({ path: socket, services: [], serving })
    onTestFinished(() => server.close(0))
    writeFileSync(join(dir, 'alive'), '')
    begin()
    await pass(FROZEN_MS + 2000)
    await expect.poll(() => asked, { timeout: 10_000, interval: 5 }).toBe(1)
    await pass(10_000)
    expect([asked, frozen()]).toEqual([1, 0])
  }, 20_000)

  it('ask a second time where the first was not answered', async () => {
    const behind = join(dir, 'behind.sock')
    const server = await serveUnix({ path: behind, services: [], serving: () => true })
    onTestFinished(() => server.close(0))
    let asked = 0
    const door = createServer((asker) => {
      asker.on('error', () => asker.destroy())
      if (++asked === 1) asker.destroy()
      else asker.pipe(connect(behind)).pipe(asker)
    }).listen(socket)
    onTestFinished(() => void door.close())
    writeFileSync(join(dir, 'alive'), '')
    begin()
    await pass(FROZEN_MS + 2000)
    await expect.poll(() => asked, { timeout: 10_000, interval: 5 }).toBe(2)
    await pass(10_000)
    expect(frozen()).toBe(0)
  }, 20_000)
})
