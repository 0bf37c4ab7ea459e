/**
 * Folders of the host that are held open. What is done in one is done in that one, whatever its name leads to by then: names in it are
 * reached through its descriptor (`/proc/self/fd/N/name`), and no link is followed on the way to it.
 */
import { constants, type Dirent } from 'node:fs'
import { type FileHandle, lstat, open, opendir, readFile, readlink, statfs, unlink } from 'node:fs/promises'
import type { Clock } from '#clock'
import { codeOf } from '../errors.ts'
import { createMountPoints } from '../files/mounts.ts'
import type { FileFacts, FolderRefused, FolderSpace, HeldEntry, HeldFolder } from './folder-types.ts'

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Entries that are read at once. */
const CHUNK = 256
/** stat(2): blocks have 512 bytes, whatever the file system's have. */
const BLOCK_BYTES = 512
const MOUNT_ID = /^mnt_id:\s+(\d+)$/m

/** statfs(2), include/uapi/linux/magic.h: what this machine alone has. Of what others share nobody sees here who has a file open there. */
const OWN_DISKS: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlay
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
  0xca451a4e, // bcachefs
  0x3153464a, // jfs
])

function numberOf(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}

/** The bytes of a name, one unit each: names need be no text. */
function bytesOf(name: string): Buffer {
  return Buffer.from(name, 'latin1')
}

async function mountOf(handle: FileHandle): Promise<string> {
  const [, id] = MOUNT_ID.exec(await readFile(`/proc/self/fdinfo/${handle.fd}`, 'latin1')) ?? []
  if (id === undefined) throw Object.assign(new Error('the kernel names no mount'), { code: 'NO_MOUNT' })
  return id
}

/** A folder that is open, and which it is. */
interface Held {
  readonly handle: FileHandle
  readonly device: bigint
  readonly inode: bigint
  readonly mount: string
}

/** @throws what the file system says */
async function hold(path: Buffer): Promise<Held> {
  const handle = await open(path, FLAGS)
  try {
    const { dev, ino } = await handle.stat({ bigint: true })
    return { handle, device: numberOf(dev), inode: numberOf(ino), mount: await mountOf(handle) }
  } catch (err) {
    await handle.close()
    throw err
  }
}

function inside({ handle }: Held, name: string): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${handle.fd}/`), bytesOf(name)])
}

function refusedOf(err: unknown): FolderRefused {
  const code = codeOf(err)
  // O_DIRECTORY and O_NOFOLLOW: a link is no folder (open(2)).
  return { refused: code === 'ENOTDIR' || code === 'ELOOP' ? 'NOT_A_FOLDER' : code }
}

/** What is not seen, or gone, is undefined: somebody else may work in the same folder. */
const UNSEEN = new Set(['ENOENT', 'EACCES', 'ENAMETOOLONG', 'ENOTDIR'])

async function factsOf(path: Buffer): Promise<FileFacts | undefined> {
  try {
    const facts = await lstat(path, { bigint: true })
    const writtenMs = Number(facts.mtimeNs / 1000n) / 1000
    return {
      kind: facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'other',
      device: numberOf(facts.dev),
      inode: numberOf(facts.ino),
      links: Number(facts.nlink),
      bytes: Number(facts.blocks) * BLOCK_BYTES,
      writtenMs,
      touchedMs: Math.max(Number(facts.atimeMs), writtenMs, Number(facts.ctimeMs)),
    }
  } catch (err) {
    if (UNSEEN.has(codeOf(err))) return undefined
    throw err
  }
}

/** As the kernel says with the name (readdir(3)); undefined: this file system does not. */
function kindOf(entry: Dirent): FileFacts['kind'] | undefined {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  const isOther = entry.isSymbolicLink() || entry.isSocket() || entry.isFIFO()
  return isOther || entry.isCharacterDevice() || entry.isBlockDevice() ? 'other' : undefined
}

async function* entriesOf(held: Held): AsyncGenerator<readonly HeldEntry[]> {
  const options = { encoding: 'latin1', bufferSize: CHUNK } as const
  let chunk: HeldEntry[] = []
  for await (const entry of await opendir(inside(held, '.'), options)) {
    const kind = kindOf(entry) ?? (await factsOf(inside(held, entry.name)))?.kind ?? 'other'
    chunk.push({ name: entry.name, kind })
    if (chunk.length < CHUNK) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

async function spaceOf(held: Held): Promise<FolderSpace> {
  const { type, bsize, blocks, bfree, bavail, files, ffree } = await statfs(inside(held, '.'))
  return {
    isOwn: OWN_DISKS.has(type),
    sizeBytes: blocks * bsize,
    freeBytes: bfree * bsize,
    availableBytes: bavail * bsize,
    files,
    filesFree: ffree,
  }
}

/** Folders of a host. */
export interface HeldFolders {
  /**
   * Opens a folder step by step from the host's root, and follows no link; a mount may lie over each step.
   * @param path absolute, from the host's root
   */
  hold(path: string): Promise<HeldFolder | FolderRefused>
}

/** @param root where the host is mounted; "" on the machine itself */
export function createHeldFolders(root: string, clock: Clock): HeldFolders {
  const mountPoints = createMountPoints(clock)

  async function within(outer: Held, name: string): Promise<HeldFolder | FolderRefused> {
    // What another machine answers for, or is mounted once it is opened, is not even looked at.
    const place = await readlink(`/proc/self/fd/${outer.handle.fd}`, 'latin1')
    if (mountPoints().has(`${place}/${name}`)) return { refused: 'OTHER_MOUNT' }
    const facts = await factsOf(inside(outer, name))
    if (facts?.kind !== 'folder') return { refused: 'NOT_A_FOLDER' }
    if (facts.device !== outer.device) return { refused: 'OTHER_MOUNT' }
    const held = await hold(inside(outer, name))
    if (held.mount === outer.mount && held.device === outer.device) return folderOf(held)
    await held.handle.close()
    return { refused: 'OTHER_MOUNT' }
  }

  function folderOf(held: Held): HeldFolder {
    const { device, inode, handle } = held
    return {
      device,
      inode,
      place: () => readlink(`/proc/self/fd/${handle.fd}`, 'latin1'),
      entries: () => entriesOf(held),
      look: (name) => factsOf(inside(held, name)),
      within: (name) => within(held, name).catch(refusedOf),
      unlink: (name) => unlink(inside(held, name)),
      space: () => spaceOf(held),
      close: () => handle.close(),
    }
  }

  /** @throws what the file system says */
  async function down(path: string): Promise<Held> {
    let held = await hold(Buffer.from(`${root}/.`))
    for (const step of path.split('/').filter((each) => each !== '')) {
      const outer = held
      try {
        held = await hold(inside(outer, Buffer.from(step).toString('latin1')))
      } finally {
        await outer.handle.close()
      }
    }
    return held
  }

  return {
    async hold(path) {
      const isPlain = path.startsWith('/') && !path.includes('\0') && !/(?:^|\/)\.\.?(?:\/|$)/.test(path)
      if (!isPlain) return { refused: 'NOT_A_FOLDER' }
      return down(path).then(folderOf, refusedOf)
    },
  }
}
