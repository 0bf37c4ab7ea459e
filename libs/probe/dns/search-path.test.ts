import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { searchNames } from './search-path.ts'

const POD = { search: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'], ndots: 5, flags: [] }

describe('the search path', () => {
  it('comes before the name itself, where that has fewer dots than it needs', () => {
    expect(searchNames('www.example.com', POD)).toEqual([
      'www.example.com.default.svc.cluster.local.',
      'www.example.com.svc.cluster.local.',
      'www.example.com.cluster.local.',
      'www.example.com.',
    ])
  })

  it('comes behind the name, where that has enough', () => {
    expect(searchNames('a.b', { ...POD, ndots: 1 })).toEqual([
      'a.b.',
      'a.b.default.svc.cluster.local.',
      'a.b.svc.cluster.local.',
      'a.b.cluster.local.',
    ])
  })

  it('does not touch an absolute name', () => {
    expect(searchNames('a.', POD)).toEqual(['a.'])
  })

  it('is the domain of the host where the file has none', () => {
    expect(searchNames('a', { ...POD, search: undefined }, 'example.com')).toEqual(['a.example.com.', 'a.'])
    expect(searchNames('a', { ...POD, search: undefined })).toEqual(['a.'])
  })

  it('leaves out what cannot be asked for', () => {
    expect(searchNames('a', { ...POD, search: ['x'.repeat(64), '..', 'b'] })).toEqual(['a.b.', 'a.'])
    expect(searchNames('', POD)).toEqual([])
  })

  it('has only absolute names, each once', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', ' ', 'ä'), maxLength: 80 })
    fc.assert(
      fc.property(word, fc.array(word), fc.nat(15), (name, search, ndots) => {
        const names = searchNames(name, { search, ndots, flags: ['no-tld-query'] })
        expect(new Set(names).size).toBe(names.length)
        expect(names.every((one) => one.endsWith('.') && one.length <= 254 && !one.includes('..'))).toBe(true)
      }),
    )
  })
})
