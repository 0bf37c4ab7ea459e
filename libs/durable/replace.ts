import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** How a file is replaced. */
export interface ReplaceOptions {
  /** Of the file, whatever the umask. Default 0640. */
  readonly mode?: number
  /**
   * Whether it is on the disk before it counts, so that it outlives a power cut. Default true; false for what a reboot ends
   * anyhow (a tmpfs): a kill of this process loses nothing either way.
   */
  readonly sync?: boolean
}

/** A fresh file this old was left by a process that was killed while it wrote. */
const LEFT_AFTER_MS = 60_000
const FRESH = /^\.[0-9a-f]{12}\.new$/

/** Half a file takes room, and of a full disk there is none. */
async function sweep(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)]
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(name) || !FRESH.test(entry.slice(name.length))) continue
    const left = join(folder, entry)
    const facts = await stat(left).catch(() => undefined)
    if (facts !== undefined && Date.now() - facts.mtimeMs > LEFT_AFTER_MS) await rm(left, { force: true })
  }
}

/** The name in a folder is on the disk only once the folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Puts a file that holds `content` in the place of `path`, and leaves it open to be appended to. Its folder is made (0750).
 * @throws what the file system says; the old file stands then, and nothing of the new one is left
 */
export async function placeFile(
  path: string,
  content: string | Uint8Array,
  { mode = 0o640, sync = true }: ReplaceOptions,
): Promise<FileHandle> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o750 })
  await sweep(path)
  // The folder belongs to somebody else at times: what lies there is never followed or written into.
  const fresh = `${path}.${randomBytes(6).toString('hex')}.new`
  const file = await open(fresh, 'ax', 0o600)
  try {
    await file.appendFile(content)
    await file.chmod(mode)
    if (sync) await file.sync()
    await rename(fresh, path)
  } catch (err) {
    await file.close()
    await rm(fresh, { force: true })
    throw err
  }
  try {
    if (sync) await syncFolder(folder)
  } catch (err) {
    await file.close()
    throw err
  }
  return file
}

/**
 * Writes a file whole or not at all: who reads it, and who comes after a kill at any moment, sees the old one or the new
 * one. Two writers at once disturb each other only in that the last one counts.
 * @throws what the file system says; the old file stands then, and nothing of the new one is left
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: ReplaceOptions = {},
): Promise<void> {
  const file = await placeFile(path, content, options)
  await file.close()
}
