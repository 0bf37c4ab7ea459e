/** The folder of one process: its sockets, and what it knows where nobody says where to keep it. Gone with the process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { socketOf } from '#service-table'

const PREFIX = 'node-doctor-npd-'
/** By it a process holds its folder: the system closes it with the process, and none of its services is in between. */
const HELD = 'held.sock'
/** A process that lives holds its folder by then, however slow it was. */
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

/** Whether a process lives whose folder it is; one of an earlier version has its detector's socket alone. */
async function isHeld(path: string): Promise<boolean> {
  return (await isListenedAt(join(path, HELD))) || isListenedAt(socketOf({ name: 'detector', kind: 'core' }, path))
}

/** @returns lets go of it */
function hold(path: string): () => void {
  const server = createServer((asker) => asker.destroy())
  // Where there is no room for it in a path of a socket, the detector's has none either, and says so.
  server.on('error', () => undefined)
  server.listen(join(path, HELD)).unref()
  return () => void server.close()
}

/**
 * Takes away what processes left that were killed: folders of this user, old, at whose sockets nobody listens. A number of a
 * process says nothing: another's may be of a world with numbers of its own.
 */
export async function removeLeft(parent: string, now: Date, own: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    if (!name.startsWith(PREFIX) || path === own) continue
    const folder = await lstat(path).catch(() => undefined)
    if (folder?.isDirectory() !== true || folder.uid !== process.getuid?.()) continue
    if (now.getTime() - folder.mtimeMs < YOUNG_MS) continue
    if (await isHeld(path)) continue
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
  const letGo = hold(path)
  // What is left of others is in nobody's way, and what keeps it from being removed neither.
  removeLeft(parent, new Date(), path).catch(() => undefined)
  return {
    path,
    remove() {
      letGo()
      rmSync(path, { recursive: true, force: true })
    },
  }
}
