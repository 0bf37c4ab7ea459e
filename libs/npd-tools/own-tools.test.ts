import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createHost } from '#host'
import { tempFolder } from '../host/testing.ts'
import { healthChecker, logCounter, ownToolAt } from './index.ts'

it('a script of ours is known by its name and by its one line, and nothing else is', async () => {
  await using folder = await tempFolder()
  const host = createHost({ root: '' })
  async function known(name: string, text: string) {
    await writeFile(join(folder.path, name), text)
    return ownToolAt(join(folder.path, name), host)
  }
  const ours = '#!/bin/sh\n# Starts nothing else.\nexec /opt/node-doctor/bin/node-doctor health-checker "$@"\n'
  expect(await known('health-checker', ours)).toBe(healthChecker)
  expect(await known('log-counter', ours.replace('health-checker', 'log-counter'))).toBe(logCounter)
  expect(await known('log-counter', ours)).toBe(undefined)
  expect(await known('check.sh', ours)).toBe(undefined)
  expect(await known('health-checker', `${ours}echo more\n`)).toBe(undefined)
  expect(await known('health-checker', '#!/bin/sh\nexec health-checker "$@"\n')).toBe(undefined)
  expect(await known('health-checker', `\x7fELF${'x'.repeat(10_000)}`)).toBe(undefined)
  expect(await ownToolAt('health-checker', host)).toBe(undefined)
  expect(await ownToolAt(join(folder.path, 'none/health-checker'), host)).toBe(undefined)
  await mkdir(join(folder.path, 'folder/health-checker'), { recursive: true })
  expect(await ownToolAt(join(folder.path, 'folder/health-checker'), host)).toBe(undefined)
})
