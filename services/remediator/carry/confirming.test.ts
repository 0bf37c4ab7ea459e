import { describe, expect, it } from 'vitest'
import { createConfirming } from './confirming.ts'

describe('the lease', () => {
  it('is confirmed once in a while, and at once after the machine has slept', async () => {
    let [atMs, sleptMs, asks, word] = [0, 4_000_000, 0, '']
    const confirm = async () => {
      asks++
      return word
    }
    const { now, lately } = createConfirming({ confirm }, { monotonicMs: () => atMs }, () => sleptMs)
    await now()
    atMs = 9_000
    sleptMs += 20
    expect([await lately(), asks]).toEqual(['', 1])
    atMs = 11_000
    expect([await Promise.all([lately(), lately()]), asks]).toEqual([['', ''], 2])
    sleptMs += 1_200_000
    word = 'gone'
    expect([await lately(), asks]).toEqual(['gone', 3])
    expect([await lately(), asks]).toEqual(['gone', 4])
  })
})
