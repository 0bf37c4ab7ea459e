/** Whether a file is root's alone: nobody else can change what would be run. */
import { lstat } from 'node:fs/promises'
import { type Clock, within } from '#clock'
import { codeOf } from './errors.ts'

const TIMEOUT_MS = 5_000
/** stat(2): writable by the group, by others; set-uid and set-gid; executable by its owner. */
const WRITABLE = 0o022
const SET_ID = 0o6000
const EXECUTABLE = 0o100

/** "/opt/x.sh" → "/", "/opt", "/opt/x.sh". */
function chainOf(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return ['/', ...parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`)]
}

/**
 * Why a program may not be run as root; "" where it may: it and every folder above it are root's, nobody else may write to them, none
 * is a link; it is a plain file that may be executed, without set-uid and set-gid. Who is not root can change nothing of that between
 * this look and its start.
 * @param root where the host is mounted; "" on the machine itself @param path absolute, from the host's root
 */
export async function whyNotRoots(clock: Clock, root: string, path: string): Promise<string> {
  if (!path.startsWith('/') || path.split('/').some((part) => part === '..' || part === '.'))
    return `${path} is no absolute path`
  const chain = chainOf(path)
  for (const each of chain) {
    const facts = await within(clock, lstat(root + each).catch(codeOf), TIMEOUT_MS, () => 'TIMEOUT')
    if (typeof facts === 'string')
      return facts === 'ENOENT' ? `there is no ${each}` : `cannot look at ${each}: ${facts}`
    if (facts.isSymbolicLink()) return `${each} is a link`
    if (facts.uid !== 0) return `${each} is not root's`
    if ((facts.mode & WRITABLE) !== 0) return `others may write to ${each}`
    if (each !== chain.at(-1)) continue
    if (!facts.isFile()) return `${each} is no plain file`
    if ((facts.mode & SET_ID) !== 0) return `${each} is set-uid or set-gid`
    if ((facts.mode & EXECUTABLE) === 0) return `${each} may not be executed`
  }
  return ''
}
