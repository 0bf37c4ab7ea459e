import { describe, expect, it } from 'vitest'
import { PatternError } from './errors.ts'
import { compilePattern, compileToEnd } from './pattern.ts'

describe('an expression that is none', () => {
  it.each([
    ['(foo', 'missing closing ): `(foo`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['(a)\\1', 'invalid escape sequence: `\\1`'],
    ['x{1001}', 'invalid repeat count: `{1001}`'],
    ['a\\', 'trailing backslash at end of expression: ``'],
  ])('%s is refused in the words of Go, as it was written', (source, reason) => {
    for (const compile of [compilePattern, compileToEnd]) {
      const refused = (() => {
        try {
          return compile(source)
        } catch (err) {
          return err
        }
      })()
      expect(refused).toBeInstanceOf(PatternError)
      expect(refused).toMatchObject({ pattern: source, reason, message: `error parsing regexp: ${reason}` })
    }
  })
})

it('finds the leftmost, with its groups and their names', () => {
  const pattern = compilePattern('(?P<dev>sd[a-z])(\\d)?')
  expect(pattern.find('on sdb and sda1')).toEqual({ start: 3, end: 6, groups: ['sdb', 'sdb', undefined] })
  expect([...pattern.names, pattern.groupCount]).toEqual([['dev', 1], 2])
  expect(pattern.find('nothing')).toBeUndefined()
})

it('holds only the last branch of an alternation to the end', () => {
  expect(compileToEnd('foo|bar').find('foo and bar')?.start).toBe(0)
  expect(compileToEnd('(?:foo|bar)').find('foo and bar')?.start).toBe(8)
})
