/** Which files of a log are read one after the other: where reading begins, and what has come since. */
import { HostReadError } from '../errors.ts'
import type { LogFile } from './log-file.ts'
import { headOf } from './log-head.ts'
import { isCompressedSince, type KnownName } from './rotated.ts'
import type { LogHead, TailCursor, TailLoss } from './types.ts'

/** A file that the log was rotated into. */
export interface RotatedFile extends KnownName {
  /** Its real place on this machine. */
  readonly path: string
  /** When it was made; 0 where its file system does not know. */
  readonly bornMs: number
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
  /** Why something that stood before the first of them was not read; undefined where all was. */
  readonly lost: TailLoss | undefined
  /** The rotated files that are known now. */
  readonly known: ReadonlySet<string>
}

/** What stood there at one moment, held open. */
interface Snapshot {
  readonly rotated: readonly RotatedFile[]
  readonly current: LogFile | undefined
  /** Of the rotated files those that are wanted, the older first. */
  readonly older: readonly LogFile[]
  /** The keys of those that are wanted and cannot be read. */
  readonly unreadable: ReadonlySet<string>
}

/** How often it is looked again when the log is rotated meanwhile. */
const TRIES = 50

function isSame(a: readonly RotatedFile[], b: readonly RotatedFile[]): boolean {
  const keys = new Set(a.map(({ key }) => key))
  return a.length === b.length && b.every(({ key }) => keys.has(key))
}

/** Whether it was refused or broken: what only hangs is tried again. */
export function isUnreadable(error: unknown): error is HostReadError {
  return error instanceof HostReadError && error.code !== 'TIMEOUT'
}

/** A rotated file; "unreadable" where it is there and nothing of it is to be had, undefined where it is another by now. */
async function openWanted(folder: LogFolder, wanted: RotatedFile): Promise<LogFile | 'unreadable' | undefined> {
  let file: LogFile | undefined
  try {
    file = await folder.openRotated(wanted)
    if (file?.key === wanted.key) {
      await file.firstBytes()
      return file
    }
    file?.close()
    return undefined
  } catch (error) {
    file?.close()
    if (isUnreadable(error)) return 'unreadable'
    throw error
  }
}

/**
 * Names are given from file to file while one looks: what was made of it counts once nothing has changed from beginning
 * to end.
 */
async function settled(
  folder: LogFolder,
  isWanted: (file: RotatedFile) => boolean,
  make: (snapshot: Snapshot) => Promise<Succession>,
): Promise<Succession> {
  for (let tries = 1; ; tries++) {
    const rotated = await folder.rotated()
    const current = await folder.open()
    const older: LogFile[] = []
    const unreadable = new Set<string>()
    const closeAll = (): void => {
      for (const file of older) file.close()
      current?.close()
    }
    try {
      const wanted = rotated.filter((file) => !file.isCompressed && file.key !== current?.key && isWanted(file))
      for (const each of wanted) {
        const file = await openWanted(folder, each)
        if (file === 'unreadable') unreadable.add(each.key)
        else if (file !== undefined) older.push(file)
      }
      const made = await make({ rotated, current, older, unreadable })
      const isWhole = older.length + unreadable.size === wanted.length
      const isSettled = isWhole && (await folder.key()) === current?.key && isSame(rotated, await folder.rotated())
      if (isSettled || tries === TRIES) return made
    } catch (error) {
      closeAll()
      throw error
    }
    closeAll()
  }
}

