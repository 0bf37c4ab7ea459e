import { expect, it } from 'vitest'
import { CATALOG } from '../../libs/config/catalog.ts'
import { eventsPage } from './events-page.ts'

it('has one row for each reason and who sends it, however many checks declare it', () => {
  const rows = eventsPage(CATALOG)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(' | ')
        .filter((_, column) => column !== 1 && column < 3)
        .join(' of '),
    )
  expect(rows.length).toBeGreaterThan(50)
  expect(rows.filter((row, i) => rows.indexOf(row) !== i)).toEqual([])
})
