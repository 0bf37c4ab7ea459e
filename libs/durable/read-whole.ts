import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { FileTooLargeError, NotPlainFileError } from './errors.ts'

/** As much as there is, and one byte more than there may be. */
async function readUpTo(file: FileHandle, size: number, maxBytes: number): Promise<Buffer> {
  const room = Buffer.alloc(Math.min(size, maxBytes) + 1)
  let length = 0
  while (length < room.length) {
    const { bytesRead } = await file.read(room, length, room.length - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return room.subarray(0, length)
}

/**
 * The whole of a small file; undefined where there is none. Nothing that stands in its place is followed or waited for.
 * @throws FileTooLargeError, NotPlainFileError, or what the file system says
 */
export async function readWhole(path: string, maxBytes: number): Promise<Buffer | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined
    throw err
  }
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw new NotPlainFileError(path)
    const bytes = await readUpTo(file, facts.size, maxBytes)
    if (bytes.length > maxBytes) throw new FileTooLargeError(path, maxBytes)
    return bytes
  } finally {
    await file.close()
  }
}
