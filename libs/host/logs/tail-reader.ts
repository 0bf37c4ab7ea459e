/** Reads on in a log, over its rotations, whenever it is asked. */
import type { LogFile } from './log-file.ts'
import { createLogPath } from './log-path.ts'
import type { LogFolder, Step, Succession } from './succession.ts'
import { createTailLines } from './tail-lines.ts'
import type { TailEvent, TailOptions } from './types.ts'

/** Reads what there is. */
export interface TailReader {
  /** Ends with `caught-up`. @throws HostReadError; it may be asked again */
  look(): AsyncGenerator<TailEvent>
  /** Does not wait for what hangs. */
  close(): void
}

/** Begins nothing: the first look does. */
export function createTailReader(
  folder: LogFolder,
  { from, maxLineBytes }: Required<Pick<TailOptions, 'from' | 'maxLineBytes'>>,
): TailReader {
  const lines = createTailLines(maxLineBytes)
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
    if (before !== undefined && !step.goesOn) yield* lines.takeRest(before)
    before?.close()
  }

  function* follow(next: Pick<Succession, 'steps' | 'lost'>): Generator<TailEvent> {
    steps = [...next.steps]
    if (next.lost === undefined) return
    // Of a file that was read to its end all is told; of one that was emptied nobody knows how its last line went on.
    if (next.lost === 'compressed' && at !== undefined) yield* lines.takeRest(at)
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
      const isTruncated = missed === undefined && at !== undefined && (yield* lines.readOn(at)) === 'truncated'
      if (steps.length > 0) {
        if (isTruncated) yield* follow({ steps, lost: 'truncated' })
        continue
      }
      const next = yield* path.since(at, isTruncated)
      if (next === undefined) break
      yield* follow(next)
    }
    yield { kind: 'caught-up', cursor: at && lines.cursor(at) }
  }

  return {
    look,
    close() {
      at?.close()
      for (const { file } of steps) file.close()
      steps = []
      at = undefined
    },
  }
}
