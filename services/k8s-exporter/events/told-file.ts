/**
 * The ledger's lines in a file, so that a kill between the server's yes and the bus's acknowledgement tells nothing twice,
 * and counts go on. Without the file everything works, but for that: it is said once, and tried again.
 */
import { rm } from 'node:fs/promises'
import { type AppendLog, beginLog, readLog } from '#durable'
import type { Logger } from '#service'
import type { Line } from './kept.ts'
import { parseLines, renderLines } from './told-lines.ts'

/** The file is written anew when it has grown beyond this, and to twice of what it was begun with. */
const COMPACT_BYTES = 2 * 1024 * 1024
/** What is larger was not written here: the ledger is bounded far below. */
const BYTES_MAX = 64 * 1024 * 1024

export interface ToldFile {
  /** Resolves when the lines are the kernel's: a kill of this process does not lose them. Never rejects. */
  keep(lines: readonly Line[]): Promise<void>
  close(): Promise<void>
}

export interface ToldFileOptions {
  readonly path: string
  readonly log: Logger
  /** The whole state, to begin the file anew with. */
  readonly current: () => readonly Line[]
}

/** Earlier versions wrote their lines without a checksum. */
function withoutChecksum(line: string): string | undefined {
  return line.startsWith('{') ? line : undefined
}

/** What the file says; nothing when there is none. A line that is none is left out, and said. */
export async function readToldFile(path: string, log: Logger): Promise<Line[]> {
  // An earlier version wrote the whole file under this name first; killed meanwhile, it left it for ever.
  await rm(`${path}.new`, { force: true }).catch((err: unknown) =>
    log.debug('a file of an earlier version stays', { err }),
  )
  try {
    const { records, damaged } = await readLog(path, { maxBytes: BYTES_MAX, accept: withoutChecksum })
    const lines = parseLines(records)
    const wrong = damaged + records.length - lines.length
    if (wrong > 0) log.warn('what was told before is damaged; some of it may be told again', { path, lines: wrong })
    return lines
  } catch (err) {
    log.warn('what was told before cannot be read; some of it may be told again', { path, err })
    return []
  }
}

export function createToldFile({ path, log, current }: ToldFileOptions): ToldFile {
  let file: AppendLog | undefined
  /** Of the state that the file began with. */
  let begunBytes = 0
  let isFailing = false
  let queue: Promise<void> = Promise.resolve()

  async function begin(): Promise<AppendLog> {
    // What a power cut takes comes again from the bus.
    const made = await beginLog(path, renderLines(current()), { sync: false })
    await file?.close()
    begunBytes = made.bytes
    return made
  }

  async function append(lines: readonly Line[]): Promise<void> {
    try {
      if (file === undefined || file.bytes > Math.max(COMPACT_BYTES, 2 * begunBytes)) file = await begin()
      await file.append(renderLines(lines))
      if (isFailing) log.info('what was told is kept in a file again', { path })
      isFailing = false
    } catch (err) {
      if (!isFailing)
        log.warn('what was told cannot be kept in a file; after a kill some of it may be told again', { path, err })
      isFailing = true
      await file?.close().catch(() => undefined)
      file = undefined
    }
  }

  return {
    keep(lines) {
      if (lines.length === 0) return queue
      queue = queue.then(() => append(lines))
      return queue
    },
    async close() {
      await queue
      await file?.close()
      file = undefined
    },
  }
}
