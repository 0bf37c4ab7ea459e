import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Severity } from '#model'
import { createAccounts, limitOf } from './accounts.ts'

const severity = fc.constantFrom<Severity>('info', 'warning', 'error', 'critical')
const claim = fc.record({ severity, isDiscovered: fc.boolean() })

describe('what a source may have of a stream', () => {
  it('is an eighth of an empty one, half and three quarters of that for what is less than critical', () => {
    const empty = { room: 8000, bytes: 0, ofDiscovered: 0 }
    const of = (one: Severity) => limitOf(empty, { severity: one, isDiscovered: false })
    expect((['info', 'warning', 'error', 'critical'] as const).map(of)).toEqual([1000, 500, 750, 1000])
  })

  it('is a quarter of what is free of a full one, and of what found ones may have together', () => {
    const critical = { severity: 'critical', isDiscovered: false } as const
    expect(limitOf({ room: 8000, bytes: 6000, ofDiscovered: 0 }, critical)).toBe(500)
    const found = { room: 8000, bytes: 4000, ofDiscovered: 3600 }
    expect(limitOf(found, critical)).toBe(1000)
    expect(limitOf(found, { ...critical, isDiscovered: true })).toBe(100)
  })

  it('moves to the other side when it is named, with what it has', () => {
    const accounts = createAccounts(8000)
    expect(accounts.claim('gpu', 400, { severity: 'critical', isDiscovered: true })).toBe(true)
    expect(accounts.fullness).toEqual({ room: 8000, bytes: 400, ofDiscovered: 400 })
    expect(accounts.claim('gpu', 100, { severity: 'critical', isDiscovered: false })).toBe(true)
    expect(accounts.fullness).toEqual({ room: 8000, bytes: 500, ofDiscovered: 0 })
  })

  it('never adds up to more than there is room, half of it for found ones, and is nothing when all is given back', () => {
    const step = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), size: fc.integer({ min: 1, max: 300 }), claim })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const accounts = createAccounts(4000)
        const held: { name: string; size: number }[] = []
        for (const { name, size, claim: one } of steps) {
          const isDiscovered = name < 'c'
          if (accounts.claim(name, size, { ...one, isDiscovered })) held.push({ name, size })
          const { room, bytes, ofDiscovered } = accounts.fullness
          expect(bytes).toBe(held.reduce((sum, each) => sum + each.size, 0))
          expect(bytes).toBeLessThanOrEqual(room)
          expect(ofDiscovered).toBeLessThanOrEqual(room / 2)
        }
        for (const { name, size } of held) accounts.charge(name, -size)
        expect(accounts.fullness).toEqual({ room: 4000, bytes: 0, ofDiscovered: 0 })
      }),
    )
  })
})
