import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createPacking, PACKED_ABOVE } from './packing.ts'

/** Pieces as a scrape writes them, so many bytes in all. */
async function written(bytes: number) {
  const packing = createPacking()
  const piece = Buffer.from('node_doctor_vendor_reading_celsius{device="ata-1"} 1\n'.repeat(1000))
  const all: Buffer[] = []
  for (let left = bytes; left > 0; left -= piece.length) {
    const next = piece.subarray(0, Math.min(left, piece.length))
    all.push(next)
    await packing.add(Buffer.from(next))
  }
  return { ...(await packing.end()), text: Buffer.concat(all) }
}

describe('a text of metrics', () => {
  it('that is small is bytes as they are', async () => {
    const { body, packed, text } = await written(PACKED_ABOVE)
    expect(packed).toBe(false)
    expect(Buffer.compare(body, text)).toBe(0)
    expect(await written(0)).toMatchObject({ packed: false, body: Buffer.alloc(0) })
  })

  it('that is large is packed, and the same unpacked', async () => {
    const { body, packed, text } = await written(PACKED_ABOVE * 4 + 17)
    expect(packed).toBe(true)
    expect(body.byteLength).toBeLessThan(PACKED_ABOVE / 4)
    expect(Buffer.compare(gunzipSync(body), text)).toBe(0)
  })
})
