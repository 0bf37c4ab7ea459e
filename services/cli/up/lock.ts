/** One `up` on a run directory at a time, told by a socket that only a living process answers on. */
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { isAnswered } from '#rpc'
import { AlreadyRunningError } from '../errors.ts'
import { makeFolder, unusableRunDir } from './folder.ts'

export interface UpLock {
  release(): Promise<void>
}

/** @throws AlreadyRunningError, or FolderError when the run directory cannot be used */
export async function takeUpLock(runDir: string): Promise<UpLock> {
  try {
    return await take(runDir)
  } catch (err) {
    throw err instanceof AlreadyRunningError ? err : unusableRunDir(runDir, err)
  }
}

async function take(runDir: string): Promise<UpLock> {
  const path = join(runDir, 'up.sock')
  await makeFolder(runDir, 0o755)
  if (await isAnswered(path)) throw new AlreadyRunningError(runDir)
  await rm(path, { force: true })
  const server: Server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    release: () => new Promise((resolve) => server.close(() => void rm(path, { force: true }).then(resolve))),
  }
}
