/** Makes every generated file anew and ends with 1 when one of them differs from what is here. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from './generate.ts'

const ROOT = join(import.meta.dirname, '..')

/** What a file holds; of a link where it leads. undefined: it is not there any more. */
function contentOf(path: string): Buffer | string | undefined {
  const facts = lstatSync(path, { throwIfNoEntry: false })
  if (facts === undefined) return undefined
  return facts.isSymbolicLink() ? readlinkSync(path) : readFileSync(path)
}

/** Every file that git knows or would take, with a hash of what it holds. */
function snapshot(): Map<string, string> {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  const held = list.split('\0').flatMap((file) => {
    const content = file === '' ? undefined : contentOf(join(ROOT, file))
    return content === undefined ? [] : [[file, createHash('sha256').update(content).digest('hex')] as const]
  })
  return new Map(held)
}

const before = snapshot()
generate(ROOT)
const after = snapshot()
const changed = [...new Set([...before.keys(), ...after.keys()])].filter((file) => before.get(file) !== after.get(file))
for (const file of changed)
  console.error(`${file} is not what its generator makes; commit what \`make generate\` wrote`)
process.exitCode = changed.length > 0 ? 1 : 0
