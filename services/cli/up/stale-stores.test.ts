import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { removeStaleStores } from './stale-stores.ts'
import { nameStore, storeInMemory } from './store.ts'

const DAY_MS = 86_400_000
let dir = ''
let memory = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-stale-'))
  memory = join(dir, 'memory')
  await mkdir(memory)
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** A store as an `up` on `runDir` leaves it. */
async function storeOf(runDir: string): Promise<string> {
  const store = storeInMemory(runDir, memory)
  await mkdir(join(store, 'jetstream'), { recursive: true, mode: 0o700 })
  for (const file of ['lock', 'jetstream/1.blk']) await writeFile(join(store, file), '')
  await nameStore(store, runDir)
  return store
}

async function runDirOf(name: string): Promise<string> {
  const runDir = join(dir, name)
  await mkdir(runDir)
  return runDir
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY_MS)
}

describe('a store in memory', () => {
  it('of a run directory that is gone is removed', async () => {
    const store = await storeOf(join(dir, 'gone'))
    expect(await removeStaleStores(memory, new Date())).toEqual([store])
    expect(await readdir(memory)).toEqual([])
  })

  it('of an up that was stopped or killed stays for its next start, and a day at most without one', async () => {
    const store = await storeOf(await runDirOf('run'))
    expect(await removeStaleStores(memory, inDays(0.9))).toEqual([])
    expect(await removeStaleStores(memory, inDays(1.1))).toEqual([store])
  })

  it('of an up that answers stays', async () => {
    const runDir = await runDirOf('run')
    const store = await storeOf(runDir)
    const server = createServer((socket) => socket.destroy()).listen(join(runDir, 'up.sock'))
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    expect(await removeStaleStores(memory, inDays(9))).toEqual([])
    expect(await readdir(memory)).toEqual([basename(store)])
  })

  it('whose lock its server holds stays, though its run directory is gone', async () => {
    const store = await storeOf(join(dir, 'gone'))
    const holder = spawn('flock', ['-n', '--no-fork', join(store, 'lock'), 'sh', '-c', 'echo held; exec sleep 1000'])
    await once(holder.stdout, 'data')
    expect(await removeStaleStores(memory, inDays(9))).toEqual([])
    expect((await readdir(store)).sort()).toEqual(['jetstream', 'lock', 'run-dir'])
    holder.kill('SIGKILL')
    await once(holder, 'close')
    expect(await removeStaleStores(memory, inDays(9))).toEqual([store])
  })

  it('that does not say of whom it is, says it of another, is a link, or is open to others, stays', async () => {
    const [nameless, foreign, open] = [await storeOf('/gone/a'), await storeOf('/gone/b'), await storeOf('/gone/c')]
    await rm(join(nameless, 'run-dir'))
    await nameStore(foreign, '/gone/other')
    await chmod(open, 0o777)
    await symlink(foreign, storeInMemory('/gone/d', memory))
    expect(await removeStaleStores(memory, inDays(9))).toEqual([])
    expect(await readdir(memory)).toHaveLength(4)
  })

  it('that somebody was killed over while removing it is removed to its end', async () => {
    await mkdir(`${storeInMemory('/gone/a', memory)}.removed/jetstream`, { recursive: true, mode: 0o700 })
    expect(await removeStaleStores(memory, new Date())).toEqual([])
    expect(await readdir(memory)).toEqual([])
  })

  it('is looked for in vain where there is no such memory', async () => {
    expect(await removeStaleStores(join(dir, 'nowhere'), new Date())).toEqual([])
  })
})
