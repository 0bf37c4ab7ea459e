import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namedTypes, TYPES_PATH, textsAt } from './named-types.ts'

const CONFIG = {
  condition: 'FileLocked',
  rules: [{ condition: 'KernelOops', reason: 'Oops' }, { reason: 'Nothing' }, { condition: 'KernelOops' }],
  files: [{ conditions: [{ type: 'OutOfPatience' }, { type: 7 }] }, { conditions: 'none' }],
}

describe('types that a configuration names', () => {
  it.each([
    ['condition', ['FileLocked']],
    ['rules[].condition', ['KernelOops', 'KernelOops']],
    ['files[].conditions[].type', ['OutOfPatience']],
    ['rules.condition', []],
    ['rules[]', []],
    ['nothing[].there', []],
    ['constructor.name', []],
  ])('stand at %s', (path, texts) => {
    expect(path).toMatch(TYPES_PATH)
    expect(textsAt(CONFIG, path)).toEqual(texts)
  })

  it('are named once, however many paths lead to them', () => {
    expect(namedTypes(CONFIG, ['rules[].condition', 'condition', 'rules[].condition'])).toEqual([
      'KernelOops',
      'FileLocked',
    ])
  })

  it('are also those that a word stands for, of a word that is known', () => {
    const words = { 'packs[]': { kernel: ['KernelOops', 'CPULockup'], storage: ['DiskLost'] } }
    const config = { packs: ['kernel', 'constructor', 'other'], rules: [{ condition: 'CPULockup' }] }
    expect(namedTypes(config, ['rules[].condition'], words)).toEqual(['CPULockup', 'KernelOops'])
  })

  it('are texts, whatever stands there', () => {
    fc.assert(
      fc.property(fc.anything(), fc.stringMatching(TYPES_PATH), (config, path) => {
        for (const text of textsAt(config, path)) expect(text).toBeTypeOf('string')
      }),
    )
  })

  it.each(['', '.', 'a..b', 'a[0]', 'a[]b', '[]', 'a.[]', '1a'])('are not looked for at %j', (path) => {
    expect(path).not.toMatch(TYPES_PATH)
  })
})
