import { appendFile, readdir, readlink, rename, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { HostReadError } from '../errors.ts'
import { createGuard } from '../files/guard.ts'
import { tempFolder } from '../testing.ts'
import type { LogFile } from './log-file.ts'
import { createLogFolder } from './log-folder.ts'
import type { LogFolder } from './succession.ts'
import { createTailReader } from './tail-reader.ts'
import type { TailCursor } from './types.ts'

/** Files that are there and cannot be read, by root neither: one at reading, one at opening. */
const UNREADABLE = ['/proc/self/mem', '/proc/sys/vm/compact_memory'] as const
const LONG_AGO = 1
const FAR_AHEAD = 4_000_000_000

async function temp(): Promise<string> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder.path
}

/** As if it had been written at that time, in seconds. */
async function write(path: string, text: string, atS = LONG_AGO): Promise<void> {
  await writeFile(path, text)
  await utimes(path, atS, atS)
}

function reader(path: string, from: 'start' | TailCursor = 'start', through = (folder: LogFolder) => folder) {
  const folder = through(createLogFolder(createGuard(2, systemClock()), '', path))
  const tail = createTailReader(folder, { from, maxLineBytes: 65_536 })
  onTestFinished(() => tail.close())
  let cursor: TailCursor | undefined
  return {
    cursor: () => cursor!,
    async look(): Promise<string[]> {
      const said: string[] = []
      for await (const event of tail.look()) {
        if (event.kind === 'lost') said.push(`lost: ${event.why}`)
        if (event.kind === 'lines') said.push(...event.lines.map(({ bytes }) => String(bytes)))
        if (event.kind === 'lines') cursor = event.lines.at(-1)?.cursor
      }
      return said
    },
  }
}

/** How many files of a folder this process holds open. */
async function heldOf(folder: string): Promise<number> {
  const fds = await readdir('/proc/self/fd')
  const paths = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return paths.filter((path) => path.startsWith(folder) || path.endsWith('/mem')).length
}

const failing = (code: string) => () => Promise.reject(new HostReadError({ action: 'read', path: '/log', code }))

test.for(UNREADABLE)(
  'what cannot be read of what a log was rotated into (%s) is told as lost once, and the log goes on',
  async (bad) => {
    const folder = await temp()
    const path = join(folder, 'kern.log')
    await write(path, 'one\n')
    const tail = reader(path)
    expect(await tail.look()).toEqual(['one'])
    await rename(path, `${path}.2`)
    await symlink(bad, `${path}.1`)
    await writeFile(path, 'three\n')
    expect(await tail.look()).toEqual(['lost: unreadable', 'three'])
    await appendFile(path, 'four\n')
    expect(await tail.look()).toEqual(['four'])
    await expect.poll(() => heldOf(folder)).toBe(1)
  },
)

test.for(UNREADABLE)(
  'behind a cursor what cannot be read (%s) is lost where it is younger, and nothing where it is older',
  async (bad) => {
    const folder = await temp()
    const path = join(folder, 'kern.log')
    await write(path, 'one\n')
    const tail = reader(path)
    await tail.look()
    await rename(path, `${path}.2`)
    await symlink(bad, `${path}.1`)
    await writeFile(path, 'three\n')
    expect(await reader(path, tail.cursor()).look()).toEqual(['lost: unreadable', 'three'])
    await utimes(`${path}.2`, FAR_AHEAD, FAR_AHEAD)
    expect(await reader(path, tail.cursor()).look()).toEqual(['three'])
  },
)

test('a log that is empty says so too, where a copy of it cannot be read', async () => {
  const path = join(await temp(), 'kern.log')
  await write(path, '')
  const tail = reader(path)
  expect(await tail.look()).toEqual([])
  await symlink('/proc/self/mem', `${path}.1`)
  expect(await tail.look()).toEqual(['lost: unreadable'])
  await appendFile(path, 'two\n')
  expect(await tail.look()).toEqual(['two'])
})

test('a rotated file that fails in its middle is left for the next, with what was lost', async () => {
  const path = join(await temp(), 'kern.log')
  await write(path, 'one\n')
  const tail = reader(path, 'start', (folder) => ({
    ...folder,
    openRotated: async (file) =>
      Object.create((await folder.openRotated(file)) as LogFile, { readOn: { value: failing('EIO') } }) as LogFile,
  }))
  await tail.look()
  await rename(path, `${path}.2`)
  await writeFile(`${path}.1`, 'two\n')
  await writeFile(path, 'three\n')
  expect(await tail.look()).toEqual(['lost: unreadable', 'three'])
})

test('a file that was being read when it was rotated away and fails is left for the next, with what was lost', async () => {
  const path = join(await temp(), 'kern.log')
  await write(path, 'one\n')
  let isBad = false
  let first: string | undefined
  const tail = reader(path, 'start', (folder) => ({
    ...folder,
    async open() {
      const file = (await folder.open()) as LogFile
      first ??= file.key
      const readOn: LogFile['readOn'] = (buffer) =>
        isBad && file.key === first ? failing('EIO')() : file.readOn(buffer)
      return Object.create(file, { readOn: { value: readOn } }) as LogFile
    },
  }))
  await tail.look()
  await appendFile(path, 'unread\n')
  await rename(path, `${path}.1`)
  await writeFile(path, '')
  isBad = true
  await expect(tail.look()).rejects.toThrow('EIO')
  await writeFile(path, 'three\n')
  expect(await tail.look()).toEqual(['lost: unreadable', 'three'])
})

test('what hangs is tried again, and no handle is left at any look', async () => {
  const folder = await temp()
  const path = join(folder, 'kern.log')
  await write(path, 'one\n')
  let code: string | undefined
  const tail = reader(path, 'start', (real) => ({
    ...real,
    openRotated: async (file) => {
      const opened = (await real.openRotated(file)) as LogFile
      return code === undefined ? opened : (Object.create(opened, { firstBytes: { value: failing(code) } }) as LogFile)
    },
  }))
  await tail.look()
  await rename(path, `${path}.2`)
  await writeFile(`${path}.1`, 'two\n')
  await writeFile(path, 'three\n')
  code = 'TIMEOUT'
  for (let n = 0; n < 10; n++) await expect(tail.look()).rejects.toThrow('TIMEOUT')
  await expect.poll(() => heldOf(folder)).toBe(1)
  code = undefined
  expect(await tail.look()).toEqual(['two', 'three'])
})
