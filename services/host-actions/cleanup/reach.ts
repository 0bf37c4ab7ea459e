/** Folders that were found before, opened again by the way to them, and only where they still are what and where they were. */
import type { HeldFolder } from '#host/acts'
import { namesOf, type Way } from './walk.ts'

/** So many stay open: what is deleted by its age lies here and there. */
const KEPT = 16

/** Opens folders again. */
export interface Reach {
  /** undefined: it is gone, another one, or somewhere else. @param root of the way */
  (root: HeldFolder, way: Way): Promise<HeldFolder | undefined>
  /** Names of the folders from the root on. */
  namesOf(way: Way): readonly string[]
  close(): Promise<void>
}

async function isThere(root: HeldFolder, folder: HeldFolder, way: Way): Promise<boolean> {
  const place = [await root.place(), ...namesOf(way)].join('/').replace(/^\/\//, '/')
  return (await folder.place()) === place
}

/** Holds some folders open until it is closed. */
export function createReach(): Reach {
  const held = new Map<Way, HeldFolder>()

  async function opened(root: HeldFolder, way: Way): Promise<HeldFolder | undefined> {
    if (way.outer === undefined) return root
    const known = held.get(way)
    if (known !== undefined) return known
    const outer = await opened(root, way.outer)
    const folder = await outer?.within(way.name)
    if (folder === undefined || 'refused' in folder) return undefined
    if (folder.device !== way.device || folder.inode !== way.inode) {
      await folder.close()
      return undefined
    }
    held.set(way, folder)
    return folder
  }

  async function trim(): Promise<void> {
    for (const [way, folder] of held) {
      if (held.size <= KEPT) return
      held.delete(way)
      await folder.close()
    }
  }

  async function reach(root: HeldFolder, way: Way): Promise<HeldFolder | undefined> {
    await trim()
    const folder = await opened(root, way)
    // A folder that is held may have been moved: out of the root, too.
    return folder !== undefined && (await isThere(root, folder, way)) ? folder : undefined
  }
  return Object.assign(reach, {
    namesOf,
    async close() {
      for (const folder of held.values()) await folder.close()
      held.clear()
    },
  })
}
