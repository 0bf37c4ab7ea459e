import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../host.ts'
import { type TempFolder, tempFolder } from '../testing.ts'
import { watchFolder } from './folder-watch.ts'
import type { WatchOptions } from './types.ts'

/** The net is far away: what a test awaits comes from the kernel. */
const FAR_MS = 600_000

async function folder(): Promise<TempFolder> {
  const temp = await tempFolder()
  onTestFinished(() => temp[Symbol.asyncDispose]())
  return temp
}

/** Watches as a service does: lists the folder whenever it is told. */
function listing(root: string, path: string, options: Partial<WatchOptions> = {}) {
  const { files } = createHost({ root })
  const stop = new AbortController()
  const seen: string[] = []
  const ended = files.watch(
    path,
    async () => {
      seen.push((await files.list(path).catch(() => ['(none)'])).join(' '))
    },
    { signal: stop.signal, lookMs: FAR_MS, gapMs: 0, ...options },
  )
  onTestFinished(() => {
    stop.abort()
    return ended
  })
  return {
    seen,
    stop,
    ended,
    /** Resolves once it was told when this stood there. */
    saw: (names: string) => expect.poll(() => seen.at(-1), { interval: 5, timeout: 10_000 }).toBe(names),
  }
}

test('is told once at the start, then when a name comes, goes or is given to another', async () => {
  const { path } = await folder()
  const watched = listing('', path)
  await watched.saw('')
  await writeFile(join(path, 'a'), '')
  await watched.saw('a')
  await rename(join(path, 'a'), join(path, 'b'))
  await watched.saw('b')
  await rm(join(path, 'b'))
  await watched.saw('')
})

test('a folder that is not there yet is waited for, from whatever stands above it', async () => {
  const { path } = await folder()
  const watched = listing('', join(path, 'x', 'y', 'z'))
  await watched.saw('(none)')
  await mkdir(join(path, 'x'))
  await mkdir(join(path, 'x', 'y'))
  await mkdir(join(path, 'x', 'y', 'z'))
  await watched.saw('')
  await writeFile(join(path, 'x', 'y', 'z', 'a'), '')
  await watched.saw('a')
})

test('a folder that is taken away and made anew is watched on', async () => {
  const { path } = await folder()
  const inner = join(path, 'monitors')
  await mkdir(inner)
  const watched = listing('', inner)
  await watched.saw('')
  await rm(inner, { recursive: true })
  await watched.saw('(none)')
  await mkdir(inner)
  await watched.saw('')
  await writeFile(join(inner, 'a'), '')
  await watched.saw('a')
  await rename(inner, join(path, 'old'))
  await mkdir(inner)
  await writeFile(join(inner, 'new'), '')
  await watched.saw('new')
})

test('what is written within files is told only to who asks for it', async () => {
  const { path } = await folder()
  await writeFile(join(path, 'a'), '')
  const names = listing('', path)
  const all = listing('', path, { contents: true })
  await names.saw('a')
  await all.saw('a')
  await writeFile(join(path, 'a'), 'x')
  await expect.poll(() => all.seen.length, { interval: 5 }).toBeGreaterThan(1)
  expect(names.seen).toEqual(['a'])
})

test('a storm is told as few looks, the last of them after its end', async () => {
  const { path } = await folder()
  const watched = listing('', path, { gapMs: 50 })
  await watched.saw('')
  const begunMs = performance.now()
  for (let i = 0; i < 2000; i++) {
    await writeFile(join(path, 'a'), '')
    await rm(join(path, 'a'))
  }
  await writeFile(join(path, 'last'), '')
  await watched.saw('last')
  // One at the start, and as many as gaps have room, however slow this machine is.
  expect(watched.seen.length).toBeLessThanOrEqual(2 + (performance.now() - begunMs) / 50)
})

test('the slow look finds what the kernel did not tell of', async () => {
  const { path } = await folder()
  await mkdir(join(path, 'a', 'b'), { recursive: true })
  const watched = listing('', join(path, 'a', 'b'), { lookMs: 50 })
  await watched.saw('')
  // A parent that is renamed says nothing to who watches below it.
  await rename(join(path, 'a'), join(path, 'c'))
  await mkdir(join(path, 'a', 'b', 'new'), { recursive: true })
  await watched.saw('new')
})

test('looks never overlap, and the end waits for the one that runs', async () => {
  const { path } = await folder()
  const { files } = createHost({ root: '' })
  const stop = new AbortController()
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>()
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  let running = 0
  let ended = false
  const watching = files
    .watch(
      path,
      async () => {
        expect(++running).toBe(1)
        enter()
        await held
        running--
      },
      { signal: stop.signal, gapMs: 0, settleMs: 0 },
    )
    .then(() => {
      ended = true
    })
  await entered
  await writeFile(join(path, 'a'), '')
  stop.abort()
  await new Promise(setImmediate)
  expect(ended).toBe(false)
  release()
  await watching
  expect(running).toBe(0)
})

test('follows the links of the host below its root', async () => {
  const { path } = await folder()
  await mkdir(join(path, 'run', 'nd'), { recursive: true })
  await mkdir(join(path, 'var'))
  await symlink('/run', join(path, 'var', 'run'))
  const watched = listing(path, '/var/run/nd')
  await watched.saw('')
  await writeFile(join(path, 'run', 'nd', 'a'), '')
  await watched.saw('a')
})

test('refuses a path that is not absolute', async () => {
  const { files } = createHost({ root: '' })
  await expect(files.watch('run', () => {}, { signal: AbortSignal.abort() })).rejects.toThrow(
    `the path "run" is not absolute; give it from the host's root`,
  )
})

test('a folder that comes while it is looked for is watched all the same', async () => {
  const { path } = await folder()
  const inside = join(path, 'x')
  const stop = new AbortController()
  let told = 0
  let asked = 0
  const locate = async (of: string): Promise<string> => {
    asked++
    if (of !== inside || asked > 1) return of
    await mkdir(inside)
    throw new Error('not there')
  }
  const door = { clock: systemClock(), locate, standOf: () => Promise.resolve('') }
  const ended = watchFolder(door, inside, () => void told++, {
    signal: stop.signal,
    lookMs: FAR_MS,
    gapMs: 0,
  })
  await expect.poll(() => told, { interval: 5 }).toBe(1)
  await writeFile(join(inside, 'a'), '')
  await expect.poll(() => told, { interval: 5 }).toBe(2)
  stop.abort()
  await ended
})
