/**
 * Makes what is derived from the packs of rules for logs, services/monitors/log/packs/*.json:
 *   libs/log-rules/packs.json   the rules as they are used, without the lines that they are tested by
 *   docs/rules.md               the same for people
 */
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { DocumentedRule } from '../libs/log-rules/types.ts'
import { rulesPage } from './catalog/rules-page.ts'

const ROOT = join(import.meta.dirname, '..')
const PACKS = 'services/monitors/log/packs'
const CARRIED = 'libs/log-rules/packs.json'

const files = globSync(`${PACKS}/*.json`, { cwd: ROOT }).sort()
const packs = await Promise.all(
  files.map(async (file) => ({
    name: basename(file, '.json'),
    rules: JSON.parse(await readFile(join(ROOT, file), 'utf8')) as DocumentedRule[],
  })),
)
const carried = packs.map(({ name, rules }) => [name, rules.map(({ lines: _, misses: __, ...rule }) => rule)])
// As the formatter of the project writes it, so that lint and generator agree.
const text = execFileSync(join(ROOT, 'node_modules/.bin/biome'), ['format', `--stdin-file-path=${CARRIED}`], {
  cwd: ROOT,
  input: JSON.stringify(Object.fromEntries(carried), null, 2),
  encoding: 'utf8',
  maxBuffer: 2 ** 24,
})
await writeFile(join(ROOT, CARRIED), text)
await writeFile(join(ROOT, 'docs/rules.md'), rulesPage(packs))
