import { open } from 'node:fs/promises'
import { codeOf } from '../errors.ts'

/** The beginning of a small file; empty where there is none. @throws what the file system says */
export async function readUpTo(path: string, maxBytes: number): Promise<Buffer> {
  try {
    await using file = await open(path)
    const bytes = Buffer.alloc(maxBytes)
    const { bytesRead } = await file.read(bytes, 0, maxBytes, 0)
    return bytes.subarray(0, bytesRead)
  } catch (err) {
    if (codeOf(err) === 'ENOENT') return Buffer.alloc(0)
    throw err
  }
}
