/** Goes through a folder and all below it, on its own mount. */
import type { FileFacts, HeldFolder } from '#host/acts'

/** Nothing lies deeper that is cleaned up; each of these is open while those below it are looked at. */
const DEPTH_MAX = 48

/** A folder below a root, by the way to it. */
export interface Way {
  /** undefined: it is the root itself. */
  readonly outer: Way | undefined
  readonly name: string
  readonly device: bigint
  readonly inode: bigint
}

/** A file that was found. */
export interface Found {
  readonly way: Way
  readonly name: string
  readonly facts: FileFacts
}

/** Whoever is told of what is found. */
export interface Walker {
  /** Whether a file of that name is looked at. */
  isWanted(name: string): boolean
  /** Folders that are left alone, with all that is in them. */
  isSpared(folder: Way): boolean
  found(file: Found): void
  /** A folder that is not entered, and why. */
  passed(reason: string): void
  /** Nothing more is looked at. */
  readonly stop: AbortSignal
}

/** Names of the folders between the root and this one. */
export function namesOf(way: Way): readonly string[] {
  return way.outer === undefined ? [] : [...namesOf(way.outer), way.name]
}

/** The way to a folder that is open. */
export function wayTo(outer: Way | undefined, name: string, { device, inode }: HeldFolder): Way {
  return { outer, name, device, inode }
}

async function files(folder: HeldFolder, way: Way, names: readonly string[], walker: Walker): Promise<void> {
  const looked = await Promise.all(names.map((name) => folder.look(name)))
  for (const [index, facts] of looked.entries()) {
    const name = names[index]
    if (facts?.kind === 'file' && name !== undefined) walker.found({ way, name, facts })
  }
}

async function inner(folder: HeldFolder, way: Way, name: string, walker: Walker, depth: number): Promise<void> {
  const held = await folder.within(name)
  if ('refused' in held) {
    // What is gone by now was somebody else's to take away.
    if (held.refused !== 'ENOENT') walker.passed(held.refused === 'OTHER_MOUNT' ? 'other mounts' : held.refused)
    return
  }
  try {
    await walk(held, wayTo(way, name, held), walker, depth + 1)
  } finally {
    await held.close()
  }
}

/** @throws what the file system says of a folder that is open */
export async function walk(folder: HeldFolder, way: Way, walker: Walker, depth = 0): Promise<void> {
  if (walker.isSpared(way)) return walker.passed('our own folders')
  if (depth > DEPTH_MAX) return walker.passed('folders that lie too deep')
  for await (const entries of folder.entries()) {
    if (walker.stop.aborted) return
    const wanted = entries.filter(({ name, kind }) => kind === 'file' && walker.isWanted(name))
    await files(
      folder,
      way,
      wanted.map(({ name }) => name),
      walker,
    )
    for (const { name, kind } of entries) {
      if (walker.stop.aborted) return
      if (kind === 'folder') await inner(folder, way, name, walker, depth)
    }
  }
}
