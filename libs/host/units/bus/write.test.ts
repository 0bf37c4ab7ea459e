import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { written } from '../testing-bus.ts'
import { createBusReader } from './read.ts'
import { parseSignature } from './signature.ts'
import { type BusWritable, writeValues } from './write.ts'

function readBack(signature: string, bytes: Buffer): unknown {
  const reader = createBusReader(bytes, true)
  const values = parseSignature(signature).map((type) => reader.read(type))
  expect(reader.at).toBe(bytes.length)
  return values
}

const plainText = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))
const property = fc.oneof(
  plainText.map((value) => ({ type: 's', value })),
  fc.boolean().map((value) => ({ type: 'b', value })),
  fc.bigInt(0n, 2n ** 64n - 1n).map((value) => ({ type: 't', value })),
  fc.nat(2 ** 32 - 1).map((value) => ({ type: 'u', value })),
  fc.array(plainText, { maxLength: 4 }).map((value) => ({ type: 'as', value })),
  fc.array(fc.tuple(plainText, fc.array(plainText, { maxLength: 3 }), fc.boolean()), { maxLength: 3 }).map((value) => ({
    type: 'a(sasb)',
    value,
  })),
)

describe('values that are written', () => {
  it('are read as they were: properties of a unit, whatever stands in them', () => {
    const units = fc.tuple(plainText, plainText, fc.array(fc.tuple(plainText, property), { maxLength: 5 }))
    fc.assert(
      fc.property(units, ([name, mode, properties]) => {
        const bytes = writeValues('ssa(sv)a(sa(sv))', [name, mode, properties, []])
        const read = properties.map(([key, { value }]) => [key, value])
        expect(readBack('ssa(sv)a(sa(sv))', bytes)).toEqual([name, mode, read, []])
      }),
    )
  })

  it('are the same as another writer makes of them', () => {
    const map = { A: ['s', 'x'], B: ['t', 5n], C: ['i', -3] } as const
    const mine = Object.entries(map).map(([key, [type, value]]) => [key, { type, value }])
    expect(writeValues('sa{sv}u', ['ab', mine, 7])).toEqual(
      written([
        ['s', 'ab'],
        ['a{sv}', map],
        ['u', 7],
      ]),
    )
  })

  it('are refused where they are not of their type', () => {
    const wrong: readonly (readonly [string, BusWritable])[] = [
      ['s', 1],
      ['b', 'true'],
      ['u', -1],
      ['t', 1],
      ['v', 'plain'],
      ['as', 'text'],
      ['(su)', ['alone']],
      ['s', 'with\0NUL'],
      ['d', 1],
    ]
    for (const [type, value] of wrong) expect(() => writeValues(type, [value])).toThrow()
    expect(() => writeValues('ss', ['one'])).toThrow('no value of D-Bus type ss: one')
  })
})
