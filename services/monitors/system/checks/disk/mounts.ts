/** What is mounted, and which of it is worth watching. Pure. */

/** One line of /proc/<pid>/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly id: number
  readonly parent: number
  /** "254:0" */
  readonly device: string
  /** Folder of the file system that is mounted: "/", or a part of it for a bind mount. */
  readonly root: string
  readonly mountPoint: string
  readonly type: string
  readonly source: string
  /** Options of this mount alone. */
  readonly options: readonly string[]
  /** Options of the file system itself, the same at all its mounts. Those of one mount may be stricter. */
  readonly superOptions: readonly string[]
}

/** Undoes the kernel's octal escapes of space, tab, line break and backslash. */
export function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

const LINE = /^(\d+) (\d+) (\d+:\d+) (\S+) (\/\S*) (\S+) (?:\S+ )*?- (\S+) (\S*) (\S+)$/

function parseMount(line: string): Mount | undefined {
  const match = LINE.exec(line)
  if (match === null) return undefined
  const [, id, parent, device, root, mountPoint, options, type, source, superOptions] = match as unknown as string[]
  return {
    id: Number(id),
    parent: Number(parent),
    device: device!,
    root: unescapePath(root!),
    mountPoint: unescapePath(mountPoint!),
    type: type!,
    source: unescapePath(source!),
    options: options!.split(','),
    superOptions: superOptions!.split(','),
  }
}

/** In the order of mounting; lines that make no sense are left out; undefined when none makes any. */
export function parseMountinfo(text: string): readonly Mount[] | undefined {
  const mounts = text
    .split('\n')
    .map(parseMount)
    .filter((mount) => mount !== undefined)
  return mounts.length === 0 ? undefined : mounts
}

/** File systems on this node's own devices that people fill with files. */
const WATCHED_TYPES: ReadonlySet<string> = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'f2fs',
  'zfs',
  'bcachefs',
  'jfs',
  'vfat',
  'exfat',
  'ntfs3',
])

/** Further ones whose statfs answers from memory: no device or server can make it hang. */
const MEMORY_TYPES: ReadonlySet<string> = new Set([
  'tmpfs',
  'ramfs',
  'devtmpfs',
  'overlay',
  'squashfs',
  'erofs',
  'iso9660',
  'proc',
  'sysfs',
  'cgroup',
  'cgroup2',
])

/**
 * Volumes of pods belong to their pods (the kubelet measures them, and their number has no limit); below /run are
 * things that come and go with a process.
 */
const SKIPPED = /^\/(var\/lib\/kubelet\/(pods|plugins)|run)\//

/** Files that a container engine mounts into each container. */
const CONTAINER_FILES: ReadonlySet<string> = new Set(['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'])

/** Whether `path` is `folder` or lies below it. */
function isBelow(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}

/** Whether a later mount covers this one, so that its path leads elsewhere. */
function isHidden(mount: Mount, index: number, mounts: readonly Mount[], byId: ReadonlyMap<number, Mount>): boolean {
  return mounts.some((other, at) => {
    if (at <= index || !isBelow(mount.mountPoint, other.mountPoint)) return false
    return !hasAncestor(mount, other.id, byId)
  })
}

/** Whether it is mounted on `ancestor`, or on something that is. */
function hasAncestor(mount: Mount, ancestor: number, byId: ReadonlyMap<number, Mount>): boolean {
  let at: Mount | undefined = mount
  for (let steps = 0; at !== undefined && steps < 64; steps++) {
    if (at.parent === ancestor) return true
    at = byId.get(at.parent)
  }
  return false
}

/** What is mounted at `root` and below it, by its path from there; [] when nothing is mounted at `root` itself. */
export function mountsBelow(mounts: readonly Mount[], root: string): readonly Mount[] {
  const below = mounts
    .filter(({ mountPoint }) => isBelow(mountPoint, root))
    .map((mount) => ({ ...mount, mountPoint: mount.mountPoint.slice(root.length) || '/' }))
  return below.some(({ mountPoint }) => mountPoint === '/') ? below : []
}

