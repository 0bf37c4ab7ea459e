import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPlaces, type Guest, IN_ALL, PER_ADDRESS, STREAMS_PER_ADDRESS } from './places.ts'

interface TestGuest extends Guest {
  isCut: boolean
  leave(): void
}

function guest(remoteAddress: string): TestGuest {
  const listeners: (() => void)[] = []
  return {
    remoteAddress,
    isCut: false,
    destroy() {
      this.isCut = true
      this.leave()
    },
    once: (_event, listener) => listeners.push(listener),
    leave() {
      for (const listener of listeners.splice(0)) listener()
    },
  }
}

describe('places for connections', () => {
  it('are taken from the oldest idle one of the same address', () => {
    const places = createPlaces()
    const others = guest('10.0.0.2')
    places.arrived(others)
    const idle = Array.from({ length: PER_ADDRESS + 5 }, () => guest('::ffff:10.0.0.1'))
    for (const one of idle) places.arrived(one)
    expect(idle.map(({ isCut }) => isCut)).toEqual(idle.map((_, i) => i < 5))
    expect(others.isCut).toBe(false)
  })

  it('are not taken from one that is being answered', () => {
    const places = createPlaces()
    const busy = Array.from({ length: PER_ADDRESS }, () => guest('10.0.0.1'))
    const done = busy.map((one) => {
      places.arrived(one)
      return places.asks(one)
    })
    const late = guest('10.0.0.1')
    places.arrived(late)
    expect(late.isCut).toBe(true)
    expect(busy.some(({ isCut }) => isCut)).toBe(false)
    done[3]?.()
    const next = guest('10.0.0.1')
    places.arrived(next)
    expect([next.isCut, busy[3]?.isCut]).toEqual([false, true])
  })

  it('are left by streams, of which one address has a few', () => {
    const places = createPlaces()
    const streams = Array.from({ length: STREAMS_PER_ADDRESS }, () => guest('10.0.0.1'))
    for (const one of streams) {
      places.arrived(one)
      places.asks(one)
      expect(places.follows(one)).toBe(true)
    }
    const more = guest('10.0.0.1')
    places.arrived(more)
    expect(places.follows(more)).toBe(false)
    streams[0]?.leave()
    expect(places.follows(more)).toBe(true)
  })

  it('always hold for one who asks, whatever idle connections of whoever stand open', () => {
    const address = fc.integer({ min: 1, max: 40 }).map((n) => `10.0.0.${n}`)
    fc.assert(
      fc.property(fc.array(address, { maxLength: 600 }), address, (idle, asker) => {
        const places = createPlaces()
        for (const one of idle) places.arrived(guest(one))
        const probe = guest(asker)
        places.arrived(probe)
        expect(probe.isCut).toBe(false)
        expect(places.open).toBeLessThanOrEqual(IN_ALL)
      }),
    )
  })
})
