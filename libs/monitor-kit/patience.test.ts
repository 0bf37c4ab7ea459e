import { expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { createPatience, HANGS_MS } from './patience.ts'

it('of several calls at once one is made at a time, and each is answered', async () => {
  const patience = createPatience(fakeClock())
  let running = 0
  let most = 0
  async function call(number: number): Promise<number> {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return number
  }
  const failing = patience(() => Promise.reject(new Error('EIO')))
  const calls = [1, 2, 3, 4].map((number) => patience(() => call(number)))
  await expect(failing).rejects.toThrow('EIO')
  expect([await Promise.all(calls), most]).toEqual([[1, 2, 3, 4], 1])
})

it('while one hangs no other is made, however many ask, and all are told', async () => {
  const clock = fakeClock()
  const patience = createPatience(clock)
  const hanging = Promise.withResolvers<void>()
  let made = 0
  function call(): Promise<void> {
    made++
    return hanging.promise
  }
  const asked = [1, 2, 3, 4].map(() => patience(call).catch((err: Error) => err.name))
  await clock.advance(HANGS_MS)
  expect(await Promise.all(asked)).toEqual(Array(4).fill('FolderHangsError'))
  await expect(patience(call)).rejects.toThrow('its folder has not answered within 5000 ms')
  expect([made, clock.sleeping]).toEqual([1, 0])
  hanging.resolve()
  await expect.poll(() => patience(() => Promise.resolve('well')).catch(() => 'hangs')).toBe('well')
  expect(made).toBe(1)
})
