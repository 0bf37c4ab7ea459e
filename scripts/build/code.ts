/** Code that comes compiled beside a bundle: made by running it once, in the way in which it will be run. */
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { NODE_ENV, NODE_FLAGS } from '../../services/cli/up/node-flags.ts'
import { compiledAt, isCompiled } from '../../services/npd/code.ts'

const PATIENCE_MS = 60_000
const MAKER = join(import.meta.dirname, 'code-maker.ts')

/** Takes away what was compiled of a bundle, by any Node, and what was left of an attempt. */
export function dropCode(folder: string, name: string): void {
  const isCode = (file: string) => file.startsWith(`${name}.v`) && /\.code(\.\d+\.part)?$/.test(file)
  for (const file of readdirSync(folder).filter(isCode)) rmSync(join(folder, file), { force: true })
}

/**
 * Makes it where it is not there, or of another text, or damaged. What fails is said, and leaves none: a bundle without it is slower,
 * and nothing else.
 * @param maker what runs it, and writes the file
 */
export function makeCode(bundlePath: string, maker = MAKER): void {
  const bundle = pathToFileURL(bundlePath).href
  if (isCompiled(bundle)) return
  const { status, signal, stderr } = spawnSync(process.execPath, [...NODE_FLAGS, maker, bundle], {
    env: { ...process.env, ...NODE_ENV, NODE_ENV: 'production', NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  if (status === 0 && isCompiled(bundle)) return
  rmSync(compiledAt(bundle), { force: true })
  const why = stderr.trim().split('\n').at(-1) ?? ''
  console.error(`${bundlePath} has no compiled code, its start will be slower: ended with ${signal ?? status} ${why}`)
}
