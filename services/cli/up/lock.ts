/** One `up` on a run directory at a time, told by a socket that only a living process answers on. */
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { probeSocket } from '#rpc'
import { AlreadyRunningError, LockDeniedError } from '../errors.ts'
import { makeFolder, unusableRunDir } from './folder.ts'

export interface UpLock {
  release(): Promise<void>
}

/** @throws AlreadyRunningError, LockDeniedError, or FolderError when the run directory cannot be used */
export async function takeUpLock(runDir: string): Promise<UpLock> {
  try {
    return await take(runDir)
  } catch (err) {
    const isOurs = err instanceof AlreadyRunningError || err instanceof LockDeniedError
    throw isOurs ? err : unusableRunDir(runDir, err)
  }
}

async function take(runDir: string): Promise<UpLock> {
  const path = join(runDir, 'up.sock')
  await makeFolder(runDir, 0o755)
  const holder = await probeSocket(path)
  if (holder === 'answered') throw new AlreadyRunningError(runDir)
  if (holder === 'denied') throw new LockDeniedError(runDir, path)
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
