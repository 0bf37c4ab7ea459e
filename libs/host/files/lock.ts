/**
 * A lock on a file that only a living process holds: flock(2), by a helper that the kernel ends with us. Two containers
 * that see the same file exclude each other; a container that was killed leaves nothing behind.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { systemClock } from '#clock'
import { spawnChild } from '../programs/child.ts'

/** `flock` ends with this when the lock is another's. */
const TAKEN_EXIT = 73

/** A lock that this process holds, also for its children. */
export interface HeldLock {
  /** Resolves when it is lost: the helper was ended by somebody. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

/** What came of asking for a lock. */
export type LockResult =
  | { readonly kind: 'held'; readonly lock: HeldLock }
  /** `by` is what the holder wrote of itself; "" when that cannot be read. */
  | { readonly kind: 'taken'; readonly by: string }
  | { readonly kind: 'failed'; readonly why: string }

/** @param who is written into the file, for whoever finds it taken */
export async function takeLock(path: string, who: string): Promise<LockResult> {
  const { promise: locked, resolve: isLocked } = Promise.withResolvers<'held'>()
  const lines: string[] = []
  try {
    const child = await spawnChild(
      systemClock(),
      'flock',
      ['-n', '-E', String(TAKEN_EXIT), '--no-fork', path, 'sh', '-c', 'echo held; exec sleep infinity'],
      {
        env: { PATH: process.env['PATH'] },
        dieWithParent: true,
        onLine: (line) => (line === 'held' ? isLocked('held') : lines.push(line)),
      },
    )
    const first = await Promise.race([locked, child.exited])
    if (first === 'held') {
      await writeFile(path, `${who}\n`).catch(() => undefined)
      return {
        kind: 'held',
        lock: {
          lost: child.exited.then(() => undefined),
          async release() {
            await child.stop(1000)
          },
        },
      }
    }
    if (first.code === TAKEN_EXIT) return { kind: 'taken', by: (await readFile(path, 'utf8').catch(() => '')).trim() }
    return { kind: 'failed', why: lines.join('; ') || `flock ended with ${first.code ?? first.signal}` }
  } catch (err) {
    return { kind: 'failed', why: err instanceof Error ? err.message : String(err) }
  }
}
