/**
 * Sockets of third-party monitors, found by looking: `*.sock` in each configured folder and in the folders right below it. A
 * socket's name is its file's; of two with one name, the folder that stands first in the configuration has it.
 */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** More sockets than this in all folders together are not taken. */
export const DISCOVERED_MAX = 64
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

export interface FoundSocket {
  readonly name: string
  readonly path: string
}

export interface Discovery {
  readonly sockets: readonly FoundSocket[]
  /** What was seen and not taken, with why. */
  readonly refused: readonly { readonly path: string; readonly why: string }[]
}

async function socketsIn(dir: string): Promise<string[]> {
  // A folder that is not there yet has no sockets; it may appear at any time.
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  const found: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isSocket() && entry.name.endsWith('.sock')) found.push(join(dir, entry.name))
    if (!entry.isDirectory()) continue
    const inner = await readdir(join(dir, entry.name), { withFileTypes: true }).catch(() => [])
    for (const { name } of inner.filter((file) => file.isSocket() && file.name.endsWith('.sock'))) {
      found.push(join(dir, entry.name, name))
    }
  }
  return found
}

/** Looks once. `taken` are the paths and names of monitors that are known already. */
export async function discover(
  dirs: readonly string[],
  taken: { readonly paths: ReadonlySet<string>; readonly names: ReadonlySet<string> },
): Promise<Discovery> {
  const sockets: FoundSocket[] = []
  const refused: { path: string; why: string }[] = []
  const names = new Set(taken.names)
  for (const dir of dirs) {
    for (const path of await socketsIn(dir)) {
      if (taken.paths.has(path)) continue
      const name = basename(path, '.sock')
      if (!NAME.test(name))
        refused.push({ path, why: 'its file name is no name: letters, digits, ".", "_" and "-", at most 63' })
      else if (names.has(name)) refused.push({ path, why: `another monitor is named ${name}` })
      else if (sockets.length >= DISCOVERED_MAX)
        refused.push({ path, why: `${DISCOVERED_MAX} plug-ins are known already` })
      else {
        names.add(name)
        sockets.push({ name, path })
      }
    }
  }
  return { sockets, refused }
}
