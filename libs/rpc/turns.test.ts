import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTurns } from './turns.ts'

const never = () => new AbortController().signal

describe('turns', () => {
  it('are given at once while there are any, then in order of asking', async () => {
    const turns = createTurns(1, 10)
    const order: string[] = []
    expect(turns.take(never)).toBeUndefined()
    const second = turns.take(never)?.then(() => order.push('second'))
    const third = turns.take(never)?.then(() => order.push('third'))
    turns.give()
    await second
    turns.give()
    await third
    expect(order).toEqual(['second', 'third'])
  })

  it('are refused when too many wait', async () => {
    const turns = createTurns(1, 1)
    void turns.take(never)
    void turns.take(never)
    await expect(turns.take(never)).rejects.toMatchObject({ code: 'TURNS_EXHAUSTED', message: '1 calls wait already' })
  })

  it('are not lost on a caller who gave up', async () => {
    const turns = createTurns(1, 10)
    void turns.take(never)
    const impatient = new AbortController()
    const gaveUp = turns.take(() => impatient.signal)
    const patient = turns.take(never)
    impatient.abort(new Error('no longer wanted'))
    await expect(gaveUp).rejects.toThrow('no longer wanted')
    turns.give()
    await patient
    turns.give()
    expect(turns.take(never)).toBeUndefined()
  })

  it('are never more than there are, whatever order they are taken and given in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(3), { maxLength: 60 }), async (max, pauses) => {
        const turns = createTurns(max, 1000)
        let running = 0
        let most = 0
        await Promise.all(
          pauses.map(async (pause) => {
            await turns.take(never)
            running++
            most = Math.max(most, running)
            for (let i = 0; i < pause; i++) await Promise.resolve()
            running--
            turns.give()
          }),
        )
        expect(most).toBeLessThanOrEqual(max)
        expect(running).toBe(0)
      }),
    )
  })
})
