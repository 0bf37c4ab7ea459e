/**
 * Sockets of third-party monitors, found by looking. Who a monitor is follows from where its socket stands: right in a
 * configured folder `<name>.sock`, or in a folder below it `<name>/<name>.sock`, and nowhere else.
 */
import type { Dirent } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'

/** More entries of one configured folder than this are not looked at. */
export const ENTRIES_MAX = 1024
/** The same of a folder below it, where one socket is looked for. */
const INNER_MAX = 64
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const SUFFIX = '.sock'
const NO_NAME = 'its file name is no name: letters, digits, ".", "_" and "-", at most 63'

/** What a socket's place says: its monitor's name, and how much the place counts: of two of one name the lower rank has it. */
export interface Place {
  readonly name: string
  readonly rank: number
  /** The configured folder. */
  readonly dir: string
  /** In a folder of its own, which only who owns that folder can have made. */
  readonly isOwnFolder: boolean
}

export interface FoundSocket extends Place {
  readonly path: string
}

/** Something that was meant as a monitor's socket, or may have been, and is not taken. */
export interface RefusedSocket {
  readonly path: string
  /** The configured folder that it stands in. */
  readonly dir: string
  readonly why: string
}

export interface Discovery {
  /** By rank, then by name. */
  readonly sockets: readonly FoundSocket[]
  readonly refused: readonly RefusedSocket[]
  /** Folders below the configured ones in which one is looked for that the configuration does not name. */
  readonly folders: readonly string[]
}

/** The place of a socket at this path; undefined where none is looked for there. */
export function placeOf(path: string, dirs: readonly string[]): Place | undefined {
  for (const [index, dir] of dirs.entries()) {
    const steps = relative(dir, path).split('/')
    const name = basename(path, SUFFIX)
    if (!path.endsWith(SUFFIX) || !NAME.test(name)) continue
    if (steps.length === 2 && steps[0] === name) return { name, rank: 2 * index, dir, isOwnFolder: true }
    if (steps.length === 1) return { name, rank: 2 * index + 1, dir, isOwnFolder: false }
  }
  return undefined
}

interface Listing {
  readonly entries: readonly Dirent[]
  readonly isCut: boolean
  /** Why the folder could not be read; "" when it was, or is not there. */
  readonly fault: string
}

async function list(dir: string, most: number): Promise<Listing> {
  const entries: Dirent[] = []
  try {
    for await (const entry of await opendir(dir, { bufferSize: 256 })) {
      if (entries.length >= most) return { entries, isCut: true, fault: '' }
      entries.push(entry)
    }
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : String(err)
    // A folder that is not there yet has no sockets; it may appear at any time, and go while it is read.
    return { entries: [], isCut: false, fault: code === 'ENOENT' ? '' : code }
  }
  return { entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)), isCut: false, fault: '' }
}

/** What a file that is named like a socket is instead; "" for a socket. */
function wrongKind(entry: Dirent): string {
  if (entry.isSocket()) return ''
  if (entry.isSymbolicLink()) return 'it is a symbolic link, and the socket itself has to stand here'
  if (entry.isFile()) return 'it is a regular file, not a socket'
  if (entry.isFIFO()) return 'it is a pipe, not a socket'
  return 'it is not a socket'
}

function isNamedLikeSocket(entry: Dirent): boolean {
  return entry.name.toLowerCase().endsWith(SUFFIX)
}

/** Hidden folders are where a socket is made before it is moved to its place. */
function isFolder(entry: Dirent): boolean {
  return entry.isDirectory() && !entry.name.startsWith('.')
}

class Look {
  readonly sockets: FoundSocket[] = []
  readonly refused: RefusedSocket[] = []
  readonly folders: string[] = []
  readonly #dirs: readonly string[]
  readonly #skip: ReadonlySet<string>
  readonly #seen = new Set<string>()

  constructor(dirs: readonly string[], skip: ReadonlySet<string>) {
    this.#dirs = dirs
    this.#skip = skip
  }

  async folder(dir: string): Promise<void> {
    const { entries, isCut, fault } = await list(dir, ENTRIES_MAX)
    if (fault !== '') this.#refuse(dir, dir, `the folder cannot be read: ${fault}`)
    if (isCut) this.#refuse(dir, dir, `it holds more than ${ENTRIES_MAX} entries; those beyond are not looked at`)
    for (const entry of entries) {
      const path = join(dir, entry.name)
      if (isFolder(entry)) await this.#inner(dir, path, entry.name)
      else this.#entry(dir, path, entry, NO_NAME)
    }
  }

  async #inner(dir: string, folder: string, name: string): Promise<void> {
    if (!this.#skip.has(join(folder, name + SUFFIX))) this.folders.push(folder)
    const { entries, isCut, fault } = await list(folder, INNER_MAX)
    if (fault !== '') this.#refuse(dir, folder, `the folder cannot be read: ${fault}`)
    if (isCut) this.#refuse(dir, folder, `it holds more than ${INNER_MAX} entries; those beyond are not looked at`)
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (isFolder(entry)) await this.#deeper(dir, path)
      else {
        const isOwn = entry.name === name + SUFFIX
        this.#entry(dir, path, entry, isOwn ? NO_NAME : `in the folder ${name} only ${name}.sock is taken`)
      }
    }
  }

  async #deeper(dir: string, folder: string): Promise<void> {
    for (const entry of (await list(folder, INNER_MAX)).entries) {
      if (entry.isSocket()) this.#refuse(dir, join(folder, entry.name), 'it stands more than one folder deep')
    }
  }

  #entry(dir: string, path: string, entry: Dirent, elsewhere: string): void {
    if (this.#skip.has(path) || this.#seen.has(path)) return
    const wrong = wrongKind(entry)
    if (wrong !== '') {
      if (isNamedLikeSocket(entry)) this.#refuse(dir, path, wrong)
      return
    }
    const place = placeOf(path, this.#dirs)
    if (!entry.name.endsWith(SUFFIX)) this.#refuse(dir, path, 'its name does not end in .sock')
    else if (place === undefined) this.#refuse(dir, path, elsewhere)
    else {
      this.#seen.add(path)
      this.sockets.push({ path, ...place })
    }
  }

  #refuse(dir: string, path: string, why: string): void {
    this.refused.push({ path, dir, why })
  }
}

/** Those of these paths at which a socket stands now. */
export async function socketsAt(paths: readonly string[]): Promise<string[]> {
  const files = await Promise.all(paths.map((path) => lstat(path).catch(() => undefined)))
  return paths.filter((_, index) => files[index]?.isSocket() === true)
}

/** Looks once. `skip` are the sockets that the configuration names or implies. */
export async function discover(dirs: readonly string[], skip: ReadonlySet<string>): Promise<Discovery> {
  const look = new Look(dirs, skip)
  for (const dir of dirs) await look.folder(dir)
  look.sockets.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1))
  return { sockets: look.sockets, refused: look.refused, folders: look.folders }
}
