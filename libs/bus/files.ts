import { chmod, mkdir, stat } from 'node:fs/promises'

/** Folder of secrets: made if it is not there, closed to others if it may be. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const { mode } = await stat(path)
  if ((mode & 0o077) === 0) return
  // A volume that belongs to somebody else and is open to us stays as its owner wants it.
  await chmod(path, 0o700).catch(() => undefined)
}
