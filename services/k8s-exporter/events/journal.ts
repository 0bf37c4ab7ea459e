/**
 * The ledger's lines in a file, so that a kill between the server's yes and the bus's acknowledgement tells nothing twice,
 * and counts go on. Without the file everything works, but for that: it is said once, and tried again.
 */
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from '#service'
import type { Line } from './ledger.ts'

/** The file is written anew when it has grown beyond this. */
const COMPACT_BYTES = 2 * 1024 * 1024

export interface Journal {
  /** Resolves when the lines are the kernel's: a kill of this process does not lose them. Never rejects. */
  keep(lines: readonly Line[]): Promise<void>
  close(): Promise<void>
}

export interface JournalOptions {
  readonly path: string
  readonly log: Logger
  /** The whole state, to begin the file anew with. */
  readonly current: () => readonly Line[]
}

function encode(line: Line): string {
  return JSON.stringify(line)
}

/** Times are texts in the file. */
function decode(text: string): Line | undefined {
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (typeof value === 'string' && (key === 'first' || key === 'last')) return new Date(value)
      return value
    }) as Line
  } catch {
    // The last line may be torn by a power cut; whatever it said comes again from the bus.
    return undefined
  }
}

const KINDS: ReadonlySet<string> = new Set([
  'series',
  'id',
  'opening',
  'name',
  'held',
  'summed',
] satisfies Line['kind'][])

export function parseLines(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(decode)
    .filter((line): line is Line => typeof line === 'object' && line !== null && KINDS.has(line.kind))
    .filter((line) => line.kind !== 'held' || Number.isFinite(line.sinceMs + line.lastMs + line.count))
}

/** The lines as the file has them. */
export function renderLines(lines: readonly Line[]): string {
  return lines.map((line) => `${encode(line)}\n`).join('')
}

/** What the file says; nothing when there is none. */
export async function readJournal(path: string, log: Logger): Promise<Line[]> {
  try {
    return parseLines(await readFile(path, 'utf8'))
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && err.code === 'ENOENT'))
      log.warn('what was told before cannot be read; some of it may be told again', { path, err })
    return []
  }
}

export function createJournal({ path, log, current }: JournalOptions): Journal {
  let file: FileHandle | undefined
  let size = 0
  let isFailing = false
  let queue: Promise<void> = Promise.resolve()

  async function begin(): Promise<FileHandle> {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 })
    const next = `${path}.new`
    await rm(next, { force: true })
    const made = await open(next, 'a', 0o640)
    try {
      const text = renderLines(current())
      await made.appendFile(text)
      await rename(next, path)
      size = Buffer.byteLength(text)
    } catch (err) {
      await made.close()
      throw err
    }
    await file?.close()
    return made
  }

  async function append(lines: readonly Line[]): Promise<void> {
    try {
      if (file === undefined || size > COMPACT_BYTES) file = await begin()
      const text = renderLines(lines)
      await file.appendFile(text)
      size += Buffer.byteLength(text)
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
