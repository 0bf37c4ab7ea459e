import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startMonitorProcess } from '#monitor-kit/testing'
import { tempFolder } from '../../../libs/host/testing.ts'

const MAIN = new URL('main.ts', import.meta.url).pathname
const STATUS = { true: 1, false: 2, unknown: 3 } as const

/** Exit codes, and what node-problem-detector and this protocol call what they mean: True is a problem. */
const CODES = [
  ['Well', 0, STATUS.false],
  ['Down', 1, STATUS.true],
  ['Odd', 2, STATUS.unknown],
] as const

test('True is the problem, on the wire too: of a file of node-problem-detector and of a plug-in of yours', async () => {
  await using folder = await tempFolder()
  for (const [type, code] of CODES) {
    await writeFile(join(folder.path, type), `#!/bin/sh\necho ${type}\nexit ${code}\n`)
    await chmod(join(folder.path, type), 0o755)
  }
  const conditions = CODES.map(([type]) => ({ type, reason: `${type}Well`, message: '' }))
  const rules = CODES.map(([type]) => ({
    ...{ type: 'permanent', condition: type, reason: `${type}Down`, path: join(folder.path, type) },
  }))
  const own = { pluginPath: join(folder.path, 'Down'), failureThreshold: 1 }
  const monitors = [
    { name: 'file', type: 'npd-plugin', config: { path: '/f.json', conditions, rules } },
    { name: 'mine', type: 'custom-plugin', config: own },
  ]
  const monitor = await startMonitorProcess({ main: MAIN, monitor: 'custom-plugin', folder: folder.path, monitors })
  const expected = [...CODES.map(([type, , status]) => [type, status]), ['PluginUnhealthy', STATUS.true]]
  await expect
    .poll(async () => (await monitor.checkHealth()).conditions.map(({ type, status }) => [type, status]), {
      timeout: 10_000,
    })
    .toEqual(expect.arrayContaining(expected))
  await monitor.kill()
})
