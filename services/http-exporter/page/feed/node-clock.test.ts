import { describe, expect, it } from 'vitest'
import { createNodeClock } from './node-clock.ts'

describe("the node's clock", () => {
  it('is the own one until something was heard, then goes on from what was heard', () => {
    let monoMs = 1000
    const clock = createNodeClock(
      () => monoMs,
      () => 42,
    )
    expect(clock.now()).toBe(42)
    clock.heard('2026-05-12T03:14:20.000Z')
    monoMs += 2500
    expect(new Date(clock.now()).toISOString()).toBe('2026-05-12T03:14:22.500Z')
  })

  it('follows a step of the clock there, and ignores a time that is none', () => {
    const clock = createNodeClock(
      () => 0,
      () => 0,
    )
    clock.heard('2026-05-12T03:14:20Z')
    clock.heard('2026-05-12T02:14:20Z')
    clock.heard('soon')
    expect(new Date(clock.now()).toISOString()).toBe('2026-05-12T02:14:20.000Z')
  })
})
