/** The folder of one process: its sockets, and what it knows where nobody says where to keep it. Gone with the process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { socketOf } from '#service-table'

const PREFIX = 'node-doctor-npd-'
/** A process that lives has its socket by then, however slow it was. */
const YOUNG_MS = 10 * 60_000
const ANSWER_MS = 1000

/** Whether somebody listens there. One who does not answer in time does: nobody's folder is taken away on a guess. */
function isListenedAt(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const tell = (isThere: boolean): void => {
      socket.destroy()
      resolve(isThere)
    }
    socket.setTimeout(ANSWER_MS, () => tell(true))
    socket.once('connect', () => tell(true))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => tell(code !== 'ECONNREFUSED' && code !== 'ENOENT'))
  })
}

/**
 * Takes away what processes left that were killed: folders of this user, old, at whose socket nobody listens. A number of a
 * process says nothing: another's may be of a world with numbers of its own.
 */
export async function removeLeft(parent: string, now: Date, own: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    if (!name.startsWith(PREFIX) || path === own) continue
    const folder = await lstat(path).catch(() => undefined)
    if (folder?.isDirectory() !== true || folder.uid !== process.getuid?.()) continue
    if (now.getTime() - folder.mtimeMs < YOUNG_MS) continue
    if (await isListenedAt(socketOf({ name: 'detector', kind: 'core' }, path))) continue
    await rm(path, { recursive: true, force: true })
  }
}

/** A folder made for this process. */
export interface OwnFolder {
  readonly path: string
  /** At once: the process ends. Idempotent. */
  remove(): void
}

/** @throws where no folder can be made below the system's folder for temporary files (TMPDIR, /tmp) */
export function makeOwnFolder(parent = tmpdir()): OwnFolder {
  const path = mkdtempSync(join(parent, PREFIX))
  // What is left of others is in nobody's way, and what keeps it from being removed neither.
  removeLeft(parent, new Date(), path).catch(() => undefined)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