/** The same for all mounts of one file system. Subvolumes of btrfs have device numbers of their own. */
function identity(mount: Mount): string {
  return mount.type === 'btrfs' ? mount.source : mount.device
}

/** Of two mounts of one file system the one to show: the whole before a part, the shorter path. */
function isBetter(a: Mount, b: Mount): boolean {
  if ((a.root === '/') !== (b.root === '/')) return a.root === '/'
  return a.mountPoint.length < b.mountPoint.length
}

/** One mount of each local file system that is worth watching, by path. */
export function selectMounts(mounts: readonly Mount[]): readonly Mount[] {
  const byId = new Map(mounts.map((mount) => [mount.id, mount]))
  const best = new Map<string, Mount>()
  for (const [index, mount] of mounts.entries()) {
    if (!WATCHED_TYPES.has(mount.type) || SKIPPED.test(mount.mountPoint) || CONTAINER_FILES.has(mount.mountPoint))
      continue
    if (isHidden(mount, index, mounts, byId)) continue
    const known = best.get(identity(mount))
    if (known === undefined || isBetter(mount, known)) best.set(identity(mount), mount)
  }
  return [...best.values()].sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1))
}

/** The mount that holds a path: the last one of the longest mount point above it. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined
  for (const mount of mounts) {
    if (!isBelow(path, mount.mountPoint)) continue
    if (best === undefined || mount.mountPoint.length >= best.mountPoint.length) best = mount
  }
  return best
}

/** Whether asking for its space cannot hang: it and all that it is mounted on answer from memory. */
export function answersFromMemory(path: string, mounts: readonly Mount[]): boolean {
  const above = mounts.filter((mount) => isBelow(path, mount.mountPoint))
  return above.length > 0 && above.every(({ type }) => WATCHED_TYPES.has(type) || MEMORY_TYPES.has(type))
}

/** What a mount says of writing. */
export type Access = 'writable' | 'read-only' | 'stopped'

/**
 * By the file system's own options: a bind mount that is read-only says nothing of the file system. Since Linux 6.16 ext4
 * answers an error with `emergency_ro` and stays `rw` in the list; `shutdown` is a forced stop.
 */
export function accessOf(mount: Mount): Access {
  if (mount.superOptions.includes('emergency_ro') || mount.superOptions.includes('shutdown')) return 'stopped'
  return mount.superOptions.includes('ro') ? 'read-only' : 'writable'
}

/** A file system that may say "read-only" of itself from the start, however it is mounted (a seed of btrfs). */
const SELF_READ_ONLY = 'btrfs'

/**
 * Whether it was mounted for writing and turned read-only by itself: an error makes the file system `ro` and leaves its
 * mount `rw`, whereas `mount -o ro` and a remount write `ro` at both. A mount that was made read-only for us (a volume of
 * a container) does not tell.
 */
export function turnedReadOnly(mount: Mount): boolean {
  if (!WATCHED_TYPES.has(mount.type) || mount.type === SELF_READ_ONLY) return false
  return accessOf(mount) === 'read-only' && mount.options.includes('rw')
}

/** The same for one file system as long as it is mounted: not for another that takes its place. */
export function fileSystemOf(mount: Mount): string {
  return `${mount.type} ${mount.device} ${mount.source}`
}

/** Mount points of /etc/fstab and whether they shall be writable (fstab(5)). */
export function parseFstab(text: string): ReadonlyMap<string, boolean> {
  const entries = new Map<string, boolean>()
  for (const line of text.split('\n')) {
    const [source, mountPoint, , options] = line.trim().split(/[ \t]+/)
    if (source === undefined || source.startsWith('#') || mountPoint === undefined || options === undefined) continue
    if (mountPoint.startsWith('/')) entries.set(unescapePath(mountPoint), !options.split(',').includes('ro'))
  }
  return entries
}
