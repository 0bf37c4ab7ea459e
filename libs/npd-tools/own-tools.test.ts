import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createHost } from '#host'
import { OWN_PROGRAMS as TAKEN_AS_THERE } from '../config/npd/kinds.ts'
import { tempFolder } from '../host/testing.ts'
import { healthChecker, logCounter, ownToolAt } from './index.ts'
import { OWN_PROGRAMS } from './own-tools.ts'

it('where nothing stands at the path that files of node-problem-detector have, ours does, as the configuration takes it', async () => {
  await using folder = await tempFolder()
  const host = createHost({ root: folder.path })
  const found = await Promise.all(OWN_PROGRAMS.map((path) => ownToolAt(path, host)))
  expect(found).toEqual([healthChecker, logCounter])
  expect(TAKEN_AS_THERE).toEqual(OWN_PROGRAMS)
  expect(await ownToolAt('/home/kubernetes/bin/other', host)).toBe(undefined)
  expect(await ownToolAt('/home/other/bin/health-checker', host)).toBe(undefined)
  // Somebody's own is what is run.
  await mkdir(join(folder.path, 'home/kubernetes/bin'), { recursive: true })
  await writeFile(join(folder.path, 'home/kubernetes/bin/health-checker'), `\x7fELF${'x'.repeat(10_000)}`)
  expect(await ownToolAt('/home/kubernetes/bin/health-checker', host)).toBe(undefined)
})

it('a script of ours is known by its name and by its one line, and nothing else is', async () => {
  await using folder = await tempFolder()
  const host = createHost({ root: '' })
  async function known(name: string, text: string, mode = 0o755) {
    await writeFile(join(folder.path, name), text)
    await chmod(join(folder.path, name), mode)
    return ownToolAt(join(folder.path, name), host)
  }
  const ours = '#!/bin/sh\n# Starts nothing else.\nexec /opt/node-doctor/bin/node-doctor health-checker "$@"\n'
  expect(await known('health-checker', ours)).toBe(healthChecker)
  expect(await known('log-counter', ours.replace('health-checker', 'log-counter'))).toBe(logCounter)
  expect(await known('health-checker', ours.replace('exec ', 'exec node '))).toBe(healthChecker)
  expect(await known('health-checker', '#!/bin/bash\n\nexec /a/node /b/cli.mjs health-checker "$@"')).toBe(
    healthChecker,
  )
  expect(await known('health-checker', ours, 0o644)).toBe(undefined)
  expect(await known('health-checker', ours.replace(/^#!.*\n/, ''))).toBe(undefined)
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

it.each([
  'exec env HOST_ADDRESS=10.0.0.1 node-doctor health-checker "$@"',
  'exec nsenter --target 1 --mount --net -- node-doctor health-checker "$@"',
  'exec /usr/bin/ssh backup node-doctor health-checker "$@"',
  'exec false node-doctor; exec x health-checker "$@"',
  'exec x health-checker "$@" # node-doctor health-checker "$@"',
  'exec node-doctor health-checker --component=cri "$@"',
  'exec $(echo>/x)/node-doctor health-checker "$@"',
  'exec node-doctor health-checker $@',
  'exec node --require /x.js /a/cli.mjs health-checker "$@"',
  ' exec node-doctor health-checker "$@"; x',
])('a script that does something else beside is run: %s', async (line) => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'health-checker')
  await writeFile(path, `#!/bin/sh\n${line}\n`, { mode: 0o755 })
  expect(await ownToolAt(path, createHost({ root: '' }))).toBe(undefined)
})

it.each(['health-checker', 'log-counter'])('the script that our image has for %s is ours', async (name) => {
  await using folder = await tempFolder()
  const text = await readFile(new URL(`../../deploy/images/npd/${name}`, import.meta.url), 'utf8')
  await writeFile(join(folder.path, name), text, { mode: 0o755 })
  expect(await ownToolAt(join(folder.path, name), createHost({ root: '' }))).toBeTypeOf('function')
})
