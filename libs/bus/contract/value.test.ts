import { describe, expect, it } from 'vitest'
import { ProblemPhase } from '#proto/nodedoctor/v1/types.ts'
import { condition, problem } from '../testing-readers.ts'
import { BUSES } from './testing-buses.ts'

describe.each(BUSES)('a value as the store has it now of a bus of $kind', ({ open }) => {
  it('is the last that was written, under a number that grows, and none once it was taken away', async () => {
    const bus = await open()
    const writer = await bus.writer()
    const reader = bus.reader({ service: 'remediator' })
    await expect.poll(() => reader.get('problems', { fingerprint: 'fp' }).catch(() => 'away')).toBeUndefined()
    await writer.put('problems', problem('fp'))
    const first = await reader.get('problems', { fingerprint: 'fp' })
    expect(first?.value).toEqual(problem('fp'))
    await writer.put('problems', problem('other'))
    await writer.put('problems', problem('fp', ProblemPhase.RESOLVED))
    const second = await reader.get('problems', { fingerprint: 'fp' })
    expect(second?.value).toEqual(problem('fp', ProblemPhase.RESOLVED))
    expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.NaN)
    await writer.put('node_conditions', condition('disk:/'))
    expect((await reader.get('node_conditions', { type: 'DiskFull', entity: 'disk:/' }))?.value).toEqual(
      condition('disk:/'),
    )
    await writer.remove('problems', { fingerprint: 'fp' })
    expect(await reader.get('problems', { fingerprint: 'fp' })).toBeUndefined()
  })

  it('is not known before the store was made ready', async () => {
    const bus = await open()
    await bus.earlyWriter()
    const reader = bus.reader({ service: 'remediator' })
    await expect
      .poll(() => reader.get('problems', { fingerprint: 'fp' }).catch((err: Error) => err.name))
      .toBe('BusStoreError')
  })
})