/** The first that holds what was read: as many bytes, with this beginning. */
async function holderOf(
  files: readonly LogFile[],
  { offset, head }: { offset: number; head: LogHead },
): Promise<LogFile | undefined> {
  for (const file of files) {
    if ((await file.size()) < Math.max(offset, head.bytes)) continue
    // It knows its beginning from now on: when it is emptied before it is read, that is seen.
    await file.seek(offset)
    const { bytes, crc } = headOf((await file.firstBytes()).subarray(0, head.bytes))
    if (bytes !== head.bytes || crc !== head.crc) continue
    return file
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
export function afterCursor(folder: LogFolder, cursor: TailCursor): Promise<Succession> {
  return settled(
    folder,
    () => true,
    (snapshot) => behind(snapshot, cursor),
  )
}

/** Of several reasons the one that says most. */
function lossOf(reasons: Readonly<Partial<Record<TailLoss, boolean>>>): TailLoss | undefined {
  const order: readonly TailLoss[] = ['not-found', 'truncated', 'compressed', 'unreadable']
  return order.find((why) => reasons[why] === true)
}

/** Where what was read stands in a copy: the files up to the one that was copied and emptied. A line goes on from each to the next. */
function copiedSince(
  files: readonly LogFile[],
  holder: LogFile | undefined,
  { inode, goesOnIn = inode }: TailCursor,
): readonly LogFile[] {
  if (holder === undefined || holder.inode === goesOnIn) return []
  const first = files.indexOf(holder)
  return files.slice(first + 1, files.findLastIndex((file) => file.inode === goesOnIn) + 1)
}

/**
 * Whether it was made after nothing stood in the log: what came there since was copied into it. One that was the log before may
 * be written to for long, and one that is compressed later has the time of what it was.
 */
function isNews(
  { bornMs, mtimeMs }: Pick<RotatedFile, 'bornMs' | 'mtimeMs'>,
  { emptyMs = Number.POSITIVE_INFINITY }: TailCursor,
): boolean {
  return Math.min(bornMs, mtimeMs) > emptyMs
}

async function behind(snapshot: Snapshot, cursor: TailCursor): Promise<Succession> {
  const { rotated, current, older, unreadable } = snapshot
  const files = current === undefined ? older : [...older, current]
  const own = files.filter(({ inode }) => inode === cursor.inode)
  // A copy has another number; the beginning tells it, where enough was read to tell.
  const copies = cursor.head.bytes > 0 ? files.filter(({ inode }) => inode !== cursor.inode).toReversed() : []
  const holder = await holderOf([...own, ...copies], cursor)
  const news = holder === undefined ? [] : files.slice(0, files.indexOf(holder)).filter((file) => isNews(file, cursor))
  const first = holder === undefined ? older.length : files.indexOf(news[0] ?? holder)
  const unfinished = new Set<string>()
  for (const file of older.slice(first)) {
    if (file !== holder && (await isBeingMade(file, current))) unfinished.add(file.key)
  }
  const isNext = (file: LogFile, at: number): boolean => at >= first && !unfinished.has(file.key)
  for (const [at, file] of files.entries()) if (!isNext(file, at)) file.close()
  const copied = news.length > 0 ? [...news, holder] : copiedSince(files, holder, cursor)
  const isRotated = holder !== undefined && holder !== current
  const later = isRotated
    ? rotated.slice(rotated.findIndex(({ key }) => key === holder.key) + 1)
    : rotated.filter((file) => isNews(file, cursor))
  return {
    steps: files.filter(isNext).map((file) => ({
      file,
      offset: file === holder ? cursor.offset : 0,
      goesOn: copied.includes(file),
    })),
    lost: lossOf({
      'not-found': holder === undefined,
      compressed: isRotated
        ? isCompressedSince(rotated, holder, new Set())
        : later.some(({ isCompressed }) => isCompressed),
      unreadable: later.some(({ key }) => unreadable.has(key)),
    }),
    known: keysOf(rotated, unfinished),
  }
}

function keysOf(rotated: readonly RotatedFile[], unfinished: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(rotated.map(({ key }) => key).filter((key) => !unfinished.has(key)))
}

/** What the succession of a file follows from. */
export interface Since {
  /** What was read until now; undefined where there was no log yet. */
  readonly before: LogFile | undefined
  /** It is another one by now than was read. */
  readonly isTruncated: boolean
  readonly known: ReadonlySet<string>
}

/**
 * What came after the file at hand, the older first. A rotated file that was not there before was the log meanwhile, or is
 * the copy that was made before the log was emptied: then what was not read yet stands there.
 */
export function afterFile(folder: LogFolder, since: Since): Promise<Succession> {
  const { before, isTruncated, known } = since
  const isWanted = ({ key, mtimeMs }: RotatedFile): boolean =>
    mtimeMs >= (before?.mtimeMs ?? 0) && (isTruncated || (!known.has(key) && key !== before?.key))
  return settled(folder, isWanted, (snapshot) => comeSince(snapshot, since))
}

async function comeSince(
  { rotated, current, older, unreadable }: Snapshot,
  { before, isTruncated, known }: Since,
): Promise<Succession> {
  let copy: LogFile | undefined
  if (isTruncated && before !== undefined && before.offset > 0) {
    // One that was there before may be the copy that was just being made; it is looked at last.
    const others = older.filter(({ key }) => key !== before.key)
    const candidates = [...others.filter(({ key }) => !known.has(key)), ...others.filter(({ key }) => known.has(key))]
    copy = await holderOf(candidates, { offset: before.offset, head: before.headAt(before.offset) })
  }
  const steps: Step[] = []
  // A line that is begun where nothing was read of the file yet goes on in it.
  let goesOn = copy !== undefined || (isTruncated && before?.offset === 0)
  const add = (file: LogFile, offset: number): void => {
    // Copied and emptied in the middle of a line: its end is the emptied file's beginning, or that of its next copy.
    steps.push({ file, offset, goesOn })
    if (file.key === before?.key) goesOn = false
  }
  if (copy !== undefined && before !== undefined) add(copy, before.offset)
  const unfinished = new Set<string>()
  for (const file of older) {
    if (file === copy) continue
    const isNew = !known.has(file.key) || file.key === before?.key
    if (isNew && (await isBeingMade(file, current))) unfinished.add(file.key)
    if (isNew && !unfinished.has(file.key)) add(file, 0)
    else file.close()
  }
  if (current !== undefined && (isTruncated || current.key !== before?.key)) add(current, 0)
  else current?.close()
  return {
    steps,
    lost: lossOf({
      truncated: isTruncated && copy === undefined && (before?.offset ?? 0) > 0,
      compressed: !isTruncated && before !== undefined && isCompressedSince(rotated, before, known),
      unreadable: [...unreadable].some((key) => !known.has(key)),
    }),
    known: keysOf(rotated, unfinished),
  }
}
