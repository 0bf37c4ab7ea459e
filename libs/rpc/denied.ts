/** Why this process may not connect to a socket (EACCES), so that whoever made the socket knows what to change. */
import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'

const EXECUTE = 1
const WRITE = 2
const READ_WRITE = 6
/** Groups of the account that are named. */
const GROUPS_MAX = 16

export interface Account {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
}

type Owned = Pick<Stats, 'mode' | 'uid' | 'gid'>

/** Whether the mode gives this right; what root may beyond it is not asked, since a container may take that away. */
export function allows({ mode, uid, gid }: Owned, account: Account, right: number): boolean {
  const shift = uid === account.uid ? 6 : gid === account.gid || account.groups.includes(gid) ? 3 : 0
  return ((mode >> shift) & right) === right
}

function ownAccount(): Account {
  return { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1, groups: process.getgroups?.() ?? [] }
}

function accountWords({ uid, gid, groups }: Account): string {
  const named = groups.slice(0, GROUPS_MAX).join(', ')
  const more = groups.length > GROUPS_MAX ? ' and more' : ''
  return `this process is uid ${uid}, gid ${gid}${groups.length === 0 ? ', in no other group' : `, groups ${named}${more}`}`
}

/** Every folder on the way, the outermost first. */
function foldersOf(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [...foldersOf(parent), parent]
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    // What cannot be seen stands in a folder that was named before, or is gone by now.
    return undefined
  }
}

/** What forbids it: a folder on the way, or the socket itself; undefined where nothing can be seen. */
interface Barrier {
  readonly what: string
  readonly found: Stats
  /** Whether its mode forbids it. */
  readonly isByMode: boolean
  readonly right: number
}

function barrierOf(path: string, account: Account): Barrier | undefined {
  for (const folder of new Set(foldersOf(path))) {
    const found = statOf(folder)
    if (found !== undefined && !allows(found, account, EXECUTE))
      return { what: `its folder ${folder}`, found, isByMode: true, right: EXECUTE }
  }
  const found = statOf(path)
  return found && { what: 'it', found, isByMode: !allows(found, account, WRITE), right: READ_WRITE }
}

function octal(mode: number): string {
  return `0${(mode & 0o777).toString(8).padStart(3, '0')}`
}

/**
 * "it has mode 0600, owner uid 0, group gid 0; this process is uid 65532, gid 65532, groups 0". Of the folder instead where
 * that is what may not be entered; the account alone where nothing can be seen.
 */
export function deniedWords(path: string, account: Account = ownAccount()): string {
  const barrier = barrierOf(path, account)
  if (barrier === undefined) return accountWords(account)
  const { what, found, isByMode } = barrier
  const words = `${what} has mode ${octal(found.mode)}, owner uid ${found.uid}, group gid ${found.gid}; ${accountWords(account)}`
  return `${words}${isByMode ? '' : '; its mode allows that, so a POSIX ACL or a security module (SELinux, AppArmor) may forbid it'}`
}

/** "give it mode 0660 and group gid 65532": what lets this process in, and nobody else; "" where its mode is none of it. */
export function deniedMend(path: string, account: Account = ownAccount()): string {
  const barrier = barrierOf(path, account)
  if (barrier?.isByMode !== true) return ''
  const { what, found, right } = barrier
  const isOwner = found.uid === account.uid
  const isGroup = found.gid === account.gid || account.groups.includes(found.gid)
  const mode = found.mode | (right << (isOwner ? 6 : 3))
  const words = [
    ...(mode === found.mode ? [] : [`mode ${octal(mode)}`]),
    ...(isOwner || isGroup ? [] : [`group gid ${account.gid}`]),
  ]
  return `give ${what} ${words.join(' and ')}`
}
