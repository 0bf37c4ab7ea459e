/** From file to file: where a log is begun, and what comes after what was read. */
import type { LogFile } from './log-file.ts'
import { afterCursor, afterFile, type LogFolder, type Succession } from './succession.ts'
import type { TailLines } from './tail-lines.ts'
import type { TailEvent, TailOptions } from './types.ts'

/** The way over a log's files; it knows which rotated ones are no news. */
export interface LogPath {
  /** Where reading begins. @throws HostReadError; it may be asked again */
  begin(from: TailOptions['from']): Promise<Succession>
  /** What came before a file of which nothing was read yet; undefined: nothing that was missed. */
  before(file: LogFile): Promise<Succession | undefined>
  /** What has come since; undefined where there is nothing but what is being read. What is left of it to read is told. */
  since(at: LogFile | undefined, isTruncated: boolean): AsyncGenerator<TailEvent, Succession | undefined>
}

/** @param lines what of a file was not read yet is read with them before it is left */
export function createLogPath(folder: LogFolder, lines: TailLines): LogPath {
  let known: ReadonlySet<string> = new Set()

  function remembered(next: Succession): Succession {
    known = next.known
    return next
  }

  async function begin(from: TailOptions['from']): Promise<Succession> {
    if (typeof from !== 'string') return remembered(await afterCursor(folder, from))
    known = new Set((await folder.rotated()).map(({ key }) => key))
    const file = await folder.open()
    if (file === undefined) return { steps: [], isLost: false, known }
    const offset = from === 'end' ? await file.size() : 0
    if (!(await file.endsLineAt(offset))) lines.skipLine()
    return { steps: [{ file, offset, goesOn: true }], isLost: false, known }
  }

  /**
   * A file of which nothing was read yet may have been another one before, that was copied and emptied unread. What it
   * holds now is remembered first, so that this is seen too when it happens in between.
   */
  async function before(file: LogFile): Promise<Succession | undefined> {
    await file.peek()
    if ((await folder.rotated()).every(({ key }) => known.has(key) || key === file.key)) return undefined
    const missed = await afterFile(folder, { before: file, isTruncated: true, current: await folder.open(), known })
    if (missed.steps.length > 1) return remembered(missed)
    for (const step of missed.steps) step.file.close()
    return undefined
  }

  /** What has come since; undefined where there is nothing but what is being read. */
  async function* since(
    before: LogFile | undefined,
    isTruncated: boolean,
  ): AsyncGenerator<TailEvent, Succession | undefined> {
    const key = isTruncated ? undefined : await folder.key()
    if (!isTruncated && (key === undefined || (key === before?.key && before.offset > 0))) return undefined
    const current = await folder.open()
    if (!isTruncated && current === undefined) return undefined
    const isSame = current?.key === before?.key
    const isEmpty = (await current?.size()) === 0
    // Whoever writes has gone over to the next file by now, and was in this one until then.
    const isEmptied = before !== undefined && !isSame && !isTruncated && (yield* lines.readOn(before)) === 'truncated'
    const next = await afterFile(folder, { before, isTruncated: isTruncated || isEmptied, current, known })
    const isOver = next.steps.length > 1 || (next.steps.length === 1 && !(isEmpty && !isTruncated && !isSame))
    known = next.known
    if (isOver || next.isLost) return next
    current?.close()
    return undefined
  }

  return { begin, before, since }
}
