import { describe, expect, it } from 'vitest'
import { calledType, typeNames } from './called-types.ts'
import { CATALOG } from './catalog.ts'
import { TYPES } from './dialects/go/tables.ts'

describe('what a type is called', () => {
  it.each([
    ['network-dns-check', ['network-dns-check']],
    ['http-health-check', ['network-connectivity-check']],
    ['system-disk', ['disk-health-check']],
    ['system-disk-check', ['disk-health-check']],
    ['network-ip-forwarding', ['network-sysctl']],
    ['network-cni-check', ['network-peers', 'network-cni']],
    ['custom-plugin-check', ['custom-plugin']],
  ])('by %s is ours', (name, types) => {
    expect(calledType(name)).toEqual({ types, instead: '' })
  })

  it('that nobody serves has nothing but an advice', () => {
    expect(calledType('custom-logpattern')).toEqual({
      types: [],
      instead: 'write checks of types log-kernel, log-journal and log-file with packs and rules',
    })
    expect(calledType('noop')).toEqual({ types: [], instead: 'take it out' })
    expect(calledType('disk')).toBeUndefined()
  })

  it('is known of every type that there is, here and in the Go Node Doctor', () => {
    const names = typeNames()
    expect(new Set(names).size).toBe(names.length)
    const own = CATALOG.checks.flatMap(({ type, aliases }) => [type, ...aliases])
    for (const name of [...own, ...TYPES.map(({ type }) => type)]) expect(names).toContain(name)
    expect(names.filter((name) => calledType(name) === undefined)).toEqual([])
  })
})
