/** Reads on in a log, over its rotations, whenever it is asked. */
import type { LogFile } from './log-file.ts'
import { afterCursor, afterFile, type LogFolder, type Step, type Succession } from './succession.ts'
import { createTailLines } from './tail-lines.ts'
import type { TailEvent, TailOptions } from './types.ts'

/** Reads what there is. */
export interface TailReader {
  /** Ends with `caught-up`. @throws HostReadError; it may be asked again */
  look(): AsyncGenerator<TailEvent>
  close(): Promise<void>
}

/**
 * A file of which nothing was read yet may have been another one before, that was copied and emptied unread. What it
 * holds now is remembered first, so that this is seen too when it happens in between.
 */
async function whatCameBefore(
  folder: LogFolder,
  file: LogFile,
  known: ReadonlySet<string>,
): Promise<Succession | undefined> {
  await file.peek()
  if ((await folder.rotated()).every(({ key }) => known.has(key) || key === file.key)) return undefined
  const missed = await afterFile(folder, { before: file, isTruncated: true, current: await folder.open(), known })
  if (missed.steps.length > 1) return missed
  for (const step of missed.steps) await step.file.close()
  return undefined
}

/** Begins nothing: the first look does. */
export function createTailReader(
  folder: LogFolder,
  { from, maxLineBytes }: Required<Pick<TailOptions, 'from' | 'maxLineBytes'>>,
): TailReader {
  const lines = createTailLines(maxLineBytes)
  let at: LogFile | undefined
  let steps: Step[] = []
  let known: ReadonlySet<string> = new Set()
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
    await before?.close()
  }

  function* follow(next: Succession): Generator<TailEvent> {
    known = next.known
    steps = [...next.steps]
    if (!next.isLost) return
    lines.forget()
    yield { kind: 'lost', why: at === undefined ? 'not-found' : 'truncated' }
  }

  async function begin(): Promise<Succession> {
    if (typeof from !== 'string') return afterCursor(folder, from)
    known = new Set((await folder.rotated()).map(({ key }) => key))
    const file = await folder.open()
    if (file === undefined) return { steps: [], isLost: false, known }
    const offset = from === 'end' ? await file.size() : 0
    if (!(await file.endsLineAt(offset))) lines.skipLine()
    return { steps: [{ file, offset, goesOn: true }], isLost: false, known }
  }

  /** What has come since; undefined where there is nothing but what is being read. */
  async function* since(isTruncated: boolean): AsyncGenerator<TailEvent, Succession | undefined> {
    const before = at
    const current = await folder.open()
    const isSame = current?.key === before?.key
    if (!isTruncated && (current === undefined || (isSame && before !== undefined && before.offset > 0))) {
      await current?.close()
      return undefined
    }
    const isEmpty = (await current?.size()) === 0
    // Whoever writes has gone over to the next file by now, and was in this one until then.
    const isEmptied = before !== undefined && !isSame && !isTruncated && (yield* lines.readOn(before)) === 'truncated'
    const next = await afterFile(folder, { before, isTruncated: isTruncated || isEmptied, current, known })
    const isOver = next.steps.length > 1 || (next.steps.length === 1 && !(isEmpty && !isTruncated && !isSame))
    if (isOver || next.isLost) return next
    known = next.known
    await current?.close()
    return undefined
  }

  async function* look(): AsyncGenerator<TailEvent> {
    if (!hasBegun) {
      const first = await begin()
      hasBegun = true
      yield* follow(first)
    }
    for (;;) {
      yield* goOn()
      const missed = at?.offset === 0 && steps.length === 0 ? await whatCameBefore(folder, at, known) : undefined
      if (missed !== undefined) {
        yield* follow(missed)
        continue
      }
      const isTruncated = at !== undefined && (yield* lines.readOn(at)) === 'truncated'
      if (steps.length > 0) {
        if (isTruncated) yield* follow({ steps, isLost: true, known })
        continue
      }
      const next = yield* since(isTruncated)
      if (next === undefined) break
      yield* follow(next)
    }
    yield { kind: 'caught-up' }
  }

  return {
    look,
    async close() {
      await at?.close()
      for (const { file } of steps) await file.close()
      steps = []
      at = undefined
    },
  }
}
