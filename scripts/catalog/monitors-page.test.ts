import { expect, it } from 'vitest'
import { CATALOG } from '../../libs/config/catalog.ts'
import { monitorsPage } from './monitors-page.ts'

it('ends each sentence with one full stop', () => {
  const page = monitorsPage(CATALOG)
  expect(page).toContain('nothing is known of what stands in it.')
  expect(page.match(/[^.]\.\.(?!\.)\s/g)).toBeNull()
})
