import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isAnswered, probeSocket } from './bind.ts'
import { allows, deniedMend, deniedWords } from './denied.ts'
import { asNobody } from './testing-nobody.ts'

const NOBODY = { uid: 65534, gid: 65534, groups: [7, 8] }
let dir = ''
let path = ''
let server: Server

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-denied-'))
  await chmod(dir, 0o755)
  await mkdir(join(dir, 'in'))
  path = join(dir, 'in', 'gpu.sock')
  server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  await chmod(path, 0o660)
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await chmod(join(dir, 'in'), 0o755)
  await rm(dir, { recursive: true })
})

describe('a socket that this process may not open', () => {
  const owner = `owner uid ${process.getuid?.()}, group gid ${process.getgid?.()}`
  const who = 'this process is uid 65534, gid 65534, groups 7, 8'

  it('is told with its mode, its owner, and who tried', () => {
    expect(deniedWords(path, NOBODY)).toBe(`it has mode 0660, ${owner}; ${who}`)
  })

  it('is told with the folder on the way that may not be entered', async () => {
    await chmod(join(dir, 'in'), 0o700)
    expect(deniedWords(path, NOBODY)).toBe(`its folder ${dir}/in has mode 0700, ${owner}; ${who}`)
  })

  it('is told as forbidden by something else where its mode is none of it', async () => {
    await chmod(path, 0o666)
    expect(deniedWords(path, NOBODY)).toBe(
      `it has mode 0666, ${owner}; ${who}; its mode allows that, so a POSIX ACL or a security module (SELinux, AppArmor) may forbid it`,
    )
    expect(deniedWords('/nowhere/x.sock', { ...NOBODY, groups: [] })).toBe(
      'this process is uid 65534, gid 65534, in no other group',
    )
  })

  it('is told with what to change: its group, its mode, or those of the folder', async () => {
    expect(deniedMend(path, NOBODY)).toBe('give it group gid 65534')
    const itsGroup = { ...NOBODY, groups: [process.getgid?.() ?? 0] }
    await chmod(path, 0o600)
    expect(deniedMend(path, NOBODY)).toBe('give it mode 0660 and group gid 65534')
    expect(deniedMend(path, itsGroup)).toBe('give it mode 0660')
    await chmod(path, 0o464)
    expect(deniedMend(path, { ...NOBODY, uid: process.getuid?.() ?? 0 })).toBe('give it mode 0664')
    await chmod(join(dir, 'in'), 0o700)
    expect(deniedMend(path, NOBODY)).toBe(`give its folder ${dir}/in mode 0710 and group gid 65534`)
    expect(deniedMend(path, itsGroup)).toBe(`give its folder ${dir}/in mode 0710`)
  })

  it('is told with nothing to change where its mode is none of it, or where it cannot be seen', async () => {
    await chmod(path, 0o666)
    expect(deniedMend(path, NOBODY)).toBe('')
    expect(deniedMend('/nowhere/x.sock', NOBODY)).toBe('')
  })

  it('is denied, which is neither answered nor left by its owner', async () => {
    expect(await probeSocket(path)).toBe('answered')
    await chmod(path, 0)
    await asNobody(async () => {
      expect(await probeSocket(path)).toBe('denied')
      expect(await isAnswered(path)).toBe(false)
    })
    expect(await probeSocket(join(dir, 'none.sock'))).toBe('nobody')
  })
})

describe('the right that a mode gives', () => {
  it('is that of the owner, else of the group, else of the others, and of no two of them', () => {
    const id = fc.nat({ max: 3 })
    fc.assert(
      fc.property(fc.nat({ max: 0o777 }), id, id, id, id, fc.array(id, { maxLength: 3 }), (mode, ...ids) => {
        const [uid, gid, ownUid, ownGid, groups] = ids
        const part = uid === ownUid ? 0 : gid === ownGid || groups.includes(gid) ? 1 : 2
        const digit = Number(mode.toString(8).padStart(3, '0')[part])
        const account = { uid: ownUid, gid: ownGid, groups }
        expect(allows({ mode, uid, gid }, account, 2)).toBe([2, 3, 6, 7].includes(digit))
        expect(allows({ mode, uid, gid }, account, 1)).toBe(digit % 2 === 1)
      }),
    )
  })
})
