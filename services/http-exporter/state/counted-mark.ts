/**
 * Up to which record of repairs was counted, in a file: a store of the bus that was made anew is told all of them again, and a counter
 * counts none twice. What is marked is counted after it, so that a kill in between leaves one out.
 */
import { readFile } from 'node:fs/promises'
import { within } from '#clock'
import { replaceFile } from '#durable'
import type { Clock, Logger } from '#service'

/** The last number that was counted of each journal. */
export interface CountedMark {
  /** Marks it. False: it was counted. Never rejects: where the file cannot be written, the mark is kept in memory alone. */
  take(record: { readonly journal: string; readonly sequence: number }): Promise<boolean>
  /** There was a file: what came before this life is known. */
  readonly isKnown: boolean
}

/** The last journals of which it is known. */
const JOURNALS_KEPT = 8
/** Nobody waits longer for a disk. */
const WAIT_MS = 1000

/** undefined: there is none, or it says nothing. */
async function read(path: string): Promise<readonly (readonly [string, number])[] | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof content !== 'object' || content === null || Array.isArray(content)) return undefined
    return Object.entries(content).flatMap(([journal, last]) =>
      typeof last === 'number' && Number.isSafeInteger(last) ? [[journal, last] as const] : [],
    )
  } catch {
    // Missing, damaged or not readable: nothing is known of what was counted.
    return undefined
  }
}

/** Reads the mark. @param path of its file; "" keeps it in memory alone */
export async function openCountedMark(path: string, clock: Clock, log: Pick<Logger, 'warn'>): Promise<CountedMark> {
  const before = path === '' ? undefined : await read(path)
  const last = new Map(before)
  let isTold = path === ''
  let isBusy = false

  /** A disk that hangs has the next mark too, once it goes on. */
  async function keep(): Promise<void> {
    if (path === '' || isBusy) return
    isBusy = true
    try {
      await replaceFile(path, JSON.stringify(Object.fromEntries(last)))
    } catch (err) {
      if (!isTold)
        log.warn('which repairs were counted cannot be kept; after a reboot they may be counted again', { err })
      isTold = true
    } finally {
      isBusy = false
    }
  }

  return {
    isKnown: before !== undefined,
    async take({ journal, sequence }) {
      if (sequence <= (last.get(journal) ?? 0)) return false
      last.delete(journal)
      last.set(journal, sequence)
      for (const first of last.keys()) if (last.size > JOURNALS_KEPT) last.delete(first)
      await within(clock, keep(), WAIT_MS, () => undefined)
      return true
    },
  }
}
