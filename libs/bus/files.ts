import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Written whole or not at all: readers see the old file or the new one. The folder belongs to another service at times,
 * so what lies there is never followed or written into: the fresh file is one that was not there before.
 */
export async function writeFileSafely(path: string, content: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 })
  const fresh = `${path}.${randomBytes(6).toString('hex')}.new`
  const file = await open(fresh, 'wx', 0o600)
  try {
    await file.writeFile(content)
    // Not left to the umask: the group has to read it.
    await file.chmod(mode)
  } finally {
    await file.close()
  }
  await rename(fresh, path).catch(async (err: unknown) => {
    await rm(fresh, { force: true })
    throw err
  })
}

/** Folder of secrets: made if it is not there, closed to others if it may be. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const { mode } = await stat(path)
  if ((mode & 0o077) === 0) return
  // A volume that belongs to somebody else and is open to us stays as its owner wants it.
  await chmod(path, 0o700).catch(() => undefined)
}
