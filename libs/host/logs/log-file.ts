/** One file of a log, held open: read onward, and known again. */
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createKnownHead, HEAD_BYTES } from './log-head.ts'
import type { LogHead } from './types.ts'

const NEWLINE = 10

/** Thrown for what is no plain file: there is nothing to read onward in it. */
export class NotAFile extends Error {
  readonly code = 'NOT_A_FILE'
}

/** What was read on in a file. */
export interface Chunk {
  readonly bytes: Buffer
  /** Nothing stood behind it once it was read. */
  readonly isEnd: boolean
}

/** A file of a log. */
export interface LogFile {
  /** As `ls -i` has it. */
  readonly inode: string
  /** The same file and no other, also where the kernel gives its number to a new one. */
  readonly key: string
  /** When it was last written, as of the last look at it. */
  readonly mtimeMs: number
  /** When it was made; 0 where its file system does not know. */
  readonly bornMs: number
  /** Where the next byte is read. */
  readonly offset: number
  /** Goes on at another place, if it is one. What is in front of it counts as read. */
  seek(offset: number): Promise<void>
  /** Remembers how it begins, before anything of it is read. @returns how many bytes that are */
  peek(): Promise<number>
  /** The next bytes. "truncated" where the file is another one by now than was read so far. */
  readOn(buffer: Buffer): Promise<Chunk | 'truncated'>
  size(): Promise<number>
  /** Whether a line ends right in front of this place. */
  endsLineAt(offset: number): Promise<boolean>
  /** By what those who saw the first `offset` bytes know it again. */
  headAt(offset: number): LogHead
  /** As it begins now; at most 1 KiB. */
  firstBytes(): Promise<Buffer>
  /** Does not wait: the system closes it once a read that hangs has ended. */
  close(): void
}

/** Gives a call its deadline. */
export type Guarded = <T>(operation: () => Promise<T>) => Promise<T>

/** @throws what the system says; NotAFile */
export async function openLogFile(path: string, guarded: Guarded): Promise<LogFile> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    const stats = await handle.stat({ bigint: true })
    if (!stats.isFile()) throw new NotAFile('it is no plain file')
    return logFile(handle, stats, guarded)
  } catch (error) {
    closeSoon(handle)
    throw error
  }
}

/** A handle is closed when the last call on it has ended, which on a hung mount is never. */
function closeSoon(handle: FileHandle): void {
  handle.close().catch(() => undefined)
}

/** The same as of `stat`. */
export function keyOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`
}

function logFile(handle: FileHandle, opened: BigIntStats, guarded: Guarded): LogFile {
  let offset = 0
  let mtimeMs = Number(opened.mtimeMs)
  const head = createKnownHead()

  async function readHead(count: number): Promise<Buffer> {
    const bytes = Buffer.alloc(count)
    const { bytesRead } = await handle.read(bytes, 0, count, 0)
    return bytes.subarray(0, bytesRead)
  }
  const firstBytes = (count = HEAD_BYTES): Promise<Buffer> => guarded(() => readHead(count))
  /** How large the file is; undefined where what was read so far does not stand there any more. */
  async function sizeIfStill(end: number): Promise<number | undefined> {
    const stats = await handle.stat({ bigint: true })
    const size = Number(stats.size)
    if (size < end || !head.bytes.equals(await readHead(head.bytes.length))) return undefined
    mtimeMs = Number(stats.mtimeMs)
    return size
  }
  return {
    inode: String(opened.ino),
    key: keyOf(opened),
    bornMs: Number(opened.birthtimeMs),
    get mtimeMs() {
      return mtimeMs
    },
    get offset() {
      return offset
    },
    async seek(to) {
      if (to === offset) return
      head.set(await firstBytes(Math.min(to, HEAD_BYTES)))
      offset = to
    },
    async peek() {
      head.set(await firstBytes())
      return head.bytes.length
    },
    async readOn(buffer) {
      const { bytesRead, size } = await guarded(async () => {
        const read = await handle.read(buffer, 0, buffer.length, offset)
        // Asked after reading: it may have been emptied and written anew before, which is seen, or later, which is the next read's.
        return { bytesRead: read.bytesRead, size: await sizeIfStill(offset + read.bytesRead) }
      })
      if (size === undefined) return 'truncated'
      const bytes = buffer.subarray(0, bytesRead)
      head.add(bytes, offset)
      offset += bytesRead
      return { bytes, isEnd: bytesRead === 0 || size === offset }
    },
    size: async () => Number((await guarded(() => handle.stat({ bigint: true }))).size),
    async endsLineAt(place) {
      const last = Buffer.alloc(1)
      if (place === 0) return true
      const { bytesRead } = await guarded(() => handle.read(last, 0, 1, place - 1))
      return bytesRead === 0 || last[0] === NEWLINE
    },
    headAt: head.at,
    firstBytes: () => firstBytes(),
    close: () => closeSoon(handle),
  }
}
