import { describe, expect, it } from 'vitest'
import type { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import { createJournal } from '../testing-journal.ts'
import { abortable, IDENTITY } from '../testing-readers.ts'
import { BUSES } from './testing-buses.ts'

describe.each(BUSES)('the records of repairs of a bus of $kind', ({ open }) => {
  it('are told once each, in order, without ticks, and go on behind what the stream has', async () => {
    const bus = await open()
    await bus.writer()
    const journal = createJournal('j1')
    for (const what of ['a', 'b']) journal.began(what)
    journal.tick()
    const taken: number[] = []
    const message = ({ sequence }: RemediationRecord) => Promise.resolve(void taken.push(sequence))
    bus.reader().consume('REMEDIATIONS', { message, gap: () => undefined }, { signal: abortable() })
    const ending = new AbortController()
    const first = bus.reader({ service: 'remediator' }).publishRecords(journal, ending.signal)
    expect(await first.settled(5000)).toBe(true)
    ending.abort()
    journal.began('c')
    const second = bus.reader({ service: 'remediator' }).publishRecords(journal, abortable())
    expect(await second.settled(5000)).toBe(true)
    journal.began('d')
    second.wake()
    await expect.poll(() => taken).toEqual([1, 2, 4, 5])
    expect([first.status(), second.status()]).toMatchObject([
      { told: 2, isWaiting: false },
      { told: 2, isWaiting: false, lastError: '' },
    ])
  })

  it('are all told again to a store that has none, and a journal that was begun anew from its beginning', async () => {
    const bus = await open()
    const writer = await bus.writer()
    const journal = createJournal('j1')
    for (const what of ['a', 'b', 'c']) journal.began(what)
    const publication = bus.reader({ service: 'remediator' }).publishRecords(journal, abortable())
    await expect.poll(() => publication.status()).toMatchObject({ told: 3 })
    await writer.ensureStore({ ...IDENTITY, bootId: 'boot-2' })
    await expect.poll(() => publication.status().told, { timeout: 5000 }).toBe(6)
    journal.renew('j2')
    journal.began('new')
    publication.wake()
    const exporter = bus.reader()
    const held = async (limit: number): Promise<readonly string[]> => {
      const names: string[] = []
      await exporter.readRecords(limit, ({ journal: of, sequence }) => names.push(`${of}.${sequence}`)).catch(() => 0)
      return names
    }
    await expect.poll(() => held(100)).toEqual(['j1.1', 'j1.2', 'j1.3', 'j2.1'])
    expect(await held(2)).toEqual(['j1.3', 'j2.1'])
  })

  it('leave out what no message can hold, say so, and go on', async () => {
    const bus = await open()
    await bus.writer()
    const journal = createJournal('j1')
    journal.began('x'.repeat(300_000))
    journal.began('b')
    const publication = bus.reader({ service: 'remediator' }).publishRecords(journal, abortable())
    await expect.poll(() => publication.status()).toMatchObject({ told: 1, refused: 1, isWaiting: false })
  })
})
