import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NODE_FLAGS } from '../../services/cli/up/node-flags.ts'

const ROOT = join(import.meta.dirname, '../..')
const LOOK = `
import { readCode } from './services/npd/code.ts'
const { script, uncompiled } = readCode(new URL('dist/npd.mjs', process.argv[1]).href)
console.log(script.cachedDataRejected, JSON.stringify(uncompiled))
`

it('the bundle of npd comes compiled, and Node takes it with the flags that it is started with', () => {
  const args = [...NODE_FLAGS, '--no-warnings', '--input-type=module', '-e', LOOK, `file://${ROOT}/`]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  expect([stdout, stderr]).toEqual(['false ""\n', ''])
})
