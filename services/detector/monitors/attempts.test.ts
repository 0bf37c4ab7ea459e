import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MonitorConnection } from '#model'
import { type FakeClock, fakeClock } from '../../../libs/clock/testing.ts'
import { tempFolder } from '../../../libs/host/testing.ts'
import { type Attempts, createAttempts } from './attempts.ts'

const POLICY = {
  errorThreshold: 3,
  initialBackoffMs: 1000,
  backoffMultiplier: 2,
  maxBackoffMs: 300_000,
  maxAttempts: 2,
}
const BEGAN = new Date('2026-05-12T03:14:20Z')
const signal = new AbortController().signal

function at(ms: number): Date {
  return new Date(BEGAN.getTime() + ms)
}

interface Story extends AsyncDisposable {
  readonly clock: FakeClock
  readonly attempts: Attempts
  readonly told: MonitorConnection[]
  readonly socket: string
  exhausted(): number
}

async function story(): Promise<Story> {
  const folder = await tempFolder()
  const clock = fakeClock(BEGAN)
  const told: MonitorConnection[] = []
  let exhausted = 0
  const socket = join(folder.path, 'x.sock')
  const attempts = createAttempts({
    policy: () => POLICY,
    socket,
    clock,
    tell: (connection) => told.push(connection),
    onExhausted: () => exhausted++,
  })
  attempts.again()
  return {
    clock,
    attempts,
    told,
    socket,
    exhausted: () => exhausted,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** How long a wait lasts, in steps of 500 ms, to the step. */
async function lasts(clock: FakeClock, wait: Promise<void>): Promise<number> {
  const beganMs = clock.monotonicMs()
  let isOver = false
  void wait.then(() => {
    isOver = true
  })
  while (!isOver) {
    await clock.advance(500)
    // The file is looked at by the real file system.
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return clock.monotonicMs() - beganMs
}

describe('the attempts to reach a monitor', () => {
  it('count nothing while nobody has been there, and go on as ever', async () => {
    await using all = await story()
    const { attempts, told, clock } = all
    for (let i = 0; i < 20; i++) {
      await attempts.begin()
      attempts.failed('there is no socket', true)
      await clock.advance(2000)
    }
    expect(told).toEqual([
      { state: 'awaited', since: at(0), why: '', failures: 0 },
      { state: 'awaited', since: at(0), why: 'there is no socket', failures: 0 },
    ])
    expect(all.exhausted()).toBe(0)
  })

  it('are told as they fail, are paused, are used up and work again, with the next try', async () => {
    await using all = await story()
    const { attempts, told, clock } = all
    await writeFile(all.socket, '')
    await attempts.begin()
    attempts.worked()
    await clock.advance(1000)
    for (let i = 0; i < 5; i++) {
      attempts.failed('no answer', false)
      await clock.advance(1000)
      await lasts(clock, attempts.wait(1000, signal))
    }
    attempts.worked()
    await clock.advance(1000)
    expect(told.map(({ state, failures, why }) => [state, failures, why])).toEqual([
      ['awaited', 0, ''],
      ['serving', 0, ''],
      ['failing', 1, 'no answer'],
      ['failing', 2, 'no answer'],
      ['paused', 3, 'no answer'],
      ['paused', 4, 'no answer'],
      ['lost', 5, 'no answer'],
      ['serving', 0, ''],
    ])
    expect(told.map(({ since }) => since)[5]).toEqual(told[4]?.since)
    const [, , , , paused, , lost] = told
    expect((paused?.nextTry?.getTime() ?? 0) - (paused?.since.getTime() ?? 0)).toBe(1000)
    expect((lost?.nextTry?.getTime() ?? 0) - (lost?.since.getTime() ?? 0)).toBe(300_000)
    expect(all.exhausted()).toBe(1)
  }, 20_000)

  it('wait no longer than it takes to see that the socket was made anew', async () => {
    await using all = await story()
    const { attempts, clock, told } = all
    await writeFile(all.socket, 'one')
    await attempts.begin()
    attempts.worked()
    for (let i = 0; i < 6; i++) {
      attempts.failed('no answer', false)
      if (i < 5) await lasts(clock, attempts.wait(0, signal))
    }
    await rm(all.socket)
    const wait = attempts.wait(1000, signal)
    await clock.advance(20_000)
    await writeFile(all.socket, 'two')
    expect(await lasts(clock, wait)).toBeLessThanOrEqual(2000)
    await attempts.begin()
    await clock.advance(1000)
    expect(told.at(-1)).toMatchObject({ state: 'connecting', failures: 0, why: '' })
  })

  it('of one that flaps are told once a second', async () => {
    await using all = await story()
    const { attempts, told, clock } = all
    await writeFile(all.socket, '')
    await attempts.begin()
    for (let i = 0; i < 1000; i++) {
      attempts.worked()
      attempts.failed('it ended its stream', true)
      await clock.advance(10)
    }
    expect(told.length).toBeLessThanOrEqual(12)
    attempts.end()
    expect(clock.sleeping).toBe(0)
  })
})
