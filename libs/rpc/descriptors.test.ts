import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDescriptors, splitDescriptorSet } from './descriptors.ts'

describe('the descriptors', () => {
  it('are a file for each protocol, and for what it imports', async () => {
    const files = splitDescriptorSet(await readDescriptors())
    const text = files.map((bytes) => new TextDecoder().decode(bytes.subarray(0, 80)))
    for (const name of ['nodedoctor/v1/types.proto', 'grpc/health/v1/health.proto', 'google/protobuf/timestamp.proto'])
      expect(text.filter((start) => start.includes(name)).length).toBeGreaterThan(0)
  })

  it('end with an error, not for ever, when the bytes are damaged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          for (const file of splitDescriptorSet(bytes)) expect(file.length).toBeLessThan(bytes.length)
        } catch (err) {
          expect(err).toBeInstanceOf(Error)
        }
      }),
    )
  })
})
