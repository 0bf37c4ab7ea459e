import { describe, expect, test } from 'vitest'
import { TemplateError } from './errors.ts'
import { compilePattern } from './pattern.ts'
import { parseTemplate } from './template.ts'

const pattern = compilePattern('dev (?P<dev>\\w+)(?: part (\\d+))?')
const groupsOf = (text: string) => pattern.find(text)?.groups ?? []

describe('a template', () => {
  test('has groups by name and number, and a dollar that is none', () => {
    const template = parseTemplate('disk:${dev} $2 ${2} $0 $$1 $x', pattern)
    expect(template.render(groupsOf('dev sda part 3'))).toBe('disk:sda 3 3 dev sda part 3 $1 $x')
  })

  test('has nothing for a group that took no part, and as a whole is not there', () => {
    const template = parseTemplate('disk:${dev}/$2', pattern)
    expect(template.render(groupsOf('dev sda'))).toBe('disk:sda/')
    expect(template.renderWhole(groupsOf('dev sda'))).toBeUndefined()
    expect(template.renderWhole(groupsOf('dev sda part 3'))).toBe('disk:sda/3')
  })

  test('names no group that its pattern does not have', () => {
    expect(() => parseTemplate('disk:${device}', pattern)).toThrow(TemplateError)
    expect(() => parseTemplate('$3', pattern)).toThrow('template "$3" names group "3", which its pattern does not have')
  })
})
