import { expect, it } from 'vitest'
import keys from '../../libs/config/dialects/go/keys.json' with { type: 'json' }
import { dialectsPage } from './dialects-page.ts'

it('has one row for each key and each type, whatever becomes of it', () => {
  const rows = dialectsPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  expect(rows.length).toBe(Object.values(keys).flat().length)
  expect(rows.filter((row) => !/\| (?:works|renamed|split|later|refused|later, then \w+) \|/.test(row))).toEqual([])
})
