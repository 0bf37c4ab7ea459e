import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const RULE = 'max-lines-per-function'
const NOT_COUNTED = /\.test\.tsx?$|(^|\/)testing[^/]*\.ts$|\/testing\//

interface Override {
  readonly files: readonly string[]
  readonly rules?: Readonly<Record<string, unknown>>
}

/** Files that may have longer functions: with none of any length, or none above 100 lines. */
function listed(): { readonly any: readonly string[]; readonly hundred: readonly string[] } {
  const text = readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8').replace(/^\s*\/\/.*$/gm, '')
  const overrides = (JSON.parse(text) as { overrides: Override[] }).overrides.filter(
    ({ files, rules = {} }) => RULE in rules && files.every((file) => !file.includes('*')),
  )
  const filesWith = (isOff: boolean) =>
    overrides.filter(({ rules = {} }) => (rules[RULE] === 'off') === isOff).flatMap(({ files }) => files)
  return { any: filesWith(true), hundred: filesWith(false) }
}

/** Files with a function of more lines than that, without blank lines and comments. */
function longer(lines: number): string[] {
  const dir = mkdtempSync(join(tmpdir(), 'nd-functions-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const config = join(dir, 'oxlint.json')
  const rule = ['error', { max: lines, skipBlankLines: true, skipComments: true }]
  writeFileSync(config, JSON.stringify({ categories: { correctness: 'off' }, rules: { [RULE]: rule } }))
  const args = ['-c', config, '-f', 'json', 'libs', 'services', 'scripts']
  let out = ''
  try {
    out = execFileSync(join(ROOT, 'node_modules/.bin/oxlint'), args, {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
  } catch (err) {
    out = String((err as { stdout?: string }).stdout)
  }
  const { diagnostics } = JSON.parse(out) as { diagnostics: { filename: string }[] }
  return [...new Set(diagnostics.map(({ filename }) => filename))].filter((file) => !NOT_COUNTED.test(file)).sort()
}

it('no function has more than 60 lines but in the files that are listed, and none is listed for nothing', () => {
  const { any, hundred } = listed()
  const tooLong = longer(100)
  expect(tooLong).toEqual([...any].sort())
  expect(longer(60).filter((file) => !tooLong.includes(file))).toEqual([...hundred].sort())
  expect(any.length).toBeLessThanOrEqual(8)
})
