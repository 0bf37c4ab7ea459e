import { expect, test } from 'vitest'
import { createRaisedTable } from './raised.ts'
import { rulesOf } from './testing-rules.ts'
import type { Raised, Rule } from './types.ts'

const [first, second] = rulesOf(
  { match: 'a', condition: 'Bad', reason: 'First' },
  { match: 'b', condition: 'Bad', reason: 'Second' },
) as [Rule, Rule]
const WORDS = { reason: 'Over', message: 'it is' }

function raisedOf({ id: ruleId, reason, severity }: Rule, entity: string, isHeld = false): Raised {
  return { type: 'Bad', entity, ruleId, reason, severity, message: '', sinceMs: 0, seenMonoMs: 0, isHeld }
}

test('what another rule holds untold is kept when what is told ends, and counts as long as it is there', () => {
  const table = createRaisedTable()
  table.put(raisedOf(first, 'disk:sda'))
  expect(table.put(raisedOf(second, 'disk:sda', true))).toBeUndefined()
  expect(table.end(({ ruleId }) => ruleId === first.id, WORDS)).toMatchObject([{ kind: 'over', type: 'Bad' }])
  expect(table.of(second, 'disk:sda')).toBeDefined()
  expect([table.count(first.id), table.count(second.id)]).toEqual([0, 1])
  expect(table.put(raisedOf(second, 'disk:sda'))).toMatchObject({ kind: 'problem', raised: { ruleId: second.id } })
  expect(table.end(() => true, WORDS)).toHaveLength(1)
  expect(table.count(second.id)).toBe(0)
  expect(table.all).toEqual([])
})

test('nothing is told of what was held and ends, and nothing is left of it', () => {
  const table = createRaisedTable()
  for (let index = 0; index < 300; index++) table.put(raisedOf(first, `disk:${index}`, true))
  expect(table.count(first.id)).toBe(300)
  expect(table.end(() => true, WORDS)).toEqual([])
  expect(table.count(first.id)).toBe(0)
  expect(table.all).toEqual([])
})
