/** Following a file: told by the kernel when there is something to read, with a slow look as the net. */
import { realpath } from 'node:fs/promises'
import { posix } from 'node:path'
import type { Clock } from '#clock'
import { HostReadError } from '../errors.ts'
import { ask, guarded } from '../files/ask.ts'
import { type Armed, arm, armNearest, type Counts, reached } from '../files/folder-watch.ts'
import type { Guard } from '../files/guard.ts'
import { waitFor } from '../wait.ts'
import { createLogFolder } from './log-folder.ts'
import { createTailReader, type TailReader } from './tail-reader.ts'
import type { TailEvent, TailOptions } from './types.ts'

/** What a file is followed with. */
export interface TailDoor {
  readonly threads: Guard
  readonly root: string
  readonly clock: Clock
}

const LINE_BYTES = 65_536
const GAP_MS = 50
const LOOK_MS = 5_000

/** Whether a file's name came or went. */
function named(path: string): Counts {
  const name = posix.basename(path)
  return (event, file) => event === 'rename' && (file === null || file === name)
}

/**
 * Listens at the file, at its folder, and where it is a link at that of the file it leads to. Each is asked first, with a
 * deadline: what hangs is not listened at.
 */
function createEars(guard: Guard, root: string, path: string): () => Promise<readonly Armed[]> {
  const locate = (asked: string): Promise<string> =>
    ask(guard, root, { action: 'look for', path: asked }, async (real) => reached(await realpath(real)))
  /** Kept while the file is away. */
  let target: string | undefined
  return async () => {
    const armed = [await armNearest(locate, posix.dirname(path), named(path))]
    const file = await locate(path).catch(() => undefined)
    target = file ?? target
    if (target !== undefined) {
      const beside = posix.dirname(target)
      const answers = await guarded(guard, { action: 'look for', path: beside }, () => reached(beside)).catch(
        () => undefined,
      )
      if (answers !== undefined) armed.push(arm(beside, named(target)))
      // Where its folder hangs by now, so does it.
      if (file !== undefined && answers !== undefined) armed.push(arm(file, () => true))
    }
    return armed
  }
}

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
  const { signal, from, maxLineBytes = LINE_BYTES, gapMs = GAP_MS, lookMs = LOOK_MS } = options
  const reader = createTailReader(createLogFolder(threads, root, path), { from, maxLineBytes })
  const listen = createEars(threads, root, path)
  let told: string | undefined
  try {
    while (!signal.aborted) {
      const ears = await listen()
      const lookedMs = clock.monotonicMs()
      try {
        for await (const event of lookOnce(reader)) {
          if (event.kind !== 'unreadable') told = undefined
          else if (event.error.code === told) continue
          else told = event.error.code
          yield event
          if (signal.aborted) return
        }
        await waitFor(clock, lookMs, signal, Promise.race(ears.map((each) => each.told)))
      } finally {
        for (const each of ears) each.close()
      }
      await waitFor(clock, gapMs - (clock.monotonicMs() - lookedMs), signal)
    }
  } finally {
    reader.close()
  }
}
