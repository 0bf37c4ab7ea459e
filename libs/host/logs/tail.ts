/** Following a file: told by the kernel when there is something to read, with a slow look as the net. */
import type { Clock } from '#clock'
import { HostReadError } from '../errors.ts'
import type { Guard } from '../files/guard.ts'
import { createEars } from './ears.ts'
import { createLogFolder } from './log-folder.ts'
import { createLooks } from './looks.ts'
import { createTailReader, type TailReader } from './tail-reader.ts'
import type { TailEvent, TailOptions } from './types.ts'

/** What a file is followed with. */
export interface TailDoor {
  readonly threads: Guard
  readonly root: string
  readonly clock: Clock
}

/** Of a line, without another wish. */
export const LINE_BYTES = 65_536
const GAP_MS = 50
const LOOK_MS = 5_000

/** What a look tells, also that it cannot. */
async function* lookOnce(reader: TailReader): AsyncGenerator<TailEvent> {
  try {
    yield* reader.look()
  } catch (error) {
    if (!(error instanceof HostReadError)) throw error
    yield { kind: 'unreadable', error }
  }
}

/** See {@link Logs.tail}. @param path absolute */
export async function* tailFile(
  { threads, root, clock }: TailDoor,
  path: string,
  options: TailOptions,
): AsyncGenerator<TailEvent, undefined> {
  const { signal, from, maxLineBytes = LINE_BYTES, keepsReturn = false, gapMs = GAP_MS, lookMs = LOOK_MS } = options
  const reader = createTailReader(createLogFolder(threads, root, path), { from, maxLineBytes, keepsReturn, signal })
  const looks = createLooks({ clock, ears: createEars(threads, root, path), gapMs, lookMs, signal })
  let told: string | undefined
  try {
    while (!signal.aborted) {
      await looks.begin()
      let hasNews = false
      for await (const event of lookOnce(reader)) {
        if (signal.aborted) return
        hasNews ||= event.kind === 'lines'
        if (event.kind !== 'unreadable') told = undefined
        else if (event.error.code === told) continue
        else told = event.error.code
        yield event
        if (signal.aborted) return
      }
      await looks.next(hasNews)
    }
  } finally {
    looks.end()
    reader.close()
  }
}
