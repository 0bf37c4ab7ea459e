import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createExportParser, type ExportEntry } from './export-format.ts'

/** As journalctl writes a field: what is text of one line as such, the rest with its size. */
function written(name: string, value: Buffer): Buffer {
  const isText = value.every((byte) => byte >= 32 || byte === 9)
  if (isText) return Buffer.concat([Buffer.from(`${name}=`), value, Buffer.from('\n')])
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(value.length))
  return Buffer.concat([Buffer.from(`${name}\n`), size, value, Buffer.from('\n')])
}

function parse(bytes: Buffer, cuts: readonly number[] = [], max = Number.POSITIVE_INFINITY): ExportEntry[] {
  const parser = createExportParser(() => max)
  const entries: ExportEntry[] = []
  let at = 0
  for (const length of cuts) {
    entries.push(...parser.push(bytes.subarray(at, at + length)))
    at += length
  }
  entries.push(...parser.push(bytes.subarray(at)))
  return entries
}

const nameOf = fc.constantFrom('MESSAGE', '_PID', 'A', '__CURSOR')
const bytesOf = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
const entryOf = fc.uniqueArray(fc.tuple(nameOf, bytesOf), { minLength: 1, selector: ([name]) => name })

test('however the bytes are cut, every field of every entry is exactly what was written', () => {
  fc.assert(
    fc.property(fc.array(entryOf, { maxLength: 5 }), fc.array(fc.nat(20), { maxLength: 60 }), (all, cuts) => {
      const parts = all.flatMap((fields) => [...fields.map(([n, v]) => written(n, v)), Buffer.from('\n')])
      const entries = parse(Buffer.concat(parts), cuts)
      expect(entries.map((entry) => [...entry].map(([name, { bytes }]) => [name, bytes]))).toEqual(all)
    }),
  )
})

test('a binary field may hold what looks like the end of an entry, "=" and zeros', () => {
  const value = Buffer.from('a=b\n\nC=d\n\0\xff\n', 'latin1')
  const [entry, next] = parse(Buffer.concat([written('MESSAGE', value), Buffer.from('P=1\n\nMESSAGE=next\n\n')]))
  expect(entry?.get('MESSAGE')?.bytes).toEqual(value)
  expect(entry?.get('P')?.bytes.toString()).toBe('1')
  expect(next?.get('MESSAGE')?.bytes.toString()).toBe('next')
})

test('a longer value is cut and the rest is counted, as text and as bytes', () => {
  for (const value of [Buffer.alloc(100_000, 'x'), Buffer.alloc(100_000, 1)]) {
    const [entry] = parse(Buffer.concat([written('MESSAGE', value), Buffer.from('P=1\n\n')]), [3, 70_000], 65_536)
    expect(entry?.get('MESSAGE')).toEqual({ bytes: value.subarray(0, 65_536), cutBytes: 34_464 })
    expect(entry?.get('P')).toEqual({ bytes: Buffer.from('1'), cutBytes: 0 })
  }
})

test('of a field that an entry has several times the last counts', () => {
  expect(parse(Buffer.from('A=1\nA=2\n\n'))[0]?.get('A')?.bytes.toString()).toBe('2')
})

test('whatever comes in is entries, or an error that says what is wrong', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      const parser = createExportParser(() => 10)
      try {
        for (const chunk of chunks) parser.push(Buffer.from(chunk))
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError)
      }
    }),
  )
  expect(() =>
    parse(Buffer.concat([Buffer.from('A\n'), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('xx\n')])),
  ).toThrow('the field A does not end where its size says')
  expect(() => parse(Buffer.concat([Buffer.from('A\n'), Buffer.alloc(8, 255)]))).toThrow(
    'the field A has an impossible size',
  )
  expect(() => parse(Buffer.alloc(300, 'A'))).toThrow('the name of a field is longer than 256 bytes')
})
