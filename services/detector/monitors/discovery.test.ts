import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { discover, ENTRIES_MAX, placeOf } from './discovery.ts'

describe('looking for sockets', () => {
  let dir = ''
  const servers: Server[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nd-discovery-'))
  })
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close()
    await rm(dir, { recursive: true, force: true })
  })
  async function listen(...steps: string[]): Promise<void> {
    const path = join(dir, ...steps)
    await mkdir(join(path, '..'), { recursive: true })
    const server = createServer()
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(path, resolve))
  }
  async function refusals(): Promise<string[]> {
    const { refused } = await discover([dir], new Set())
    return refused.map(({ path, why }) => `${path.slice(dir.length + 1)}: ${why}`)
  }

  it('finds <name>.sock of a folder and <name>/<name>.sock below it, the one with a folder of its own first', async () => {
    await listen('a.sock')
    await listen('gpu', 'gpu.sock')
    await writeFile(join(dir, 'README'), '')
    expect(await discover([dir, join(dir, 'absent')], new Set())).toEqual({
      sockets: [
        { name: 'gpu', path: join(dir, 'gpu', 'gpu.sock'), dir, rank: 0, isOwnFolder: true },
        { name: 'a', path: join(dir, 'a.sock'), dir, rank: 1, isOwnFolder: false },
      ],
      refused: [],
      folders: [join(dir, 'gpu')],
    })
  })

  it('gives nobody the name of another: in a folder that is named otherwise a socket is refused', async () => {
    await listen('aaa-evil', 'gpu.sock')
    await listen('gpu', 'gpu.sock')
    const { sockets } = await discover([dir], new Set())
    expect(sockets.map(({ path }) => path)).toEqual([join(dir, 'gpu', 'gpu.sock')])
    expect(await refusals()).toEqual(['aaa-evil/gpu.sock: in the folder aaa-evil only aaa-evil.sock is taken'])
  })

  it('says of everything that is named like a socket and is none, or stands elsewhere, why it is not taken', async () => {
    await listen('b b.sock')
    await listen('UP.SOCK')
    await listen('nosuffix')
    await listen('x', 'y', 'x.sock')
    await listen('.hidden', 's')
    await writeFile(join(dir, 'file.sock'), '')
    await symlink('/run/other.sock', join(dir, 'link.sock'))
    execFileSync('mkfifo', [join(dir, 'pipe.sock')])
    expect(await refusals()).toEqual([
      'UP.SOCK: its name does not end in .sock',
      'b b.sock: its file name is no name: letters, digits, ".", "_" and "-", at most 63',
      'file.sock: it is a regular file, not a socket',
      'link.sock: it is a symbolic link, and the socket itself has to stand here',
      'nosuffix: its name does not end in .sock',
      'pipe.sock: it is a pipe, not a socket',
      'x/y/x.sock: it stands more than one folder deep',
    ])
  })

  it('leaves out what the configuration names', async () => {
    await listen('system', 'system.sock')
    expect(await discover([dir], new Set([join(dir, 'system', 'system.sock')]))).toEqual({
      sockets: [],
      refused: [],
      folders: [],
    })
  })

  it('says of a folder that cannot be read, and of one with too many entries, that it is so', async () => {
    await writeFile(join(dir, 'nofolder'), '')
    const many = join(dir, 'many')
    await mkdir(many)
    await Promise.all(Array.from({ length: ENTRIES_MAX + 1 }, (_, i) => writeFile(join(many, `f${i}`), '')))
    const { refused } = await discover([join(dir, 'nofolder'), many], new Set())
    expect(refused.map(({ why }) => why)).toEqual([
      'the folder cannot be read: ENOTDIR',
      `it holds more than ${ENTRIES_MAX} entries; those beyond are not looked at`,
    ])
  })

  it('knows the place of a socket that is not there any more', () => {
    expect(placeOf('/b/gpu/gpu.sock', ['/a', '/b'])).toMatchObject({ name: 'gpu', rank: 2 })
    expect(placeOf('/b/gpu.sock', ['/a', '/b'])).toMatchObject({ name: 'gpu', rank: 3 })
    expect(placeOf('/b/x/gpu.sock', ['/a', '/b'])).toBeUndefined()
    expect(placeOf('/c/gpu.sock', ['/a', '/b'])).toBeUndefined()
    expect(placeOf('/b/gpu/gpu/gpu.sock', ['/a', '/b'])).toBeUndefined()
  })
})
