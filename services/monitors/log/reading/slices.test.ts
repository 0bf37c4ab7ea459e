import { expect, it } from 'vitest'
import { handClock } from '#monitor-kit/testing'
import { lineOf } from '../rules/testing-rules.ts'
import { takeInSlices } from './slices.ts'

it('others have their turn as soon as lines have held the process for long enough, however many those were', async () => {
  const clock = handClock()
  const lines = [1, 1, 9, 1, 3, 1].map((ms, index) => lineOf(String(ms), index))
  const taken: string[] = []
  const take = ({ bytes }: { readonly bytes: Buffer }) => {
    clock.pass(Number(bytes))
    taken.push(bytes.toString())
    return undefined
  }
  await takeInSlices(lines, clock, take, () => Promise.resolve(taken.push('others')))
  expect(taken.join(' ')).toBe('1 1 9 others 1 3 others 1')
})
