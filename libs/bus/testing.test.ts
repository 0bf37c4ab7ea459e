import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawPort, freePort } from './testing.ts'

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('a port that is drawn for a test', () => {
  it('is never one that fetch refuses whoever listens there', async () => {
    await expect(fetch('http://127.0.0.1:10080')).rejects.toMatchObject({ cause: new Error('bad port') })
    for (let draw = 0; draw < 2000; draw++) expect(drawPort(0, draw / 2000)).not.toBe(10_080)
  })

  it('is never one of another worker, nor one that the kernel gives to who connects', () => {
    fc.assert(
      fc.property(fc.nat({ max: 15 }), fc.nat({ max: 15 }), fraction, fraction, (worker, other, drawn, drawnToo) => {
        const port = drawPort(worker, drawn)
        expect(port).toBeGreaterThanOrEqual(10_000)
        expect(port).toBeLessThan(30_000)
        if (worker !== other) expect(drawPort(other, drawnToo)).not.toBe(port)
      }),
    )
  })

  it('is of this worker’s slice', async () => {
    const worker = Number(process.env['VITEST_POOL_ID'])
    expect(worker).toBeGreaterThan(0)
    const port = await freePort()
    expect(port).toBeGreaterThanOrEqual(drawPort(worker, 0))
    expect(port).toBeLessThanOrEqual(drawPort(worker, 0.999999))
  })
})
