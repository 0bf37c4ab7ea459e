/** Which files of a log are read one after the other: where reading begins, and what has come since. */
import type { LogFile } from './log-file.ts'
import type { LogHead, TailCursor } from './types.ts'

/** A file that the log was rotated into. */
export interface RotatedFile {
  /** Its real place on this machine. */
  readonly path: string
  readonly key: string
  readonly mtimeMs: number
}

/** Where the files of a log are; each call has a deadline. */
export interface LogFolder {
  /** The log itself; undefined where there is none. @throws HostReadError */
  open(): Promise<LogFile | undefined>
  /** Of what bears the log's name now; undefined where there is none. @throws HostReadError */
  key(): Promise<string | undefined>
  /** What it was rotated into, the older first. @throws HostReadError */
  rotated(): Promise<readonly RotatedFile[]>
  /** undefined where it is not there any more. @throws HostReadError */
  openRotated(file: RotatedFile): Promise<LogFile | undefined>
}

/** A file to read, from where. */
export interface Step {
  readonly file: LogFile
  readonly offset: number
  /** A line that has not ended goes on there. */
  readonly goesOn: boolean
}

/** What is read next, in order. */
export interface Succession {
  readonly steps: readonly Step[]
  /** Something stood before the first of them that nobody has read. */
  readonly isLost: boolean
  /** The rotated files that are known now. */
  readonly known: ReadonlySet<string>
}

async function openAll(folder: LogFolder, found: readonly RotatedFile[]): Promise<LogFile[]> {
  const files: LogFile[] = []
  for (const each of found) {
    const file = await folder.openRotated(each)
    // Rotated once more since it was listed: found under its next name when it is looked for again.
    if (file?.key === each.key) files.push(file)
    else file?.close()
  }
  return files
}

/** The first that holds what was read: as many bytes, with this beginning. */
async function holderOf(
  files: readonly LogFile[],
  { offset, head }: { offset: number; head: LogHead },
): Promise<LogFile | undefined> {
  for (const file of files) {
    if ((await file.size()) >= offset && (await file.beginsWith(head))) return file
  }
  return undefined
}

/**
 * Whether a file is, or may be, a copy of the log that is still being made: as far as it goes it begins as the log does
 * now. When the log is emptied it is found by that beginning.
 */
async function isBeingMade(file: LogFile, current: LogFile | undefined): Promise<boolean> {
  const begins = (await current?.firstBytes()) ?? Buffer.alloc(0)
  const copied = await file.firstBytes()
  const bytes = Math.min(begins.length, copied.length)
  return begins.length > 0 && begins.subarray(0, bytes).equals(copied.subarray(0, bytes))
}

/** Behind what a cursor says; with the log itself, and lost, where that is not found. */
export async function afterCursor(folder: LogFolder, cursor: TailCursor): Promise<Succession> {
  const rotated = await folder.rotated()
  const current = await folder.open()
  const older = await openAll(
    folder,
    rotated.filter(({ key }) => key !== current?.key),
  )
  const files = current === undefined ? older : [...older, current]
  const own = files.filter(({ inode }) => inode === cursor.inode)
  // A copy has another number; the beginning tells it, where enough was read to tell.
  const copies = cursor.head.bytes > 0 ? files.filter(({ inode }) => inode !== cursor.inode).toReversed() : []
  const holder = await holderOf([...own, ...copies], cursor)
  const first = holder === undefined ? older.length : files.indexOf(holder)
  for (const file of files.slice(0, first)) file.close()
  return {
    steps: files.slice(first).map((file) => ({ file, offset: file === holder ? cursor.offset : 0, goesOn: false })),
    isLost: holder === undefined,
    known: new Set(rotated.map(({ key }) => key)),
  }
}

/** What the succession of a file follows from. */
export interface Since {
  /** What was read until now; undefined where there was no log yet. */
  readonly before: LogFile | undefined
  /** It is another one by now than was read. */
  readonly isTruncated: boolean
  /** What bears the log's name now. */
  readonly current: LogFile | undefined
  readonly known: ReadonlySet<string>
}

/**
 * What came after the file at hand, the older first. A rotated file that was not there before was the log meanwhile, or is
 * the copy that was made before the log was emptied: then what was not read yet stands there.
 */
export async function afterFile(folder: LogFolder, since: Since): Promise<Succession> {
  const { before, isTruncated, current, known } = since
  const rotated = await folder.rotated()
  const recent = rotated.filter(({ key, mtimeMs }) => key !== current?.key && mtimeMs >= (before?.mtimeMs ?? 0))
  const opened = await openAll(
    folder,
    recent.filter(({ key }) => isTruncated || (!known.has(key) && key !== before?.key)),
  )
  let copy: LogFile | undefined
  if (isTruncated && before !== undefined && before.offset > 0) {
    // One that was there before may be the copy that was just being made; it is looked at last.
    const others = opened.filter(({ key }) => key !== before.key)
    const candidates = [...others.filter(({ key }) => !known.has(key)), ...others.filter(({ key }) => known.has(key))]
    copy = await holderOf(candidates, { offset: before.offset, head: before.headAt(before.offset) })
  }
  const steps: Step[] = []
  const add = (file: LogFile, offset: number): void => {
    // Copied and emptied in the middle of a line: its end is the emptied file's beginning.
    steps.push({ file, offset, goesOn: copy !== undefined && steps.length <= 1 })
  }
  if (copy !== undefined && before !== undefined) add(copy, before.offset)
  const unfinished = new Set<string>()
  for (const file of opened) {
    if (file === copy) continue
    const isNew = !known.has(file.key) || file.key === before?.key
    if (isNew && (await isBeingMade(file, current))) unfinished.add(file.key)
    if (isNew && !unfinished.has(file.key)) add(file, 0)
    else file.close()
  }
  if (current !== undefined && (isTruncated || current.key !== before?.key)) add(current, 0)
  const isLost = isTruncated && copy === undefined && (before?.offset ?? 0) > 0
  const keys = rotated.map(({ key }) => key).filter((key) => !unfinished.has(key))
  return { steps, isLost, known: new Set(keys) }
}
