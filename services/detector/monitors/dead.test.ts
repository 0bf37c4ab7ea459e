import { describe, expect, it } from 'vitest'
import { createDeadSockets } from './dead.ts'

const PATH = '/run/node-doctor/monitors/gpu/gpu.sock'

describe('a socket that nobody listens on', () => {
  it('is tried again after a second, and then every ten', () => {
    const dead = createDeadSockets()
    const tried: number[] = []
    for (let nowMs = 5000; nowMs <= 32_000; nowMs += 1000) {
      if (!dead.rests(PATH, nowMs)) tried.push(nowMs)
      dead.found(PATH, nowMs)
      dead.looked()
    }
    expect(tried).toEqual([5000, 6000, 16_000, 26_000])
  })

  it('says when it is tried again, the same while it rests', () => {
    const dead = createDeadSockets()
    expect(dead.found(PATH, 5000)).toBe(6000)
    dead.looked()
    expect(dead.found(PATH, 5400)).toBe(6000)
    dead.looked()
    expect(dead.found(PATH, 6000)).toBe(16_000)
  })

  it('is new again once a look did not find it dead', () => {
    const dead = createDeadSockets()
    dead.found(PATH, 5000)
    dead.looked()
    dead.looked()
    expect([dead.rests(PATH, 5400), dead.found(PATH, 5400)]).toEqual([false, 6400])
  })
})
