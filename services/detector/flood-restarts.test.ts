import { describe, expect, it } from 'vitest'
import { Event } from '#proto/nodedoctor/v1/types.ts'
import { acknowledgedBy, alive, critical, flood, floodScene, reasonsOf, STREAM_BYTES } from './testing-flood.ts'

const scene = floodScene()

describe('a plug-in whose warnings would fill the stream', () => {
  it('pushes nothing out over restarts of the detector and of the bus either', async () => {
    const first = await scene.begin()
    const [noisy, gpu] = await Promise.all([scene.startPlugIn('noisy'), scene.startPlugIn('vendor')])
    await alive(first, ['noisy', 'vendor'])
    critical(gpu, 'First')
    flood(noisy, 'Warn')
    await acknowledgedBy(noisy, gpu)
    await first.stop()
    const second = await scene.begin()
    await alive(second, ['noisy', 'vendor'])
    flood(noisy, 'Again')
    critical(gpu, 'Second')
    await acknowledgedBy(noisy, gpu)
    await scene.killBus()
    flood(noisy, 'OnceMore')
    critical(gpu, 'Third')
    await acknowledgedBy(noisy, gpu)
    const { events, missed } = await scene.readTill('Third')
    expect(missed).toBe(0)
    expect([...new Set(reasonsOf(events, 'vendor'))]).toEqual(['First', 'Second', 'Third'])
    // One part in all, not one for each life.
    const sizes = events.filter(({ monitor }) => monitor === 'noisy').map((one) => Event.encode(one).finish().length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(STREAM_BYTES / 16)
  }, 120_000)
})
