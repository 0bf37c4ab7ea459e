import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHost } from '#host'
import { costsOf, readProcessCost } from './process-cost.ts'

const STAT =
  '4711 (nats) server) S 1 4711 4711 0 -1 4194560 3000 0 9 0 250 130 0 0 20 0 9 0 123456 1268310016 5120 18446744073709551615'
const STATUS = 'Name:\tnats-server\nVmHWM:\t   30000 kB\nVmRSS:\t   20480 kB\nThreads:\t9\n'
const labels = { service: 'nats-server' }

describe('what a process costs that cannot tell it', () => {
  it('is its processor time and its resident memory, whatever it is called', () => {
    expect(costsOf('nats-server', STAT, STATUS)).toEqual([
      { name: 'process_cpu_seconds_total', labels, value: 3.8 },
      { name: 'process_resident_memory_bytes', labels, value: 20_971_520 },
    ])
  })

  it('leaves out what cannot be read, whatever the text', () => {
    expect(costsOf('nats-server', '', STATUS).map(({ name }) => name)).toEqual(['process_resident_memory_bytes'])
    expect(costsOf('nats-server', STAT, '').map(({ name }) => name)).toEqual(['process_cpu_seconds_total'])
    fc.assert(
      fc.property(fc.string(), fc.string(), (stat, status) => {
        for (const { value } of costsOf('nats-server', stat, status)) expect(Number.isFinite(value)).toBe(true)
      }),
    )
  })

  it('is read of a living process, and nothing of one that is gone', async () => {
    const { files } = createHost({ root: '' })
    const [cpu, memory] = await readProcessCost(files, 'nats-server', process.pid)
    expect(cpu?.value).toBeCloseTo((process.cpuUsage().user + process.cpuUsage().system) / 1e6, 0)
    expect(memory?.value).toBeGreaterThan(1e7)
    expect(await readProcessCost(files, 'nats-server', 2 ** 22 + 1)).toEqual([])
    expect(await readProcessCost(files, 'nats-server', undefined)).toEqual([])
  })
})
