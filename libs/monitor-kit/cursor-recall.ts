/** The cursor that an earlier process kept: asked for until it is known. */
import { type Clock, unlessAborted, within } from '#clock'
import { createBackoff } from '#pace'
import type { CursorFile } from './cursor-file.ts'

/** So long it is waited for by one who can do without. */
const SOON_MS = 1000

/** Between two questions, while it cannot be read. */
const AGAIN_MS = { minMs: 1000, maxMs: 30_000 } as const

/** Asks for it, once at a time. */
export interface CursorRecall {
  /** As JSON; undefined: none, as far as is known. */
  readonly cursor: string | undefined
  /** Where none is known. @throws CursorUnreadableError */
  read(): Promise<void>
  /** The same, for a second at most. Never rejects. @returns whether it is known, also that there is none */
  soon(): Promise<boolean>
  /** Until it is known. @throws the signal's reason */
  until(signal: AbortSignal): Promise<void>
}

/** @param random from 0 to 1 */
export function createCursorRecall(
  cursors: Pick<CursorFile, 'recall'>,
  clock: Clock,
  random: (() => number) | undefined,
): CursorRecall {
  let cursor: string | undefined
  let reading: Promise<void> | undefined

  async function ask(): Promise<void> {
    try {
      cursor ??= await cursors.recall()
    } finally {
      reading = undefined
    }
  }

  function read(): Promise<void> {
    reading ??= ask()
    return reading
  }

  /** @returns whether it is known */
  function isRead(): Promise<boolean> {
    return read().then(
      () => true,
      () => false,
    )
  }

  return {
    get cursor() {
      return cursor
    },
    read,
    soon: () => within(clock, isRead(), SOON_MS, () => false),
    async until(signal) {
      const backoff = createBackoff({ ...AGAIN_MS, ...(random && { random }) })
      while (!(await unlessAborted(isRead(), signal))) await clock.sleep(backoff.next(), signal)
    },
  }
}
