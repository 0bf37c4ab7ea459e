import { describe, expect, it } from 'vitest'
import { faultsOf, HEAD, parse } from '../testing.ts'

const of = (annotations: Record<string, string>) =>
  `${HEAD}exporters: { kubernetes: { nodeAnnotations: ${JSON.stringify(annotations)} } }\n`
const AT = 'config.yaml:5:28: exporters.kubernetes.nodeAnnotations'

describe('annotations that the node is to have', () => {
  const several = (count: number, value: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${String(i).padStart(2, '0')}`, value]))

  it('are 32 at most', () => {
    expect(Object.keys(parse(of(several(32, 'x'))).exporters.kubernetes.nodeAnnotations)).toHaveLength(32)
    expect(faultsOf(of(several(33, 'x')))).toEqual([`${AT}: has 33 annotations; expected at most 32`])
  })

  it('are 16 KiB at most in all, in bytes, their names counted', () => {
    // 4 × (3 + 4093) bytes.
    expect(faultsOf(of(several(4, 'x'.repeat(4093))))).toEqual([])
    expect(faultsOf(of({ ...several(3, 'x'.repeat(4093)), a03: 'x'.repeat(4094) }))).toEqual([
      `${AT}: has 16385 bytes, names and values in all; expected at most 16384`,
    ])
    expect(faultsOf(of(several(4, 'ü'.repeat(2046))))).toEqual([])
    expect(faultsOf(of(several(4, 'ü'.repeat(2047))))).toEqual([
      `${AT}: has 16388 bytes, names and values in all; expected at most 16384`,
    ])
  })

  it('are not counted where they are none', () => {
    expect(faultsOf(`${HEAD}exporters: { kubernetes: { nodeAnnotations: [a] } }\n`)).toHaveLength(1)
    expect(faultsOf(`${HEAD}exporters: { kubernetes: { nodeAnnotations: { a: [b] } } }\n`)).toHaveLength(1)
    expect(faultsOf(`${HEAD}exporters: { kubernetes: 7 }\n`)).toHaveLength(1)
  })
})
