/** Code that comes compiled beside a bundle: made by running it once, in the way in which it will be run. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { NODE_ENV, NODE_FLAGS } from '../../services/cli/up/node-flags.ts'
import { compiledAt } from '../../services/npd/code.ts'

const PATIENCE_MS = 60_000
const MAKER = join(import.meta.dirname, 'code-maker.ts')

/** Makes it where it is not there, or of another text. What fails is said: a bundle without it is slower, and nothing else. */
export function makeCode(bundlePath: string, isNew: boolean): void {
  const bundle = pathToFileURL(bundlePath).href
  if (!isNew && existsSync(compiledAt(bundle))) return
  const { status, signal, stderr } = spawnSync(process.execPath, [...NODE_FLAGS, MAKER, bundle], {
    env: { ...process.env, ...NODE_ENV, NODE_ENV: 'production', NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  if (status === 0) return
  const why = stderr.trim().split('\n').at(-1) ?? ''
  console.error(`${bundlePath} has no compiled code, its start will be slower: ended with ${signal ?? status} ${why}`)
}
