import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { PARTS } from './parts.ts'

it('every test that `make check` does without is there, and named once', () => {
  const root = join(import.meta.dirname, '../..')
  expect(PARTS.filter((file) => !existsSync(join(root, file)))).toEqual([])
  expect([...new Set(PARTS)]).toEqual(PARTS)
})
