import { expect, it } from 'vitest'
import { fakeClock } from '../../../libs/clock/testing.ts'
import type { TryingCarrier } from '../carry/types.ts'
import { createBeside } from './beside.ts'

it('slow work through the API server holds no turn up for long, and nothing else through it begins meanwhile', async () => {
  const clock = fakeClock()
  const { promise, resolve } = Promise.withResolvers<void>()
  let begun = 0
  const beside = createBeside(clock, () => {
    begun++
    return promise
  })
  const carrier = beside.after({ fit: async () => ({ refusal: '' }) } as unknown as TryingCarrier)
  const act = { strategy: 'drain', target: 'node', parameters: {}, text: '' }
  let turns = 0
  const turn = () => void beside.turn().then(() => turns++)
  turn()
  await clock.advance(900)
  expect(turns).toBe(0)
  await clock.advance(200)
  turn()
  await clock.advance(1_100)
  expect([turns, begun]).toEqual([2, 1])
  expect(await carrier.fit(act)).toEqual({ refusal: 'what of ours stands on the node is looked after first' })
  resolve()
  await clock.advance(1)
  expect(await carrier.fit(act)).toEqual({ refusal: '' })
  turn()
  await clock.advance(1)
  expect([turns, begun]).toEqual([3, 2])
})
