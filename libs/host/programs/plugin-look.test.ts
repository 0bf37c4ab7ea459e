import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { fakeClock } from '../../clock/testing.ts'
import { tempFolder, writeTree } from '../testing.ts'
import { createProgramLook } from './plugin-look.ts'

test('programs that begin at the same moment are looked at within this process, one after the other', async () => {
  await using folder = await tempFolder()
  const names = ['one', 'two', 'three']
  await writeTree(folder.path, {
    ...Object.fromEntries(names.map((name) => [name, `#!/bin/${name}\n`])),
    'bin/sh': `#!/bin/bash\n: > ${folder.path}/helped; exec /bin/sh "$@"\n`,
  })
  for (const name of [...names, 'bin/sh']) await chmod(join(folder.path, name), 0o755)
  const path = process.env['PATH']
  process.env['PATH'] = `${folder.path}/bin:${path}`
  onTestFinished(() => {
    process.env['PATH'] = path
  })
  const look = createProgramLook(systemClock())
  for (let round = 0; round < 10; round++) {
    const command = (name: string) => ({ file: join(folder.path, name), cwd: '/', env: process.env })
    const heads = await Promise.all(names.map((name) => look.headOf(command(name), 5000)))
    expect(heads.map(String)).toEqual(names.map((name) => `#!/bin/${name}\n`))
  }
  expect(existsSync(join(folder.path, 'helped'))).toBe(false)
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
