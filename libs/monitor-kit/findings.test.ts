import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observationOf, partsOf, samplesOf } from './findings.ts'
import { healthy, pending, problem } from './testing.ts'

const at = new Date('2026-05-12T03:14:20Z')

describe('an observation', () => {
  it('has a severity only while it is a problem, and then warning where none is told', () => {
    const { severity: _severity, ...untold } = problem('DiskFull')
    expect(observationOf(untold, 'disk', at).severity).toBe('warning')
    expect(observationOf(problem('DiskFull'), 'disk', at).severity).toBe('critical')
    expect(observationOf({ ...healthy('DiskFull'), severity: 'critical' }, 'disk', at).severity).toBe('info')
  })

  it('is pending only while it looks healthy', () => {
    expect(observationOf(pending('DiskFull'), 'disk', at).pending).toBe(true)
    expect(observationOf({ ...problem('DiskFull'), pending: true }, 'disk', at).pending).toBeUndefined()
  })

  it('has texts without control characters, and no longer than anybody takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (text) => {
        const { reason, message, entity } = observationOf(
          { type: 'DiskFull', entity: text, health: 'unknown', reason: text, message: text },
          'disk',
          at,
        )
        for (const [shown, most] of [
          [reason, 128],
          [message, 1024],
          [entity, 128],
        ] as const) {
          expect(shown.length).toBeLessThanOrEqual(most)
          expect(shown).not.toMatch(/[\u0000-\u001f]/)
        }
      }),
    )
  })
})

describe('a run that says much', () => {
  it('is told in parts that lose nothing and keep its order', () => {
    fc.assert(
      fc.property(fc.nat(1300), fc.nat(500), fc.nat(2500), (conditions, events, samples) => {
        const run = {
          observations: Array.from({ length: conditions }, (_, i) => observationOf(healthy(`T${i}`), 'disk', at)),
          events: Array.from({ length: events }, (_, i) => ({ reason: `R${i}` })) as never[],
          metrics: Array.from({ length: samples }, (_, value) => ({ name: 'm', labels: {}, value })),
          runs: [{ check: 'disk' }] as never[],
          withdrawn: [{ type: 'T', entity: '' }],
          complete: ['disk'],
        }
        const parts = partsOf(run)
        for (const key of ['observations', 'events', 'metrics', 'runs', 'withdrawn', 'complete'] as const) {
          expect(parts.flatMap((part) => part[key] as unknown[])).toEqual(run[key])
        }
        for (const part of parts) expect(part.observations.length).toBeLessThanOrEqual(500)
        expect(parts.at(-1)?.runs).toHaveLength(1)
      }),
      { numRuns: 20 },
    )
  })

  it('tells no number that is none', () => {
    const samples = [Number.NaN, Infinity, 1].map((value) => ({ name: 'm', labels: {}, value }))
    expect(samplesOf(samples)).toEqual([{ name: 'm', labels: {}, value: 1 }])
  })
})
