/** The two files of a journal on the disk: filled when they are made, written in place from then on. */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { NotPlainFileError } from '../errors.ts'
import { syncFolder } from '../replace.ts'

/** Names of the two. */
export const SEGMENT_NAMES = ['journal.0', 'journal.1'] as const

const FILL_BYTES = 1024 ** 2

/** Opened for reading and writing; undefined where there is none. No link is followed. */
async function openThere(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if ((await file.stat()).isFile()) return file
    await file.close()
    throw new NotPlainFileError(path)
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined
    throw err
  }
}

/** Writes all of it at one place. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
}

/** Gives a file all of its room, so that nothing that is written later needs more. */
async function fill(file: FileHandle, bytes: number): Promise<void> {
  const zeros = Buffer.alloc(Math.min(FILL_BYTES, bytes))
  const { size } = await file.stat()
  for (let at = size; at < bytes; at += zeros.length) await writeAt(file, zeros.subarray(0, bytes - at), at)
  await file.sync()
}

/** What there is of a file, up to so many bytes and one more. */
export async function readUpTo(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const { size } = await file.stat()
  const room = Buffer.alloc(Math.min(size, maxBytes))
  let length = 0
  while (length < room.length) {
    const { bytesRead } = await file.read(room, length, room.length - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return room.subarray(0, length)
}

/** Both files, open. */
export interface JournalFiles {
  readonly files: readonly [FileHandle, FileHandle]
}

async function openOrMake(path: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  return (await openThere(path)) ?? (await open(path, flags, 0o600))
}

/**
 * Opens both files, and makes what is missing without filling it.
 * @throws NotPlainFileError, or what the file system says
 */
export async function openFiles(dir: string): Promise<JournalFiles> {
  await mkdir(dir, { recursive: true, mode: 0o750 })
  const first = await openOrMake(join(dir, SEGMENT_NAMES[0]))
  try {
    const second = await openOrMake(join(dir, SEGMENT_NAMES[1]))
    return { files: [first, second] }
  } catch (err) {
    await first.close()
    throw err
  }
}

/** Of a file system that has not what two files would take; as where it says so itself, it is full. */
class NoRoomError extends Error {
  readonly code = 'ENOSPC'
  constructor(wanted: number, free: number) {
    super(`ENOSPC: its files take ${wanted} bytes more, and its disk has ${free}`)
    this.name = 'NoRoomError'
  }
}

/**
 * Whether there is room to fill both, without taking any: who fills until nothing is left leaves others without a byte for that moment.
 * @throws NoRoomError, or what the file system says
 */
export async function checkRoom(dir: string, { files }: JournalFiles, bytes: number): Promise<void> {
  const sizes = await Promise.all(files.map(async (file) => (await file.stat()).size))
  const wanted = sizes.reduce((sum, size) => sum + Math.max(0, bytes - size), 0)
  const { bsize, bavail, bfree } = await statfs(dir)
  // What is set aside is root's.
  const free = bsize * (process.getuid?.() === 0 ? bfree : bavail)
  if (wanted > free) throw new NoRoomError(wanted, free)
}

/** Whether the first file that is open is the one at its place still: whoever has the journal may have put it aside since. */
export async function isInPlace(dir: string, { files }: JournalFiles): Promise<boolean> {
  const path = join(dir, SEGMENT_NAMES[0])
  const [ours, now] = await Promise.all([
    files[0].stat({ bigint: true }),
    stat(path, { bigint: true }).catch(() => undefined),
  ])
  return now?.dev === ours.dev && now.ino === ours.ino
}

/** Fills both, and puts their names on the disk. */
export async function fillFiles(dir: string, { files }: JournalFiles, bytes: number): Promise<void> {
  for (const file of files) await fill(file, bytes)
  await syncFolder(dir)
}

/** Puts both aside, in the place of those that were put aside before: `journal.0.aside`. What is not there is left out. */
export async function putAside(dir: string): Promise<void> {
  for (const name of SEGMENT_NAMES) {
    const path = join(dir, name)
    await rename(path, `${path}.aside`).catch((err: unknown) => {
      if (!(err instanceof Error && 'code' in err && err.code === 'ENOENT')) throw err
    })
  }
  await syncFolder(dir)
}

/** Closes both. */
export async function closeFiles({ files }: JournalFiles): Promise<void> {
  await Promise.all(files.map((file) => file.close()))
}
