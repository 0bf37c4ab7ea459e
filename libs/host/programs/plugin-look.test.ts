import { chmod, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '#clock'
import { fakeClock } from '../../clock/testing.ts'
import { mountHung, processState, tempFolder, whyNoMounts, writeTree } from '../testing.ts'
import { createProgramLook, headByHelper, WAYS } from './plugin-look.ts'

test('programs that begin at the same moment are looked at within this process, one after the other', async () => {
  await using folder = await tempFolder()
  const names = ['one', 'two', 'three']
  await writeTree(folder.path, {
    ...Object.fromEntries(names.map((name) => [name, `#!/bin/${name}\n`])),
  })
  for (const name of names) await chmod(join(folder.path, name), 0o755)
  const helped: string[] = []
  const look = createProgramLook(systemClock(), () => undefined, {
    here: WAYS.here,
    byHelper: async (_, { file }) => {
      helped.push(file)
      return undefined
    },
  })
  for (let round = 0; round < 10; round++) {
    const command = (name: string) => ({ file: join(folder.path, name), cwd: '/', env: process.env })
    const heads = await Promise.all(names.map((name) => look.headOf(command(name), 5000)))
    expect(heads.map(String)).toEqual(names.map((name) => `#!/bin/${name}\n`))
  }
  expect(helped).toEqual([])
})

test('one that ends behind its deadline costs whoever waits nothing, nor anybody after him', async () => {
  const clock = fakeClock()
  let end = (): void => {}
  const helped: string[] = []
  const look = createProgramLook(clock, () => undefined, {
    here: ({ file }) =>
      new Promise((resolve) => {
        if (file === '/slow') end = () => resolve(Buffer.from(file))
        else resolve(Buffer.from(file))
      }),
    byHelper: async (_, { file }) => {
      helped.push(file)
      return undefined
    },
  })
  const headOf = (file: string, timeoutMs = 1000) => look.headOf({ file, cwd: '/', env: {} }, timeoutMs)
  const slow = headOf('/slow').catch(String)
  await clock.advance(990)
  const waiting = headOf('/next').then(String, String)
  await clock.advance(20)
  expect(await slow).toContain('no answer within 1000 ms')
  end()
  expect(await waiting).toBe('/next')
  expect([String(await headOf('/next')), String(await headOf('/slow/other'))]).toEqual(['/next', '/slow/other'])
  expect(helped).toEqual([])
})

test('one that hangs is refused while it hangs, others go by a program, and it is looked at again when it has ended', async () => {
  const clock = fakeClock()
  const ends: (() => void)[] = []
  const helped: string[] = []
  const look = createProgramLook(clock, () => undefined, {
    here: () => new Promise((resolve) => ends.push(() => resolve(undefined))),
    byHelper: async (_, { file }) => {
      helped.push(file)
      return undefined
    },
  })
  const headOf = (file: string) => look.headOf({ file, cwd: '/', env: {} }, 1000).then(String, String)
  const slow = headOf('/slow')
  await clock.advance(1000)
  expect(await slow).toContain('no answer')
  expect(await headOf('/slow')).toContain('still no answer')
  expect(await headOf('/other')).toBe('undefined')
  expect([helped, ends.length]).toEqual([['/other'], 1])
  ends[0]?.()
  await clock.advance(0)
  const again = headOf('/slow')
  await clock.advance(0)
  ends[1]?.()
  expect(await again).toBe('undefined')
  expect(helped).toEqual(['/other'])
})

/** Of this process, those that have such a word. */
async function childrenWith(word: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const own = await Promise.all(
    pids.map(async (pid) => {
      const [stat, words] = await Promise.all(
        ['stat', 'cmdline'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
      )
      return stat?.includes(`) S ${process.pid} `) || stat?.includes(`) D ${process.pid} `)
        ? words?.split('\0').includes(word) && Number(pid)
        : false
    }),
  )
  return own.filter((pid) => typeof pid === 'number')
}

test('a program that looks says by its end that there is nothing, and by no other that nothing speaks against it', async () => {
  const clock = systemClock()
  const looked = (file: string, path?: string) =>
    headByHelper(clock, { file, cwd: '/', env: {} }, 5_000, path === undefined ? {} : { path })
  expect((await looked('/bin/sh'))?.subarray(1, 4).toString()).toBe('ELF')
  expect(await looked('/no/such')).toBe(undefined)
  await expect(looked('/bin/sh', '/no/such')).rejects.toMatchObject({
    code: 'TIMEOUT',
    cause: { message: expect.stringMatching(/^the look at it ended with 127: .*head/) as string },
  })
})

test.skipIf(whyNoMounts() !== '')(
  'a program that looks, and is ended by another, has not said that there is nothing',
  async () => {
    await using folder = await tempFolder()
    const place = join(folder.path, 'mount')
    await using _mount = await mountHung(place)
    const file = join(place, 'plugin')
    const look = createProgramLook(systemClock())
    const head = look.headOf({ file, cwd: '/', env: {} }, 20_000).catch((error: unknown) => error)
    await expect.poll(() => childrenWith(file)).toHaveLength(1)
    for (const pid of await childrenWith(file)) process.kill(pid, 'SIGKILL')
    expect(await head).toMatchObject({ code: 'TIMEOUT', cause: { message: 'the look at it was ended by SIGKILL' } })
  },
)

test.skipIf(whyNoMounts() !== '')('a look ends with who asked for it, and so does the program that looks', async () => {
  await using folder = await tempFolder()
  const place = join(folder.path, 'mount')
  await using _mount = await mountHung(place)
  await symlink(join(place, 'plugin'), join(folder.path, 'link'))
  const look = createProgramLook(systemClock())
  for (const file of [join(place, 'plugin'), join(folder.path, 'link')]) {
    const stop = new AbortController()
    const head = look.headOf({ file, cwd: '/', env: {} }, 20_000, stop.signal)
    // By a link into it nobody knows that it hangs: that is looked at in this process.
    const isHelped = file.startsWith(place)
    if (isHelped) await expect.poll(() => childrenWith(file)).toHaveLength(1)
    const [pid] = await childrenWith(file)
    stop.abort(new Error('the monitor stops'))
    await expect(head).rejects.toThrow('the monitor stops')
    if (isHelped) await expect.poll(() => processState(Number(pid))).toMatch(/gone|Z|X/)
  }
})
