import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keepOutput } from './output.ts'

/** Keeps of what is written to it, at once. */
function keep(maxBytes: number) {
  const stream = new PassThrough()
  const kept = keepOutput(stream, maxBytes)
  const write = (chunk: Buffer) => void stream.emit('data', chunk)
  return { kept, write }
}

test('the beginning of what came is kept, in whatever pieces it came', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 20 })
  fc.assert(
    fc.property(pieces, fc.integer({ min: 0, max: 40_000 }), (chunks, maxBytes) => {
      const { kept, write } = keep(maxBytes)
      for (const chunk of chunks) write(Buffer.from(chunk))
      const all = Buffer.concat(chunks)
      expect(kept.bytes().equals(all.subarray(0, maxBytes))).toBe(true)
      expect(kept.truncated()).toBe(all.length > maxBytes)
    }),
    { numRuns: 50 },
  )
})

test('what was told stays as it was, whatever comes behind it', () => {
  const { kept, write } = keep(100_000)
  write(Buffer.from('abc'))
  const before = kept.bytes()
  write(Buffer.alloc(50_000, 'x'))
  expect(before.toString()).toBe('abc')
  expect(kept.bytes()).toHaveLength(50_003)
})

test('what comes is copied: of a byte nothing is held but itself, and at most twice as much in all', () => {
  const { kept, write } = keep(1_000_000)
  const chunk = Buffer.from('a')
  write(chunk)
  chunk.fill('x')
  expect(kept.bytes().toString()).toBe('a')
  for (let i = 1; i < 100_000; i++) write(Buffer.from('a'))
  expect(kept.bytes()).toHaveLength(100_000)
  expect(kept.bytes().buffer.byteLength).toBeLessThanOrEqual(200_000)
})
