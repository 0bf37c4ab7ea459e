import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { respondsInBytes } from './in-bytes.ts'

it('hands the bytes of a response on as they are, in the same memory', () => {
  const method = respondsInBytes({ path: '/a.B/C', responseSerialize: () => Buffer.from('never asked') })
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(8), (bytes, from) => {
      const part = bytes.subarray(from)
      const sent = method.responseSerialize(part)
      expect(sent.equals(part)).toBe(true)
      expect([sent.buffer, sent.byteOffset]).toEqual([part.buffer, part.byteOffset])
    }),
  )
  expect(method.path).toBe('/a.B/C')
})
