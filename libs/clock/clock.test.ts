import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from './system.ts'
import { fakeClock } from './testing.ts'

describe('the system clock', () => {
  it('counts from boot, the same in every process', () => {
    const here = systemClock().monotonicMs()
    const there = Number(execFileSync(process.execPath, ['-p', 'Number(process.hrtime.bigint()) / 1e6']))
    expect(there).toBeGreaterThanOrEqual(here)
    expect(there - here).toBeLessThan(10_000)
    const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000
    // Uptime counts suspension too, the monotonic clock does not.
    expect(here).toBeLessThan(uptimeMs + 60_000)
  })

  it('sleeps, and wakes with the reason of its signal', async () => {
    const clock = systemClock()
    const beganMs = clock.monotonicMs()
    await clock.sleep(20)
    expect(clock.monotonicMs() - beganMs).toBeGreaterThan(15)
    const abort = new AbortController()
    const sleeping = clock.sleep(60_000, abort.signal)
    abort.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
  })

  it('calls once, after the time, and not what was called off', async () => {
    const clock = systemClock()
    const called: string[] = []
    const beganMs = clock.monotonicMs()
    const callOff = clock.after(5, () => called.push('called off'))
    await new Promise<void>((resolve) => {
      clock.after(20, () => {
        called.push('after 20 ms')
        resolve()
      })
      callOff()
    })
    expect(called).toEqual(['after 20 ms'])
    expect(clock.monotonicMs() - beganMs).toBeGreaterThan(15)
    const far = clock.after(2 ** 40, () => called.push('at once'))
    await clock.sleep(5)
    far()
    expect(called).toEqual(['after 20 ms'])
  })

  it('does not wake at once from a sleep that is longer than a timer can be', async () => {
    const abort = new AbortController()
    const sleeping = systemClock().sleep(2 ** 40, abort.signal)
    const first = await Promise.race([sleeping.then(() => 'woke'), new Promise((r) => setTimeout(r, 30, 'asleep'))])
    expect(first).toBe('asleep')
    abort.abort()
    await expect(sleeping).rejects.toThrow()
  })

  it('sees that it is starved after days of wakes that the kernel counts twice', () => {
    const clock = systemClock()
    const real = process.threadCpuUsage.bind(process)
    const counted = vi.spyOn(process, 'threadCpuUsage').mockImplementation((since) => {
      const { user, system } = real(since)
      return { user, system: system + 115_000_000 }
    })
    try {
      const before = clock.starvation?.().starvedMs ?? Number.NaN
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
      expect((clock.starvation?.().starvedMs ?? Number.NaN) - before).toBeGreaterThan(150)
    } finally {
      counted.mockRestore()
    }
  })
})

describe('the fake clock', () => {
  it('wakes sleepers in the order of their time, those who sleep again too', async () => {
    const clock = fakeClock(new Date(0))
    const woke: string[] = []
    void clock.sleep(20).then(() => woke.push('20'))
    void clock
      .sleep(10)
      .then(() => clock.sleep(5))
      .then(() => woke.push('15'))
    void clock.sleep(30).then(() => woke.push('30'))
    await clock.advance(25)
    expect(woke).toEqual(['15', '20'])
    expect(clock.now()).toEqual(new Date(25))
    expect(clock.sleeping).toBe(1)
  })

  it('calls in the order of time, and nothing that was called off', async () => {
    const clock = fakeClock()
    const called: number[] = []
    clock.after(20, () => called.push(20))
    clock.after(10, () => called.push(10))
    const callOff = clock.after(15, () => called.push(15))
    callOff()
    await clock.advance(19)
    expect(called).toEqual([10])
    await clock.advance(1)
    expect(called).toEqual([10, 20])
    expect(clock.sleeping).toBe(0)
  })

  it('steps the wall clock alone', () => {
    const clock = fakeClock(new Date(0))
    const before = clock.monotonicMs()
    clock.step(3_600_000)
    expect([clock.now(), clock.monotonicMs()]).toEqual([new Date(3_600_000), before])
  })

  it('wakes a sleeper with the reason of its signal', async () => {
    const clock = fakeClock()
    const abort = new AbortController()
    const sleeping = clock.sleep(1000, abort.signal)
    abort.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
    await expect(clock.sleep(1000, abort.signal)).rejects.toThrow('enough')
    expect(clock.sleeping).toBe(0)
  })
})

it('counts work that is shorter than a tick of the kernel, where that is asked for', async () => {
  const clock = systemClock()
  let workedMs = 0
  for (let part = 0; part < 50; part++) {
    const before = clock.starvation?.(true)
    for (const endMs = performance.now() + 1; performance.now() < endMs; );
    const now = clock.starvation?.(true)
    if (before === undefined || now === undefined) throw new Error('the system clock measures it')
    workedMs += now.activeMs - before.activeMs - (now.starvedMs - before.starvedMs)
    await clock.sleep(1)
  }
  // On a machine that others use up a part of it is theirs.
  expect(workedMs).toBeGreaterThan(15)
})
