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

  function* follow(next: Pick<Succession, 'steps' | 'isLost'>): Generator<TailEvent> {
    steps = [...next.steps]
    if (!next.isLost) return
    lines.forget()
    yield { kind: 'lost', why: at === undefined ? 'not-found' : 'truncated' }
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
      if (missed !== undefined) {
        yield* follow(missed)
        continue
      }
      const isTruncated = at !== undefined && (yield* lines.readOn(at)) === 'truncated'
      if (steps.length > 0) {
        if (isTruncated) yield* follow({ steps, isLost: true })
        continue
      }
      const next = yield* path.since(at, isTruncated)
      if (next === undefined) break
      yield* follow(next)
    }
    yield { kind: 'caught-up' }
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
