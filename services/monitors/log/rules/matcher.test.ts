import { expect, it } from 'vitest'
import { createRuleEngine } from './engine.ts'
import { lineOf, momentAt, rulesOf } from './testing-rules.ts'

it('does not look where a rule matched, of which no text names a group', () => {
  const rules = rulesOf({ match: 'disk (\\w+) failed' }, { match: 'disk (\\w+) failed .*', message: 'it is $1' })
  const looked: string[] = []
  const counted = rules.map((rule) => {
    const find = (text: string) => {
      looked.push(rule.match.source)
      return rule.match.find(text)
    }
    return { ...rule, match: { ...rule.match, find } }
  })
  const news = createRuleEngine(counted).push(lineOf('disk sda failed again', 0), momentAt(0))
  expect(news.map((each) => ('message' in each ? each.message : ''))).toEqual(['disk sda failed again', 'it is sda'])
  expect(looked).toEqual(['disk (\\w+) failed .*'])
})
