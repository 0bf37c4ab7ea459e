import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bindSocket, isAnswered } from './bind.ts'

let dir = ''
let path = ''
const servers: Server[] = []
const children: ChildProcess[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-bind-'))
  path = join(dir, 'detector', 'detector.sock')
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(dir, { recursive: true, force: true })
})

function bind(options: Partial<Parameters<typeof bindSocket>[0]> = {}): Promise<() => void> {
  return bindSocket({
    path,
    mode: 0o660,
    dirMode: 0o755,
    listen: (at) =>
      new Promise((resolve, reject) => {
        const server = createServer((connection) => connection.destroy())
        servers.push(server)
        server.once('error', reject)
        server.listen(at, resolve)
      }),
    ...options,
  })
}

/** A socket's file whose owner is gone. */
async function leaveStale(): Promise<void> {
  await mkdir(join(dir, 'detector'), { recursive: true })
  execFileSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(path)})`])
}

describe('a socket path', () => {
  it('is open to its user and group only, and leaves nothing beside it', async () => {
    await bind()
    expect((await stat(path)).mode & 0o777).toBe(0o660)
    expect(await readdir(join(dir, 'detector'))).toEqual(['detector.sock'])
  })

  it('has at no moment a socket that others may enter', async () => {
    const umask = process.umask(0)
    const seen: number[] = []
    try {
      await bind({
        mode: 0o600,
        listen: async (at) => {
          const server = createServer()
          servers.push(server)
          await new Promise<void>((resolve) => server.listen(at, resolve))
          seen.push((await stat(join(at, '..'))).mode & 0o777)
        },
      })
    } finally {
      process.umask(umask)
    }
    expect(seen).toEqual([0o700])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('whose owner is gone is taken over', async () => {
    await leaveStale()
    expect(await isAnswered(path)).toBe(false)
    await bind()
    expect(await isAnswered(path)).toBe(true)
  })

  it('that another process answers on is refused, with what to do', async () => {
    await bind()
    await expect(bind()).rejects.toMatchObject({
      code: 'SOCKET_IN_USE',
      message: `cannot listen on ${path}: another process answers there; stop it, or choose another run directory`,
    })
    expect(await isAnswered(path)).toBe(true)
  })

  it.each([
    ['a stale socket', leaveStale],
    ['nothing', () => Promise.resolve()],
  ])('goes to exactly one of ten that start at once over %s', async (_what, prepare) => {
    await prepare()
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => bind()))
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
    expect(refused).toEqual(Array.from({ length: 9 }, () => 'SOCKET_IN_USE'))
    expect(await isAnswered(path)).toBe(true)
  })

  it('whose owner is too busy to take connections is not taken from it', async () => {
    await mkdir(join(dir, 'detector'))
    const child = spawn(
      'python3',
      [
        '-c',
        `import socket, time; s = socket.socket(socket.AF_UNIX); s.bind(${JSON.stringify(path)}); s.listen(0); c = socket.socket(socket.AF_UNIX); c.connect(${JSON.stringify(path)}); print("full", flush=True); time.sleep(60)`,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
    children.push(child)
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await expect(bind()).rejects.toMatchObject({ code: 'SOCKET_IN_USE' })
  })

  it('with a file that is no socket is left alone', async () => {
    await mkdir(join(dir, 'detector'))
    await writeFile(path, 'precious')
    await expect(bind()).rejects.toThrow(
      `cannot listen on ${path}: a file that is no socket is there; remove it, or choose another run directory`,
    )
    expect((await stat(path)).size).toBe(8)
  })

  it('of 107 bytes works, and a longer one is refused with the limit', async () => {
    const folder = join(dir, 'd'.repeat(107 - dir.length - '/'.length - '/detector.sock'.length))
    path = join(folder, 'detector.sock')
    expect(Buffer.byteLength(path)).toBe(107)
    await bind()
    expect(await isAnswered(path)).toBe(true)
    path = join(folder, 'detector1.sock')
    await expect(bind()).rejects.toMatchObject({
      code: 'SOCKET_PATH_TOO_LONG',
      message: `cannot listen on ${path}: 108 bytes, and a Unix socket's path may have 107; choose a shorter run directory`,
    })
  })

  it.skipIf(process.getuid?.() === 0)('in a folder that may not be written is refused with why', async () => {
    await mkdir(join(dir, 'detector'), { mode: 0o555 })
    await expect(bind()).rejects.toThrow(/^cannot listen on .*EACCES.*make its folder writable/)
    await chmod(join(dir, 'detector'), 0o755)
  })

  it('below a file is refused with why', async () => {
    await writeFile(join(dir, 'detector'), '')
    await expect(bind()).rejects.toMatchObject({
      code: 'SOCKET_UNWRITABLE',
      message: expect.stringMatching(/^cannot listen on .*E(NOTDIR|EXIST).*make its folder writable/),
    })
  })

  it('is given back, but not when somebody else has it by now', async () => {
    const remove = await bind()
    remove()
    await expect(stat(path)).rejects.toThrow('ENOENT')
    await bind()
    remove()
    expect(await isAnswered(path)).toBe(true)
  })
})
