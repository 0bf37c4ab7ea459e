/** Where the bus keeps its store: in memory, so that it works when a disk is full or read-only. */
import { mkdir, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeDoctorConfig } from '#config'
import { takeOwnFolder } from './folder.ts'

/** statfs(2): TMPFS_MAGIC. */
const TMPFS = 0x01021994
/** Where stores go that are to be in memory, and where those are that nobody asks for any more. */
export const MEMORY = '/dev/shm'
/** In each store there: the run directory that it is of. */
export const NAME_FILE = 'run-dir'

async function isTmpfs(path: string): Promise<boolean> {
  try {
    return Number((await statfs(path)).type) === TMPFS
  } catch {
    return false
  }
}

/** Where the store goes of a run directory that is on a disk: a folder for each user and run directory. It stays there. */
export function storeInMemory(runDir: string, memory = MEMORY): string {
  const name = `node-doctor-${process.getuid?.() ?? 0}-${runDir.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-/, '')}`
  return join(memory, name.slice(0, 120))
}

/** Writes into a store of whom it is. */
export async function nameStore(dir: string, runDir: string): Promise<void> {
  await writeFile(join(dir, NAME_FILE), `${runDir}\n`, { mode: 0o600 })
}

/**
 * The folder, and a word about it where it is not what it should be.
 * @throws FolderError when the place in memory is another user's
 */
export async function chooseStore(config: NodeDoctorConfig, memory = MEMORY): Promise<{ dir: string; note: string }> {
  const { runDir } = config.settings
  if (config.bus.storeDir !== '') return { dir: config.bus.storeDir, note: '' }
  const own = join(runDir, 'bus')
  await mkdir(runDir, { recursive: true })
  if (await isTmpfs(runDir)) return { dir: own, note: '' }
  if (await isTmpfs(memory)) {
    const dir = storeInMemory(runDir, memory)
    await takeOwnFolder(dir, process.getuid?.() ?? 0)
    await nameStore(dir, runDir)
    return { dir, note: `${runDir} is on a disk, so the bus keeps its store in memory, in ${memory}` }
  }
  return { dir: own, note: `${runDir} is on a disk and there is no tmpfs: facts stop flowing when that disk is full` }
}
