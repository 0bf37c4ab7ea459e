/** From file to file: where a log is begun, and what comes after what was read. */
import type { LogFile } from './log-file.ts'
import { afterCursor, afterFile, isUnreadable, type LogFolder, type Step, type Succession } from './succession.ts'
import type { TailLines } from './tail-lines.ts'
import type { TailEvent, TailOptions } from './types.ts'

/** The way over a log's files; it knows which rotated ones are no news. */
export interface LogPath {
  /** Where reading begins. @throws HostReadError; it may be asked again */
  begin(from: TailOptions['from']): Promise<Succession>
  /**
   * What came before a file of which nothing was read yet; undefined: nothing that was missed. "nothing" where there was
   * nothing in the file either.
   */
  before(file: LogFile): Promise<Succession | 'nothing' | undefined>
  /** What has come since; undefined where there is nothing but what is being read. What is left of it to read is told. */
  since(at: LogFile | undefined, isTruncated: boolean): AsyncGenerator<TailEvent, Succession | undefined>
}

function giveUp({ steps }: Succession): void {
  for (const { file } of steps) file.close()
}

/** Whether whoever writes has gone over to another file, and nothing comes any more to what was read until now. */
async function isOver({ steps }: Succession): Promise<boolean> {
  for (const { file } of steps) if ((await file.size()) > 0) return true
  return false
}

/** What is made of it; where that fails none of its files is left open. */
async function orGiveUp<T>(next: Succession, make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    giveUp(next)
    throw error
  }
}

/** The log, and where reading begins in it. */
async function startOf(file: LogFile, from: 'start' | 'end', lines: TailLines): Promise<Step> {
  const offset = from === 'end' ? await file.size() : 0
  if (!(await file.endsLineAt(offset))) lines.skipLine()
  return { file, offset, goesOn: true }
}

/** What of a file was not read before what comes next. */
async function* readToEnd(
  lines: TailLines,
  at: LogFile,
  next: Succession,
): AsyncGenerator<TailEvent, 'end' | 'truncated' | 'unreadable'> {
  let isHandedOver = false
  try {
    const end = yield* lines.readOn(at)
    isHandedOver = true
    return end
  } catch (error) {
    if (!isUnreadable(error)) throw error
    isHandedOver = true
    return 'unreadable'
  } finally {
    // It failed, or nobody reads on.
    if (!isHandedOver) giveUp(next)
  }
}

/** @param lines what of a file was not read yet is read with them before it is left */
export function createLogPath(folder: LogFolder, lines: TailLines): LogPath {
  let known: ReadonlySet<string> = new Set()

  function remembered(next: Succession): Succession {
    known = next.known
    return next
  }

  async function begin(from: TailOptions['from']): Promise<Succession> {
    if (typeof from !== 'string') {
      const next = remembered(await afterCursor(folder, from))
      const [first] = next.steps
      // It was begun in the middle of a line, whose end is no line.
      await orGiveUp(next, async () => {
        if (first !== undefined && !(await first.file.endsLineAt(first.offset))) lines.skipLine()
      })
      return next
    }
    known = new Set((await folder.rotated()).map(({ key }) => key))
    const file = await folder.open()
    if (file === undefined) return { steps: [], lost: undefined, known }
    const next = { steps: [{ file, offset: 0, goesOn: true }], lost: undefined, known }
    return orGiveUp(next, async () => ({ ...next, steps: [await startOf(file, from, lines)] }))
  }

  /**
   * A file of which nothing was read yet may have been another one before, that was copied and emptied unread. What it
   * holds now is remembered first, so that this is seen too when it happens in between.
   */
  async function before(file: LogFile): Promise<Succession | 'nothing' | undefined> {
    const isEmpty = (await file.peek()) === 0
    // What comes from now on may already be what came after a copy that was not there yet: it is the next look's.
    const nothing = isEmpty ? 'nothing' : undefined
    if ((await folder.rotated()).every(({ key }) => known.has(key) || key === file.key)) return nothing
    const missed = await afterFile(folder, { before: file, isTruncated: true, known })
    if (missed.steps.length > 1 || missed.lost !== undefined) return remembered(missed)
    giveUp(missed)
    return nothing
  }

  async function* since(
    at: LogFile | undefined,
    isTruncated: boolean,
  ): AsyncGenerator<TailEvent, Succession | undefined> {
    const key = isTruncated ? undefined : await folder.key()
    if (!isTruncated && (key === undefined || key === at?.key)) return undefined
    const next = await afterFile(folder, { before: at, isTruncated, known })
    if (!isTruncated && at !== undefined && !(await orGiveUp(next, () => isOver(next)))) {
      giveUp(next)
      return undefined
    }
    // Read only now: whoever writes was in this one until there was something in the next.
    if (at === undefined || isTruncated) return remembered(next)
    const end = yield* readToEnd(lines, at, next)
    if (end === 'end') return remembered(next)
    if (end === 'unreadable') return remembered({ ...next, lost: end })
    giveUp(next)
    return remembered(await afterFile(folder, { before: at, isTruncated: true, known }))
  }

  return { begin, before, since }
}
