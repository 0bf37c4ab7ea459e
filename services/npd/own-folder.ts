/** The folder of one process: its sockets, and what it knows where nobody says where to keep it. Gone with the process. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'node-doctor-npd-'

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (err) {
    return (err as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Folders of processes that were killed: nobody else takes them away. */
function removeLeft(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = new RegExp(`^${PREFIX}([0-9]+)-`).exec(name) ?? []
    // Another's in a world with its own numbers may bear a number that nobody has here: only what is ours by owner goes.
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true })
  }
}

/** A folder made for this process. */
export interface OwnFolder {
  readonly path: string
  remove(): void
}

/** @throws where no folder can be made below the system's folder for temporary files (TMPDIR, /tmp) */
export function makeOwnFolder(parent = tmpdir()): OwnFolder {
  try {
    removeLeft(parent)
  } catch {
    // What is left of others is in nobody's way.
  }
  const path = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
