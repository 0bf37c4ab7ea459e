import { describe, expect, it } from 'vitest'
import type { Evidence } from '#model'
import { createUses, type DrawnState, usesOf } from './series-uses.ts'

const NO_GRAPHS: ReturnType<DrawnState['graphs']> = new Map()

function evidence(more: Partial<Evidence>): Evidence {
  return { metric: '', value: 1, unit: '%', lowIsBad: false, label: '', detail: '', ...more }
}

describe('what series are drawn for', () => {
  it('is their unit and the limit that comes first, beside the graphs of the machine', () => {
    const told = new Map([
      ['disk_used', evidence({ warning: 80, critical: 90 })],
      ['load', evidence({ unit: '', critical: 4 })],
      ['heat', evidence({ unit: '°C' })],
    ])
    const uses = usesOf({ evidence: () => told, graphs: () => NO_GRAPHS })
    expect([...uses.evidence]).toEqual([
      ['disk_used', { unit: '%', limit: 80 }],
      ['load', { unit: '', limit: 4 }],
      ['heat', { unit: '°C', limit: undefined }],
    ])
    expect(uses.graphs).toBe(NO_GRAPHS)
  })

  it('is looked up for a twentieth of the time at most, however often samples come', () => {
    let nowMs = 0
    let looks = 0
    const uses = createUses(
      {
        evidence: () => {
          looks++
          // What a look takes on a node with very many conditions.
          nowMs += 10
          return new Map([[`look_${looks}`, evidence({})]])
        },
        graphs: () => NO_GRAPHS,
      },
      { monotonicMs: () => nowMs },
    )
    const seen = () => [...uses().evidence.keys()][0]
    expect(seen()).toBe('look_1')
    for (; nowMs < 2000; nowMs++) uses()
    expect(looks).toBeGreaterThanOrEqual(9)
    expect(looks).toBeLessThanOrEqual(11)
    // What costs nothing is as fresh as the state.
    expect(seen()).toBe(`look_${looks}`)
  })

  it('is looked up each time while that costs nothing', () => {
    let looks = 0
    const uses = createUses(
      { evidence: () => new Map([[`look_${++looks}`, evidence({})]]), graphs: () => NO_GRAPHS },
      { monotonicMs: () => 5 },
    )
    for (let i = 1; i <= 3; i++) expect([...uses().evidence.keys()]).toEqual([`look_${i}`])
  })
})
