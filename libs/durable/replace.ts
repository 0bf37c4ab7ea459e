import { randomBytes } from 'node:crypto'
import { type FileHandle, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
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

/** Whether it is a plain file of this process's user that nobody writes any more. No link is followed. */
async function isLeft(path: string): Promise<boolean> {
  const facts = await lstat(path)
  return facts.isFile() && facts.uid === process.geteuid?.() && Date.now() - facts.mtimeMs > LEFT_AFTER_MS
}

/**
 * Half a file takes room, and of a full disk there is none. What cannot be looked at or taken away stays: the new file is
 * written all the same, and says itself what is wrong with the folder.
 */
async function sweep(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)]
  const left = (await readdir(folder).catch(() => []))
    .filter((entry) => entry.startsWith(name) && FRESH.test(entry.slice(name.length)))
    .map((entry) => join(folder, entry))
  await Promise.allSettled(left.map(async (each) => ((await isLeft(each)) ? unlink(each) : undefined)))
}

/** A folder of some file systems (FUSE, network) cannot be put on the disk by itself: its names are theirs to keep. */
const NOT_SYNCED = new Set(['EINVAL', 'ENOTSUP'])

/**
 * Puts a folder's names on the disk: one is there only once the folder is. Done, too, where the file system has no such thing.
 * @throws what the file system says
 */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && NOT_SYNCED.has(String(err.code)))) throw err
  } finally {
    await handle.close()
  }
}

/**
 * Puts a file that holds `content` in the place of `path`, and leaves it open to be appended to. Its folder is made (0750).
 * @throws what the file system says. The old file stands then, and nothing of the new one is left; only where the folder could not
 * be put on the disk, after all else, the new one stands and a power cut may bring the old one back
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
    await unlink(fresh).catch(() => undefined)
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
 * @throws what the file system says. The old file stands then, and nothing of the new one is left; only where the folder could not
 * be put on the disk, after all else, the new one stands and a power cut may bring the old one back
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: ReplaceOptions = {},
): Promise<void> {
  const file = await placeFile(path, content, options)
  await file.close()
}
