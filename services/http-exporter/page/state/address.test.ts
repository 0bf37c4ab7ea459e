import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionId, conditionLink } from '#view'
import { elementId, nameId, readRange, readTarget, usualRange } from './address.ts'

describe('the address', () => {
  it('names a range, or none', () => {
    expect(readRange('?range=1w')).toBe('1w')
    expect(readRange('')).toBeUndefined()
    expect(readRange('?range=__proto__')).toBeUndefined()
  })

  it('points to a condition, a problem or a monitor, and to nothing else', () => {
    expect(readTarget('#/condition/system/DiskFull/disk:/var')).toBe('/condition/system/DiskFull/disk:/var')
    expect(readTarget('#/monitor/system')).toBe(nameId('monitor', 'system'))
    expect(readTarget('#h-mons')).toBe('')
    expect(readTarget('#/settings/x')).toBe('')
    expect(readTarget('')).toBe('')
  })

  it('of any condition leads back to its element, however the browser spells it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 })
    fc.assert(
      fc.property(text, text, text, (monitor, type, entity) => {
        const id = conditionId(monitor, type, entity)
        const element = elementId('condition', id)
        expect(readTarget(conditionLink(id))).toBe(element)
        // As `location.hash` gives it back.
        expect(readTarget(new URL(conditionLink(id), 'http://node/').hash)).toBe(element)
      }),
    )
  })

  it('never throws on arbitrary text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        readTarget(`#/condition/${text}`)
        readTarget(text)
        readRange(text)
      }),
    )
  })
})

describe('what is shown when nobody asked', () => {
  const hour = { from: '2026-05-12T02:14:20Z', to: '2026-05-12T03:14:20Z', note: '', lanes: [], gaps: [], series: [] }

  it('is the last hour as long as no more is known', () => {
    expect(usualRange({ ...hour, knownFrom: '2026-05-12T03:00:00Z' })).toBe('1h')
  })

  it('is six hours otherwise', () => {
    expect(usualRange({ ...hour, knownFrom: '2026-05-11T03:00:00Z' })).toBe('6h')
    expect(usualRange(undefined)).toBe('6h')
  })
})
