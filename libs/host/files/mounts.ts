/** On which mounts a call may hang for as long as somebody else does not answer. */
import { readFileSync } from 'node:fs'
import type { Clock } from '#clock'
import { below } from './rooted-path.ts'

/** File systems that another machine or another process answers for. */
const REMOTE =
  /^(?:nfs4?|cifs|smb3|smbfs|9p|virtiofs|ceph|lustre|beegfs|afs|gfs2|ocfs2|gpfs|glusterfs|orangefs|autofs|fuse(?:blk)?(?:\..+)?)$/
/** How long a list of mounts is taken for true. */
const AGE_MS = 2_000

/** A mount that may hang. */
export interface RemoteMount {
  /** Another for each mount, also at the same place. */
  readonly id: string
  readonly path: string
}

/** The kernel writes space, tab, newline and "\" as `\040` (proc_pid_mountinfo(5)). */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
}

/** Those of /proc/self/mountinfo that may hang, in the order in which they were made. */
export function parseRemoteMounts(text: string): readonly RemoteMount[] {
  const found: RemoteMount[] = []
  for (const line of text.split('\n')) {
    const [fields = '', more = ''] = line.split(' - ')
    const [id, , , , path] = fields.split(' ')
    if (id === undefined || path === undefined || !REMOTE.test(more.split(' ')[0] ?? '')) continue
    found.push({ id, path: unescaped(path) })
  }
  return found
}

/** Places of all mounts of /proc/self/mountinfo, one unit for each byte of them. */
export function parseMountPoints(text: string): ReadonlySet<string> {
  return new Set(
    text
      .split('\n')
      .flatMap((line) => line.split(' ')[4] ?? [])
      .map(unescaped),
  )
}

/** Where something is mounted in this process's sight, at most 2 s ago; none where it cannot be read. */
export function createMountPoints(clock: Clock): () => ReadonlySet<string> {
  let points: ReadonlySet<string> = new Set()
  let readMs = Number.NEGATIVE_INFINITY
  return () => {
    if (clock.monotonicMs() - readMs <= AGE_MS) return points
    readMs = clock.monotonicMs()
    try {
      points = parseMountPoints(readFileSync('/proc/self/mountinfo', 'latin1'))
    } catch {
      points = new Set()
    }
    return points
  }
}

/** The mount that may hang where a path, from the host's root, lies by its words; undefined: none is known. */
export type RemoteMountOf = (path: string) => string | undefined

/** The innermost that holds a path; the root itself is none, since everything would be. */
export function remoteMountOf(mounts: readonly RemoteMount[], root: string, path: string): string | undefined {
  let innermost: RemoteMount | undefined
  for (const mount of mounts) {
    if (!`${path}/`.startsWith(`${mount.path}/`) || mount.path.length <= root.length) continue
    if (mount.path !== '/' && mount.path.length >= (innermost?.path.length ?? 0)) innermost = mount
  }
  return innermost && `${innermost.id} ${innermost.path}`
}

/** By this process's own list, which is kernel memory and does not hang. @param root "" or where the host is mounted */
export function createRemoteMountOf(root: string, clock: Clock): RemoteMountOf {
  let mounts: readonly RemoteMount[] = []
  let readMs = Number.NEGATIVE_INFINITY
  return (path) => {
    if (clock.monotonicMs() - readMs > AGE_MS) {
      readMs = clock.monotonicMs()
      try {
        mounts = parseRemoteMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
      } catch {
        // Without /proc nobody knows: then what hangs is known by its path alone.
        mounts = []
      }
    }
    return mounts.length === 0 ? undefined : remoteMountOf(mounts, root, below(root, path))
  }
}
