import { expect, it } from 'vitest'
import { EMPTY_STATE } from '../state/types.ts'
import { pausedOf } from './held-back.ts'

it('a pause is over when its time is, though nobody has ended it', () => {
  const paused = { by: 'ann', why: 'upgrade', untilMs: 10_000 }
  const at = (nowMs: number) => pausedOf({ ...EMPTY_STATE, paused }, nowMs)
  expect(at(4_000)).toEqual({ by: 'ann', why: 'upgrade', forMs: 6_000 })
  expect(at(10_000)).toBeUndefined()
  expect(pausedOf(EMPTY_STATE, 0)).toBeUndefined()
})
