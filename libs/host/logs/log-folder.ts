/** The files of a log below the host's root. */
import { readdir, realpath, stat } from 'node:fs/promises'
import { posix } from 'node:path'
import { HostReadError } from '../errors.ts'
import { ask, guarded } from '../files/ask.ts'
import type { Guard } from '../files/guard.ts'
import { keyOf, type LogFile, openLogFile } from './log-file.ts'
import { olderFirst, rotatedSuffix } from './rotated.ts'
import type { LogFolder, RotatedFile } from './succession.ts'

/** Of the rotated files the newest are looked at. */
const ROTATED_MAX = 32
/** Of a folder with more entries than this, those beyond are not looked at. */
const ENTRIES_MAX = 4096

async function listRotated(folder: string, base: string): Promise<RotatedFile[]> {
  const found: RotatedFile[] = []
  for (const name of (await readdir(folder)).slice(0, ENTRIES_MAX)) {
    const named = rotatedSuffix(name, base)
    if (named === undefined) continue
    const path = posix.join(folder, name)
    // Gone, or given another name since: who looks sees that the two do not agree, and looks again.
    const stats = await stat(path, { bigint: true }).catch(() => undefined)
    if (stats?.isFile())
      found.push({
        ...named,
        path,
        key: keyOf(stats),
        mtimeMs: Number(stats.mtimeMs),
        bornMs: Number(stats.birthtimeMs),
      })
  }
  return found.sort(olderFirst).slice(-ROTATED_MAX)
}

async function orNone<T, N>(none: N, found: Promise<T>): Promise<T | N> {
  try {
    return await found
  } catch (error) {
    if (error instanceof HostReadError && ['ENOENT', 'ENOTDIR'].includes(error.code)) return none
    throw error
  }
}

/**
 * The files of one log.
 * @param path of the log, from the host's root; where that is a link, its folder is that of the file it leads to
 */
export function createLogFolder(guard: Guard, root: string, path: string): LogFolder {
  const open = (real: string) => openLogFile(real, (operation) => guarded(guard, { action: 'read', path }, operation))
  /** Nobody waits for it any more. */
  const closeLate = (file: LogFile): void => file.close()
  return {
    open: () => orNone(undefined, ask(guard, root, { action: 'open', path }, open, closeLate)),
    key: () =>
      orNone(
        undefined,
        ask(guard, root, { action: 'open', path }, async (real) => keyOf(await stat(real, { bigint: true }))),
      ),
    rotated: () =>
      orNone(
        [],
        ask(guard, root, { action: 'look beside', path }, async (asked) => {
          const real = await realpath(asked).catch(() => asked)
          return listRotated(posix.dirname(real), posix.basename(real))
        }),
      ),
    openRotated: (file) =>
      orNone(
        undefined,
        guarded(guard, { action: 'open', path }, () => open(file.path), closeLate),
      ),
  }
}
