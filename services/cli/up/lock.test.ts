import { chmod, lstat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deniedWords } from '#rpc'
import { asNobody } from '../../../libs/rpc/testing-nobody.ts'
import { refusalOf } from '../errors.ts'
import { runDirOfTests } from '../testing-run-dir.ts'
import { takeUpLock } from './lock.ts'

const place = runDirOfTests()

/** What the `up` of somebody else listens on, in a folder where everybody may write. */
async function lockOfAnother(): Promise<string> {
  const path = join(place.dir, 'up.sock')
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => void server.close())
  await chmod(place.dir, 0o777)
  return path
}

/** Takes it as whom only modes give rights. @returns why that one may not connect to it */
async function expectDenied(path: string): Promise<string> {
  let why = ''
  await asNobody(async () => {
    why = deniedWords(path)
    expect(await takeUpLock(place.dir).catch(refusalOf)).toEqual({
      code: 'LOCK_DENIED',
      message: `cannot tell whether Node Doctor already runs on ${place.dir}: no permission to connect to ${path}: ${why}; start it as root or as that owner, or choose another folder with --run-dir`,
      advice: '',
    })
  })
  return why
}

describe('the lock of an up that this user may not ask', () => {
  it('is not taken for a stale one: its owner and mode are said, and it stays', async () => {
    const path = await lockOfAnother()
    await chmod(path, 0)
    const { ino, uid, gid } = await lstat(path)
    expect(await expectDenied(path)).toContain(`it has mode 0000, owner uid ${uid}, group gid ${gid}; this process is `)
    expect((await lstat(path)).ino).toBe(ino)
  })

  it('is told with the folder that may not be entered', async () => {
    const path = await lockOfAnother()
    await chmod(place.dir, 0o600)
    try {
      expect(await expectDenied(path)).toContain(`its folder ${place.dir} has mode 0600, owner uid `)
    } finally {
      await chmod(place.dir, 0o700)
    }
  })
})
