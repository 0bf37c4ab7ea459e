import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findDuplicates } from './duplicates.ts'
import { parseTime, printed } from './go.ts'
import type { JsonObject } from './json.ts'
import { mergePatch } from './patch/merge.ts'
import { strategicMerge } from './patch/strategic.ts'
import { canonicalQuantity } from './quantity.ts'

const NODE = 'core.v1.Node'

describe('a quantity', () => {
  it.each([
    ['16384Ki', '16Mi'],
    ['4000m', '4'],
    ['3920m', '3920m'],
    ['1.5Gi', '1536Mi'],
    ['0.5', '500m'],
    ['1000k', '1M'],
    ['12e3', '12e3'],
    ['512Ki', '512Ki'],
    ['-2', '-2'],
    ['0', '0'],
  ])('of %s is %s', (text, wanted) => {
    expect(canonicalQuantity(text)).toBe(wanted)
  })

  it.each(['', 'xx', '1 ', 'Ki', '1.2.3', '1Xi', '.'])('is not "%s"', (text) => {
    expect(canonicalQuantity(text)).toBeUndefined()
  })

  it('is canonical once and for all', () => {
    const suffix = fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'n', 'u')
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(999), suffix, (whole, fraction, unit) => {
        const once = canonicalQuantity(`${whole}.${fraction}${unit}`)
        expect(once).toBeDefined()
        expect(canonicalQuantity(once ?? '')).toBe(once)
      }),
    )
  })
})

describe('keys that stand twice', () => {
  it('are found wherever they stand, and nothing else is', () => {
    expect(findDuplicates('{"a":{"b":1,"c":"}{\\"b\\":","b":[{"x":1,"x":2}]},"a":1}')).toEqual([
      'duplicate field "a.b"',
      'duplicate field "a.b[0].x"',
      'duplicate field "a"',
    ])
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(findDuplicates(text)).toEqual([])
      }),
    )
  })
})

describe('a time', () => {
  it('is kept in UTC and cut to what its field has', () => {
    expect(parseTime('2026-01-01T00:00:00.5+02:00', false)).toEqual({ value: '2025-12-31T22:00:00Z' })
    expect(parseTime('2026-01-01T00:00:00.123456Z', true)).toEqual({ value: '2026-01-01T00:00:00.123456Z' })
  })

  it('never throws, and says what it could not read', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, micro) => {
        const result = parseTime(text, micro)
        if ('error' in result) expect(result.error).toContain('parsing time "')
      }),
    )
  })
})

describe('a strategic merge', () => {
  const type = fc.constantFrom('A', 'B', 'C', 'D', 'E')
  const condition = fc.record({ type, status: fc.constantFrom('True', 'False') })
  const conditions = fc.uniqueArray(condition, { selector: (one) => one.type })
  const nodeOf = (list: { type: string; status: string }[]): JsonObject => ({ status: { conditions: list } })
  const typesOf = (node: JsonObject) =>
    ((node['status'] as JsonObject)['conditions'] as JsonObject[]).map((one) => String(one['type']))

  it('never loses a condition that it does not name, nor makes one twice', () => {
    fc.assert(
      fc.property(conditions, conditions, (old, change) => {
        const types = typesOf(strategicMerge(NODE, nodeOf(old), nodeOf(change)))
        expect(types.toSorted()).toEqual([...new Set([...old, ...change].map((one) => one.type))].toSorted())
      }),
    )
  })

  it('done twice is done once', () => {
    fc.assert(
      fc.property(conditions, conditions, (old, change) => {
        const once = strategicMerge(NODE, nodeOf(old), nodeOf(change))
        const twice = strategicMerge(NODE, once, nodeOf(change))
        expect(typesOf(twice).toSorted()).toEqual(typesOf(once).toSorted())
      }),
    )
  })

  it('does not change what was there', () => {
    fc.assert(
      fc.property(conditions, conditions, (old, change) => {
        const before = nodeOf(old)
        const copy = structuredClone(before)
        strategicMerge(NODE, before, nodeOf(change))
        expect(before).toEqual(copy)
      }),
    )
  })

  it('takes away what is told to go, and only that', () => {
    fc.assert(
      fc.property(conditions, type, (old, gone) => {
        const patch = { status: { conditions: [{ type: gone, $patch: 'delete' }] } }
        const merged = strategicMerge(NODE, nodeOf(old), patch)
        expect(typesOf(merged)).toEqual(old.map((one) => one.type).filter((one) => one !== gone))
      }),
    )
  })

  it('keeps of a map that names what to keep only that', () => {
    const old = { spec: { strategy: { a: 1 } }, metadata: { labels: { a: '1', b: '2' } } }
    expect(strategicMerge(NODE, old, { metadata: { $retainKeys: ['labels'], labels: { b: null } } })).toEqual({
      spec: { strategy: { a: 1 } },
      metadata: { labels: { a: '1' } },
    })
  })
})

describe('a merge patch', () => {
  it('with nothing in it changes nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())), (object) => {
        expect(mergePatch(object, {})).toEqual(object)
      }),
    )
  })
})

describe('a value', () => {
  it('is printed as Go does', () => {
    expect(printed({ b: [1, 'x', { c: null }], a: true })).toBe('map[a:true b:[1 x map[c:<nil>]]]')
  })
})
