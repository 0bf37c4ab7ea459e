import { describe, expect, it } from 'vitest'
import { BUSES } from './testing-buses.ts'

describe.each(BUSES)('what is said without being kept of a bus of $kind', ({ open }) => {
  it('is heard by those who listen, also when they came before the server', async () => {
    const bus = await open()
    const reader = bus.reader()
    const beats: number[] = []
    const samples: string[] = []
    const stop = reader.onHeartbeat(({ sequence }) => void beats.push(sequence))
    reader.onMetrics(({ monitor }) => void samples.push(monitor))
    const writer = await bus.writer()
    const beat = (sequence: number) =>
      writer.publishHeartbeat({
        node: 'n1',
        bootId: '',
        detectorIncarnation: 1,
        time: new Date(),
        version: '',
        sequence,
        waitingMs: 0,
        unstoredMs: 0,
        behind: [],
      })
    await expect
      .poll(() => {
        beat(7)
        writer.publishMetrics({ monitor: 'a.b c', samples: [], described: [] } as unknown as Parameters<
          typeof writer.publishMetrics
        >[0])
        return [beats.at(-1), samples.at(-1)]
      })
      .toEqual([7, 'a.b c'])
    stop()
    const before = samples.length
    beat(8)
    await expect
      .poll(() => {
        writer.publishMetrics({ monitor: 'a.b c', samples: [], described: [] } as unknown as Parameters<
          typeof writer.publishMetrics
        >[0])
        return samples.length
      })
      .toBeGreaterThan(before)
    expect(beats.at(-1)).toBe(7)
  })

  it('is heard in parts where samples are more than a message may hold', async () => {
    const bus = await open()
    const reader = bus.reader()
    const heard = new Set<string>()
    reader.onMetrics(({ samples }) => {
      for (const { name } of samples) heard.add(name)
    })
    const writer = await bus.writer()
    const samples = Array.from({ length: 2048 }, (_, i) => ({
      name: `s${i}`,
      value: i,
      labels: { a: 'x'.repeat(200) },
    }))
    await expect
      .poll(() => {
        writer.publishMetrics({ monitor: 'gpu', time: new Date(), samples, described: [] })
        return heard.size
      })
      .toBe(2048)
  })
})
