/** Reads on in a log, over its rotations, whenever it is asked. */
import { createByteLines } from './byte-lines.ts'
import type { LogFile } from './log-file.ts'
import { afterCursor, afterFile, type LogFolder, type Step, type Succession } from './succession.ts'
import type { TailEvent, TailLine, TailOptions } from './types.ts'

const CHUNK_BYTES = 65_536

/** Reads what there is. */
export interface TailReader {
  /** Ends with `caught-up`. @throws HostReadError; it may be asked again */
  look(): AsyncGenerator<TailEvent>
  close(): Promise<void>
}

/** Begins nothing: the first look does. */
export function createTailReader(
  folder: LogFolder,
  { from, maxLineBytes }: Required<Pick<TailOptions, 'from' | 'maxLineBytes'>>,
): TailReader {
  const lines = createByteLines(maxLineBytes)
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  let at: LogFile | undefined
  let steps: Step[] = []
  let known: ReadonlySet<string> = new Set()
  let hasBegun = false
  /** The rest of a line whose beginning was not asked for. */
  let skipsLine = false

  async function* readOn(file: LogFile): AsyncGenerator<TailEvent, 'end' | 'truncated'> {
    for (;;) {
      const chunk = await file.readOn(buffer)
      if (chunk === 'truncated') return 'truncated'
      if (chunk.length === 0) return 'end'
      const begin = file.offset - chunk.length
      const found = lines.push(chunk).map(({ nextAt, ...cut }) => lineOf(file, begin + nextAt, cut, true))
      if (skipsLine && found.shift() !== undefined) skipsLine = false
      if (found.length > 0) yield { kind: 'lines', lines: found }
    }
  }

  /** What is left of a line in a file that nobody writes to any more. */
  function* takeRest(file: LogFile): Generator<TailEvent> {
    const rest = lines.takeRest()
    if (rest !== undefined && !skipsLine) yield { kind: 'lines', lines: [lineOf(file, file.offset, rest, false)] }
    skipsLine = false
  }

  /** Takes the next step, once it can be taken: where it fails it is tried again. */
  async function* goOn(): AsyncGenerator<TailEvent> {
    const [step] = steps
    if (step === undefined) return
    await step.file.seek(step.offset)
    steps.shift()
    const before = at
    at = step.file
    if (before !== undefined && !step.goesOn) yield* takeRest(before)
    await before?.close()
  }

  function* follow(next: Succession): Generator<TailEvent> {
    known = next.known
    steps = [...next.steps]
    if (!next.isLost) return
    lines.takeRest()
    skipsLine = false
    yield { kind: 'lost', why: at === undefined ? 'not-found' : 'truncated' }
  }

  async function begin(): Promise<Succession> {
    if (typeof from !== 'string') return afterCursor(folder, from)
    known = new Set((await folder.rotated()).map(({ key }) => key))
    const file = await folder.open()
    if (file === undefined) return { steps: [], isLost: false, known }
    const offset = from === 'end' ? await file.size() : 0
    skipsLine = !(await file.endsLineAt(offset))
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
    const isEmptied = before !== undefined && !isSame && !isTruncated && (yield* readOn(before)) === 'truncated'
    const next = await afterFile(folder, { before, isTruncated: isTruncated || isEmptied, current, known })
    const isOver = next.steps.length > 1 || (next.steps.length === 1 && !(isEmpty && !isTruncated && !isSame))
    if (isOver || next.isLost) return next
    known = next.known
    await current?.close()
    return undefined
  }

  /**
   * A file of which nothing was read yet may have been another one before, that was copied and emptied unread. What it
   * holds now is remembered first, so that this is seen too when it happens in between.
   */
  async function whatCameBefore(file: LogFile): Promise<Succession | undefined> {
    await file.peek()
    if ((await folder.rotated()).every(({ key }) => known.has(key) || key === file.key)) return undefined
    const missed = await afterFile(folder, { before: file, isTruncated: true, current: await folder.open(), known })
    if (missed.steps.length > 1) return missed
    for (const step of missed.steps) await step.file.close()
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
      const missed = at?.offset === 0 && steps.length === 0 ? await whatCameBefore(at) : undefined
      if (missed !== undefined) {
        yield* follow(missed)
        continue
      }
      const isTruncated = at !== undefined && (yield* readOn(at)) === 'truncated'
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

function lineOf(file: LogFile, offset: number, cut: Pick<TailLine, 'bytes' | 'cutBytes'>, isWhole: boolean): TailLine {
  return { ...cut, isWhole, cursor: { inode: file.inode, offset, head: file.headAt(offset) } }
}
