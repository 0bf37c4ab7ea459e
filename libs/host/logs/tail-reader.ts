/** Reads on in a log, over its rotations, whenever it is asked. */
import type { HostReadError } from '../errors.ts'
import type { LogFile } from './log-file.ts'
import { createLogPath } from './log-path.ts'
import { isUnreadable, type LogFolder, type Step, type Succession } from './succession.ts'
import { createTailLines, type TailLines } from './tail-lines.ts'
import type { TailEvent, TailOptions } from './types.ts'

/** Reads what there is. */
export interface TailReader {
  /** Ends with `caught-up`. @throws HostReadError; it may be asked again */
  look(): AsyncGenerator<TailEvent>
  /** Does not wait for what hangs. */
  close(): void
}

/** Tells what is new in a file; returns why it ended there. */
async function* readOn(
  lines: TailLines,
  file: LogFile,
): AsyncGenerator<TailEvent, 'end' | 'truncated' | HostReadError> {
  try {
    return yield* lines.readOn(file)
  } catch (error) {
    if (isUnreadable(error)) return error
    throw error
  }
}

/** What is left of a line in a file that is read no more. Closed it is also where nobody reads on: nobody else knows it any more. */
function* leave(lines: TailLines, file: LogFile, goesOn: boolean): Generator<TailEvent> {
  try {
    if (!goesOn) yield* lines.takeRest(file)
  } finally {
    file.close()
  }
}

/** As much of how a file is followed as its reader goes by. */
type ReaderOptions = Required<Pick<TailOptions, 'from' | 'maxLineBytes'>> &
  Partial<Pick<TailOptions, 'keepsReturn' | 'signal'>>

/** Begins nothing: the first look does. */
export function createTailReader(folder: LogFolder, options: ReaderOptions): TailReader {
  const { from } = options
  const lines = createTailLines(options)
  const path = createLogPath(folder, lines)
  let at: LogFile | undefined
  let steps: Step[] = []
  let hasBegun = false

  /** Takes the next step, once it can be taken: where it fails it is tried again. */
  async function* goOn(): AsyncGenerator<TailEvent> {
    const [step] = steps
    if (step === undefined) return
    await step.file.seek(step.offset)
    steps.shift()
    const before = at
    at = step.file
    if (before !== undefined) yield* leave(lines, before, step.goesOn)
  }

  function* follow(next: Pick<Succession, 'steps' | 'lost'>): Generator<TailEvent> {
    steps = [...next.steps]
    if (next.lost === undefined) return
    // Of a file that nobody writes to any more all is told; of one that was emptied nobody knows how its last line went on.
    if (next.lost !== 'truncated' && at !== undefined) yield* lines.takeRest(at)
    else lines.forget()
    yield { kind: 'lost', why: next.lost }
  }

  async function* look(): AsyncGenerator<TailEvent> {
    if (!hasBegun) {
      const first = await path.begin(from)
      hasBegun = true
      yield* follow(first)
    }
    for (;;) {
      yield* goOn()
      const missed = at?.offset === 0 && steps.length === 0 ? await path.before(at) : undefined
      if (missed !== undefined && missed !== 'nothing') {
        yield* follow(missed)
        continue
      }
      const end = missed === undefined && at !== undefined ? yield* readOn(lines, at) : 'end'
      if (steps.length > 0) {
        if (end !== 'end') yield* follow({ steps, lost: end === 'truncated' ? end : 'unreadable' })
        continue
      }
      const next = yield* path.since(at, end === 'truncated')
      // Where nothing came after it, it is the log itself that cannot be read.
      if (next === undefined && typeof end !== 'string') throw end
      if (next === undefined) break
      yield* follow(next)
    }
    yield { kind: 'caught-up', cursor: at && lines.cursor(at) }
  }

  return {
    look,
    close() {
      for (const file of [at, ...steps.map((step) => step.file)]) file?.close()
      steps = []
      at = undefined
    },
  }
}
