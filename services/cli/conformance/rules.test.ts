import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { RULES, renderRuleTable } from './rules.ts'

const PAGE = new URL('../../../docs/conformance.md', import.meta.url)

describe('the rules', () => {
  it('have each a name of its own and a sentence', () => {
    const ids = RULES.map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index || !/^[a-z]+(?:-[a-z0-9]+)*$/.test(id))).toEqual([])
    expect(RULES.filter(({ why }) => !why.endsWith('.') || why.includes('|'))).toEqual([])
  })

  it('stand in docs/conformance.md (UPDATE_GOLDEN=1 writes them)', () => {
    const page = readFileSync(PAGE, 'utf8')
    const [head = ''] = page.split('## The rules\n')
    const wanted = `${head}## The rules\n\n${renderRuleTable()}\n`
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PAGE, wanted)
    else expect(page).toBe(wanted)
  })
})
