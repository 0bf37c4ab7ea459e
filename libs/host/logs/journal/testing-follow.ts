/** Follows a journal in a test until that has seen enough. */
import { expect, onTestFinished } from 'vitest'
import { createHost } from '../../host.ts'
import type { Host } from '../../types.ts'
import type { JournalCursor, JournalEvent, JournalLoss, JournalOptions, JournalRecord } from './types.ts'

export interface FollowedJournal {
  readonly events: readonly JournalEvent[]
  records(): JournalRecord[]
  texts(): string[]
  lost(): JournalLoss[]
  /** The last that was told of. */
  cursor(): JournalCursor | undefined
  caughtUp(times?: number): Promise<void>
  end(): Promise<void>
}

/** @param host whose journals they are */
export function followInTest(
  root: string,
  options: Omit<JournalOptions, 'signal'>,
  host: Host = createHost({ root }),
): FollowedJournal {
  const stop = new AbortController()
  const events: JournalEvent[] = []
  const reading = (async () => {
    for await (const event of host.logs.journal({ ...options, signal: stop.signal })) events.push(event)
  })()
  async function end(): Promise<void> {
    stop.abort()
    await reading
  }
  onTestFinished(end)
  const records = (): JournalRecord[] => events.flatMap((event) => (event.kind === 'records' ? event.records : []))
  return {
    events,
    records,
    texts: () => records().map(({ bytes }) => bytes.toString()),
    lost: () => events.flatMap((event) => (event.kind === 'lost' ? [event.why] : [])),
    cursor() {
      const last = events.findLast(({ kind }) => kind === 'records' || kind === 'caught-up')
      if (last?.kind === 'records') return last.records.at(-1)?.cursor
      return last?.kind === 'caught-up' ? last.cursor : undefined
    },
    async caughtUp(times = 1) {
      const seen = (): number => events.filter(({ kind }) => kind === 'caught-up').length
      await expect.poll(seen, { interval: 5, timeout: 10_000 }).toBeGreaterThanOrEqual(times)
    },
    end,
  }
}
