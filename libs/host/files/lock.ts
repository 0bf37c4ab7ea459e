/**
 * A lock on a file that only a living process holds: flock(2) on a file that this process has open. The kernel gives it back with that, and
 * nobody else can. Two containers that see the same file exclude each other; a container that was killed leaves nothing behind.
 */
import { constants } from 'node:fs'
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { flock, TAKEN_EXIT } from '../programs/flock.ts'

/** A lock that this process holds; no child of it has it. */
export interface HeldLock {
  /** Resolves when it is held no more: it was released, or `isHeld` found it so. */
  readonly lost: Promise<void>
  /** Whether its file still stands at its path: who unlinks it, or puts another one there, lets another process have the same lock. */
  isHeld(): Promise<boolean>
  release(): Promise<void>
}

/** What came of asking for a lock. */
export type LockResult =
  | { readonly kind: 'held'; readonly lock: HeldLock }
  /** `by` is what the holder wrote of itself; "" when that cannot be read. */
  | { readonly kind: 'taken'; readonly by: string }
  | { readonly kind: 'failed'; readonly why: string }

/** Of another user it may be that it can be read alone: that is enough for the lock. */
async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT, 0o666)
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'EACCES') return open(path, constants.O_RDONLY)
    throw err
  }
}

/** For whoever finds it taken. */
async function write(file: FileHandle, who: string): Promise<void> {
  await file.truncate(0)
  await file.write(`${who}\n`, 0)
}

/** Whether the file that is open is the one at its path; where that cannot be seen it is. */
async function isThere(path: string, file: FileHandle): Promise<boolean> {
  try {
    const [ours, now] = await Promise.all([file.stat({ bigint: true }), stat(path, { bigint: true })])
    return ours.dev === now.dev && ours.ino === now.ino
  } catch (err) {
    return !(err instanceof Error && 'code' in err && (err.code === 'ENOENT' || err.code === 'EBADF'))
  }
}

function held(path: string, file: FileHandle): HeldLock {
  const { promise: lost, resolve } = Promise.withResolvers<void>()
  return {
    lost,
    async isHeld() {
      const is = await isThere(path, file)
      if (!is) resolve()
      return is
    },
    async release() {
      await file.close()
      resolve()
    },
  }
}

/**
 * Locks a file that this process has open, for as long as it has; nothing is written there.
 * @returns why it cannot be had, in words; "": it is locked
 */
export async function lockOpenFile(fd: number): Promise<string> {
  const { code, said } = await flock(fd)
  if (code === TAKEN_EXIT) return 'another process has it'
  return code === 0 ? '' : said || `flock ended with ${code}`
}

/** @param who is written into the file, for whoever finds it taken */
export async function takeLock(path: string, who: string): Promise<LockResult> {
  let file: FileHandle | undefined
  try {
    file = await opened(path)
    const { code, said } = await flock(file.fd)
    if (code === 0 && !(await isThere(path, file))) {
      await file.close()
      return { kind: 'failed', why: `${path} was taken away meanwhile` }
    }
    if (code === 0) {
      await write(file, who).catch(() => undefined)
      return { kind: 'held', lock: held(path, file) }
    }
    await file.close()
    if (code === TAKEN_EXIT) return { kind: 'taken', by: (await readFile(path, 'utf8').catch(() => '')).trim() }
    return { kind: 'failed', why: said || `flock ended with ${code}` }
  } catch (err) {
    await file?.close().catch(() => undefined)
    return { kind: 'failed', why: err instanceof Error ? err.message : String(err) }
  }
}
