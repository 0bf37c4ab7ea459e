import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import type { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import { publishRecords, type RecordSink } from './publish-records.ts'
import { remediationSubject } from './subjects.ts'
import { quietLog } from './testing.ts'
import { createJournal } from './testing-journal.ts'

/** What happens to one try to keep a record. */
type Fate = 'kept' | 'refused' | 'answer lost' | 'emptied before' | 'emptied after'

/** A stream whose tries go as they are told, then well. */
function createStream(fates: Fate[]) {
  const held: RemediationRecord[] = []
  let last = 0
  /** Each life of the stream: the numbers that it took, in order. */
  const lives: number[][] = [[]]
  function empty(): void {
    held.length = 0
    last = 0
    lives.push([])
  }
  function take(record: RemediationRecord, behind: number): number {
    if (behind !== last) throw new Error(`wrong last sequence: ${last}`)
    held.push(record)
    lives.at(-1)?.push(record.sequence)
    return ++last
  }
  const sink: RecordSink = {
    end: () => Promise.resolve({ sequence: last, record: held.at(-1) }),
    keep(record, behind) {
      const fate = fates.shift() ?? 'kept'
      if (fate === 'refused') return Promise.reject(new Error('no responders'))
      if (fate === 'emptied before') empty()
      return new Promise((resolve) => {
        const sequence = take(record, behind)
        if (fate === 'answer lost') throw new Error('timeout')
        if (fate === 'emptied after') empty()
        resolve(sequence)
      })
    },
  }
  return { sink, lives }
}

/** Its waits take no time. */
const clock = { ...systemClock(), sleep: () => Promise.resolve() }

describe('a journal that is told', () => {
  it('is in the stream once and whole, whatever fails and whenever it dies or is emptied', async () => {
    const fate = fc.constantFrom<Fate>('kept', 'refused', 'answer lost', 'emptied before', 'emptied after')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fate, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        async (fates, lives) => {
          const stream = createStream(fates)
          const journal = createJournal('j', 3)
          for (const count of lives) {
            const ending = new AbortController()
            for (let i = 0; i < count; i++) journal.began(String(i))
            const { sink } = stream
            const publication = publishRecords({ sink, source: journal, signal: ending.signal, clock, log: quietLog })
            await Promise.resolve()
            journal.tick()
            journal.began('late')
            publication.wake()
            expect(await publication.settled(1000)).toBe(true)
            // Whoever follows the bucket hears of a store that was emptied while nothing was told.
            publication.again()
            expect(await publication.settled(1000)).toBe(true)
            ending.abort()
          }
          const whole: number[] = []
          for (let after = 0; ; ) {
            const some = journal.after(after)
            if (some.length === 0) break
            for (const { sequence, what } of some) if (what?.$case !== 'tick') whole.push(sequence)
            after = some.at(-1)?.sequence ?? after
          }
          for (const told of stream.lives) expect(told).toEqual(whole.slice(0, told.length))
          expect(stream.lives.at(-1)).toEqual(whole)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('looks once where nothing comes, and does not look again', async () => {
    const journal = createJournal('j')
    const ending = new AbortController()
    const { sink } = createStream([])
    const publication = publishRecords({ sink, source: journal, signal: ending.signal, clock, log: quietLog })
    expect(await publication.settled(1000)).toBe(true)
    expect(journal.reads).toBe(1)
    ending.abort()
    expect(publication.status()).toEqual({ told: 0, refused: 0, lastError: '', isWaiting: false })
  })

  it('says by its subject what a record says and of which strategy', () => {
    const journal = createJournal('j')
    journal.began('1')
    journal.append({ $case: 'breaker', value: { fingerprint: '', strategy: '', state: 2, failures: 5, forMs: 1 } })
    journal.append({
      $case: 'breaker',
      value: { fingerprint: 'f', strategy: 'a.b >', state: 2, failures: 5, forMs: 1 },
    })
    const subjects = journal.after(0).map(remediationSubject)
    expect(subjects.slice(0, 2)).toEqual(['nd.remediation.began._', 'nd.remediation.breaker._'])
    expect(subjects[2]).toMatch(/^nd\.remediation\.breaker\.a-b-[A-Za-z0-9_-]+$/)
  })
})
