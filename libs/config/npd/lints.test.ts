import { describe, expect, it } from 'vitest'
import { isNeverMatched, openBranch, topLevelBranches } from './lints.ts'

describe('the branches of an expression', () => {
  it.each([
    ['foo', ['foo']],
    ['foo|bar', ['foo', 'bar']],
    ['(foo|bar)', ['(foo|bar)']],
    ['(?:a|(b|c)) x|y', ['(?:a|(b|c)) x', 'y']],
    ['a\\|b', ['a\\|b']],
    ['[a|b]', ['[a|b]']],
    ['[]|]x|y', ['[]|]x', 'y']],
    ['[^]|]x|y', ['[^]|]x', 'y']],
    ['[[:alpha:]|]x|y', ['[[:alpha:]|]x', 'y']],
    ['[\\]|]x|y', ['[\\]|]x', 'y']],
    ['\\Qa|b(\\E|c', ['\\Qa|b(\\E', 'c']],
    ['\\Qa|b', ['\\Qa|b']],
    ['(?i)a|(?i)b|', ['(?i)a', '(?i)b', '']],
    ['\\(a|b\\)', ['\\(a', 'b\\)']],
  ])('%s', (pattern, branches) => {
    expect(topLevelBranches(pattern)).toEqual(branches)
  })
})

it.each([
  ['foo|bar', 'foo'],
  ['foo.*|bar.*', 'foo.*'],
  ['foo$|bar', undefined],
  ['foo\\z|bar', undefined],
  ['foo\\$|bar', 'foo\\$'],
  ['foo\\\\z|bar', 'foo\\\\z'],
  ['foo\\\\\\z|bar', undefined],
  ['a$|b|c', 'b'],
  ['(foo|bar)', undefined],
  ['', undefined],
  ['|', ''],
])('of %s the branch that NPD finds again with each line is %j', (pattern, branch) => {
  expect(openBranch(pattern)).toBe(branch)
})

it('knows the rule that NPD ships and that cannot match, and no other', () => {
  const message = '(?i)Currently unreadable.*sectors|(?i)Offline uncorrectable sectors'
  const pattern = '.*([1-9]\\d{2,}) (Currently unreadable.*sectors|Offline uncorrectable sectors).*'
  expect(isNeverMatched(message, pattern)).toBe(true)
  expect(isNeverMatched('.*', pattern)).toBe(false)
  expect(isNeverMatched(message, 'Currently unreadable.*')).toBe(false)
})
