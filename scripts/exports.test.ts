import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { undocumentedExports } from './exports.ts'

const ROOT = join(import.meta.dirname, '..')

// The compiler reads all of the project: 5 s on a machine that does other things.
it('every export of a library says what it is', { timeout: 60_000 }, () => {
  const { seen, missing } = undocumentedExports(ROOT)
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
  expect(undocumentedExports(root)).toEqual({
    seen: 3,
    missing: [
      { index: 'libs/one/index.ts', name: 'libs/one/a.ts: kept' },
      { index: 'libs/one/index.ts', name: 'libs/one/b.ts: Bare' },
    ],
  })
})
