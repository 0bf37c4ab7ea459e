import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
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
