import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { undocumentedExports } from './exports.ts'

const ROOT = join(import.meta.dirname, '..')

/** In a process of its own, where nobody counts which lines of the compiler run: it takes twice as long where that is done. */
function undocumentedIn(root: string): ReturnType<typeof undocumentedExports> {
  const module = JSON.stringify(join(ROOT, 'scripts/exports.ts'))
  const program = `import { undocumentedExports } from ${module}
    console.log(JSON.stringify(undocumentedExports(${JSON.stringify(root)})))`
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  return JSON.parse(said)
}

// The compiler reads all of the project: 5 s on a machine that does other things.
it('every export of a library says what it is', { timeout: 60_000 }, () => {
  const { seen, missing } = undocumentedIn(ROOT)
  expect(seen).toBeGreaterThan(400)
  expect(missing.map(({ name }) => name)).toEqual([])
})

it('an export that does not is named with its file', () => {
  const root = mkdtempSync(join(tmpdir(), 'nd-exports-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(ROOT, file), join(root, file))
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  mkdirSync(join(root, 'libs/one'), { recursive: true })
  writeFileSync(
    join(root, 'libs/one/index.ts'),
    "export { said, silent as kept } from './a.ts'\nexport type * from './b.ts'\n",
  )
  writeFileSync(join(root, 'libs/one/a.ts'), '/** Says it. */\nexport const said = 1\nexport const silent = 2\n')
  writeFileSync(join(root, 'libs/one/b.ts'), 'export interface Bare {}\n')
  expect(undocumentedIn(root)).toEqual({
    seen: 3,
    missing: [
      { index: 'libs/one/index.ts', name: 'libs/one/a.ts: kept' },
      { index: 'libs/one/index.ts', name: 'libs/one/b.ts: Bare' },
    ],
  })
})
