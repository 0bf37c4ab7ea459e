/**
 * Stores of the bus in memory that nobody will ask for any more, which nothing but a reboot would take away: those of run directories
 * that are gone, and those that nobody has used for as long as they keep events. One of an `up` that was stopped or killed stays
 * for its next start until then.
 */
import { access, lstat, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createHost } from '#host'
import { probeSocket } from '#rpc'
import { NAME_FILE, storeInMemory } from './store.ts'

/** How long the bus keeps events; open problems stand in the state directory. */
const UNUSED_MS = 24 * 3_600_000
/** The server of a store holds this. */
const LOCK_FILE = 'lock'
const LOCK_TIMEOUT_MS = 5000
/** One that is being removed: no start finds it by that name. */
const REMOVED = '.removed'

/** Whether it is a folder that only this user could have made and written in. */
async function isOwnFolder(dir: string): Promise<boolean> {
  const found = await lstat(dir)
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
}

/** Of the youngest thing in it. The server writes there every few seconds. */
async function usedMs(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const times = entries.map(async ({ parentPath, name }) => (await lstat(join(parentPath, name))).mtimeMs)
  return Math.max(...(await Promise.all(times)))
}

async function isGone(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    (err: unknown) => err instanceof Error && 'code' in err && err.code === 'ENOENT',
  )
}

async function isStale(dir: string, memory: string, now: Date): Promise<boolean> {
  if (!(await isOwnFolder(dir))) return false
  const runDir = (await readFile(join(dir, NAME_FILE), 'utf8')).trim()
  if (storeInMemory(runDir, memory) !== dir) return false
  if ((await probeSocket(join(runDir, 'up.sock'))) !== 'nobody') return false
  return (await isGone(runDir)) || now.getTime() - (await usedMs(dir)) > UNUSED_MS
}

/** Renamed under the lock that its server holds while it runs: one in use stays. @returns whether it is gone */
async function remove(dir: string): Promise<boolean> {
  const { programs } = createHost({ root: '' })
  const away = `${dir}${REMOVED}`
  const argv = ['-n', '--no-fork', join(dir, LOCK_FILE), 'mv', '-T', dir, away]
  const { exitCode } = await programs.run('flock', argv, { timeoutMs: LOCK_TIMEOUT_MS })
  if (exitCode !== 0) return false
  await rm(away, { recursive: true, force: true })
  return true
}

/** What an `up` that was killed meanwhile did not remove to its end. */
async function finish(away: string): Promise<void> {
  if (await isOwnFolder(away)) await rm(away, { recursive: true, force: true })
}

/**
 * Removes this user's stores in `memory` that are stale. Never rejects: what cannot be judged stays.
 * @returns the run directories' stores that are gone now, by their paths
 */
export async function removeStaleStores(memory: string, now: Date): Promise<readonly string[]> {
  const own = `node-doctor-${process.getuid?.() ?? 0}-`
  const names = (await readdir(memory).catch(() => [])).filter((name) => name.startsWith(own))
  const removed: string[] = []
  for (const dir of names.map((name) => join(memory, name))) {
    try {
      if (dir.endsWith(REMOVED)) await finish(dir)
      else if ((await isStale(dir, memory, now)) && (await remove(dir))) removed.push(dir)
    } catch {
      // It has no name in it, is being changed, or may not be read: of whom it is nobody knows.
    }
  }
  return removed
}
