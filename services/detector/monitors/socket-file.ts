/** Which file a socket is: a process that was started anew made another. */
import { lstat } from 'node:fs/promises'
import { hashText } from '#model'

/** There is none. */
export const NO_FILE = 'none'

/** Names the file at this path; {@link NO_FILE}, and "hidden" where it may not be looked at. */
export async function fileOf(path: string): Promise<string> {
  try {
    const { dev, ino, ctimeMs } = await lstat(path)
    return `${dev}:${ino}:${ctimeMs}`
  } catch (err) {
    return err instanceof Error && 'code' in err && err.code === 'ENOENT' ? NO_FILE : 'hidden'
  }
}

/** Which process listens, as far as its socket says. 0: not known. */
export async function incarnationOf(path: string): Promise<number> {
  const file = await lstat(path).catch(() => undefined)
  if (file === undefined) return 0
  return Number.parseInt(hashText(`${file.ino}:${file.mtimeMs}`).slice(0, 12), 16) + 1
}

/** The user whose the file is: of a socket, who made it. undefined: not known. */
export async function ownerOf(path: string): Promise<number | undefined> {
  const file = await lstat(path).catch(() => undefined)
  return file?.uid
}
