import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RecordError } from './errors.ts'
import { type LogContent, type ReadLogOptions, readLog } from './read-log.ts'
import { renderRecord } from './record.ts'
import { placeFile, type ReplaceOptions } from './replace.ts'

/** How a log is written. */
export interface LogOptions extends ReplaceOptions {
  /**
   * Whether a record is on the disk before `append` resolves, so that it outlives a power cut. Default true; false where a
   * record outlives a kill of this process, and no more is needed.
   */
  readonly sync?: boolean
}

/** A file that grows by records. One process writes it; its appends are in the order in which they were asked for. */
export interface AppendLog {
  /** How large the file is. */
  readonly bytes: number
  /**
   * Resolves when the records are kept. Rejects with what the file system says: what was half written is cut off again,
   * and a later append may work.
   */
  append(records: readonly string[]): Promise<void>
  /** Closes the file when all that was asked for is done. Idempotent. */
  close(): Promise<void>
}

function render(path: string, records: readonly string[]): Buffer {
  if (records.some((text) => text.includes('\n'))) throw new RecordError(path)
  return Buffer.from(records.map(renderRecord).join(''))
}

function logOf(path: string, file: FileHandle, size: number, { sync = true }: LogOptions): AppendLog {
  let bytes = size
  /** Half a record stands at the end and could not be cut off. */
  let isTorn = false
  let queue: Promise<void> = Promise.resolve()
  let closing: Promise<void> | undefined

  /** The next record begins on a line of its own, whatever is left of this one. */
  async function cut(): Promise<void> {
    isTorn = true
    await file.truncate(bytes)
    isTorn = false
  }

  async function write(content: Buffer): Promise<void> {
    if (isTorn) await cut()
    try {
      await file.appendFile(content)
      if (sync) await file.datasync()
      bytes += content.length
    } catch (err) {
      // The first cause is told; a cut that fails now is tried again before the next record.
      await cut().catch(() => undefined)
      throw err
    }
  }

  return {
    get bytes() {
      return bytes
    },
    async append(records) {
      if (records.length === 0) return queue
      const content = render(path, records)
      const written = queue.then(() => write(content))
      queue = written.catch(() => undefined)
      return written
    },
    close() {
      closing ??= queue.then(() => file.close())
      return closing
    },
  }
}

/**
 * Begins a log anew with these records, in the place of the one that is there: it is that one or the new one, whenever this
 * process is killed.
 * @throws what the file system says; the old log stands then. RecordError
 */
export async function beginLog(path: string, records: readonly string[], options: LogOptions = {}): Promise<AppendLog> {
  const content = render(path, records)
  return logOf(path, await placeFile(path, content, options), content.length, options)
}

/**
 * Goes on with a log: reads it, and cuts off the record that was being written when its last process ended. One that is
 * not there is begun. Lines that are damaged stay where they are.
 * @throws FileTooLargeError, NotPlainFileError, or what the file system says
 */
export async function openLog(
  path: string,
  { mode = 0o640, ...options }: LogOptions & ReadLogOptions,
): Promise<{ readonly log: AppendLog; readonly content: LogContent }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 })
  const content = await readLog(path, options)
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
  const file = await open(path, flags, mode)
  try {
    if (content.tornBytes > 0) await file.truncate(content.wholeBytes)
  } catch (err) {
    await file.close()
    throw err
  }
  return { log: logOf(path, file, content.wholeBytes, options), content }
}
