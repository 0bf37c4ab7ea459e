/** Folders that `up` needs: made, or refused in words. */
import { constants } from 'node:fs'
import { access, lstat, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FolderError } from '../errors.ts'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the file system is full',
  EDQUOT: "this user's quota is used up",
  ENOTDIR: 'a part of the path is no folder',
  EEXIST: 'something that is no folder is there',
  ELOOP: 'the path goes round in circles of links',
  ENAMETOOLONG: 'the path is too long',
  ENOENT: 'no folder can be made there',
}

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : ''
}

/**
 * A folder with all that it stands in. Node's own `recursive` tries for ever where a folder takes none, as /proc.
 * @throws whatever the system says of the part that cannot be made
 */
export async function makeFolder(dir: string, mode: number): Promise<void> {
  try {
    await mkdir(dir, { mode })
  } catch (err) {
    if (codeOf(err) === 'EEXIST') {
      if ((await stat(dir)).isDirectory()) return
      throw err
    }
    const parent = dirname(dir)
    if (codeOf(err) !== 'ENOENT' || parent === dir) throw err
    if (!(await isThere(parent))) await makeFolder(parent, mode)
    await mkdir(dir, { mode })
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** A word about a state directory that cannot be written: everything runs, and forgets at a reboot. "": it can. */
export async function stateNote(stateDir: string): Promise<string> {
  try {
    await makeFolder(stateDir, 0o750)
    await access(stateDir, constants.W_OK)
    return ''
  } catch (err) {
    const code = codeOf(err)
    const why = `${REASONS[code] ?? 'it cannot be used'}${code === '' ? '' : ` (${code})`}`
    return `${stateDir}: ${why}; open problems and the history are forgotten at a reboot; --state-dir DIR names another`
  }
}

/** What went wrong with the run directory, and what to do. */
export function unusableRunDir(runDir: string, err: unknown): FolderError {
  const code = codeOf(err)
  const why = REASONS[code] ?? (err instanceof Error ? err.message : String(err))
  return new FolderError(
    `cannot use ${runDir} for sockets: ${why}${code === '' ? '' : ` (${code})`}; name another folder with --run-dir DIR, or start Node Doctor as a user that may write there`,
    err,
  )
}

/**
 * A folder of this user's own where everybody may write (/dev/shm).
 * @throws FolderError when somebody else made it first: what is written there would be theirs to read and to change
 */
export async function takeOwnFolder(dir: string, uid: number): Promise<void> {
  try {
    await mkdir(dir, { mode: 0o700 })
  } catch (err) {
    if (codeOf(err) !== 'EEXIST') throw refused(dir, `it cannot be made (${codeOf(err)})`)
  }
  const found = await lstat(dir)
  if (found.isSymbolicLink()) throw refused(dir, 'it is a symbolic link')
  if (!found.isDirectory()) throw refused(dir, 'it is no folder')
  if (found.uid !== uid) throw refused(dir, `it belongs to another user (uid ${found.uid})`)
  if ((found.mode & 0o022) !== 0) throw refused(dir, 'others may write in it')
}

function refused(dir: string, why: string): FolderError {
  return new FolderError(
    `the bus's store is not put into ${dir}: ${why}; take it away, or name another folder with --set bus.storeDir=DIR`,
  )
}
