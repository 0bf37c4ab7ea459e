import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeEvent } from '#model'
import { AGGREGATED_MS, createCorrelator } from './correlation.ts'
import { createLedger } from './ledger.ts'
import { COMBINED } from './render.ts'

const ONE = { component: 'kernel-monitor', type: 'Warning', reason: 'OOMKilling', message: '' } as const

describe('what client-go counts as one event', () => {
  it('is the same text, and from the tenth on every further one', () => {
    const correlator = createCorrelator()
    const told = Array.from({ length: 12 }, (_, i) => correlator.of({ ...ONE, message: `line ${i}` }, i))
    expect(new Set(told.map(({ key }) => key)).size).toBe(10)
    expect(told.slice(8).map(({ message }) => message)).toEqual([
      'line 8',
      `${COMBINED}line 9`,
      `${COMBINED}line 10`,
      `${COMBINED}line 11`,
    ])
    expect(correlator.of({ ...ONE, message: 'line 3' }, 20)).toEqual(told[3])
  })

  it('is told apart by source, type and reason, and begins anew ten minutes after the last', () => {
    const correlator = createCorrelator()
    for (let i = 0; i < 15; i++) correlator.of({ ...ONE, message: `line ${i}` }, 0)
    for (const other of [{ component: 'x' }, { reason: 'x' }, { type: 'Normal' as const }])
      expect(correlator.of({ ...ONE, ...other, message: 'new' }, 1).message).toBe('new')
    expect(correlator.of({ ...ONE, message: 'new' }, AGGREGATED_MS).message).toBe(`${COMBINED}new`)
    expect(correlator.of({ ...ONE, message: 'new' }, 2 * AGGREGATED_MS + 1).message).toBe('new')
  })
})

describe('a ledger that counts so', () => {
  it('drops nothing: what is told and what waits is all that happened, also where it comes again and after a restart', () => {
    const texts = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.boolean(), fc.boolean()), { maxLength: 200 })
    fc.assert(
      fc.property(texts, (all) => {
        const options = { nodeName: 'w1', perMinute: 1, burst: 1, windowMs: 600_000, countEveryMs: 1000 }
        let ledger = createLedger({ ...options, correlator: createCorrelator() })
        for (const [i, [text, isRefused, isRestarted]] of all.entries()) {
          const at = new Date(i * 100)
          const times = { firstSeen: at, lastSeen: at, count: 1 }
          const event: NodeEvent = {
            ...times,
            id: `e${i}`,
            monitor: 'log',
            check: 'k',
            entity: '',
            severity: 'warning',
            reason: 'R',
            message: `line ${text}`,
          }
          // The server did not take it: it comes again.
          if (isRefused) ledger.event(event, i * 100)
          const verdict = ledger.event(event, i * 100)
          if (verdict.kind !== 'known') ledger.apply(verdict.lines)
          if (!isRestarted) continue
          const lines = ledger.lines(i * 100)
          ledger = createLedger({ ...options, correlator: createCorrelator() })
          ledger.apply(lines)
          expect(ledger.event(event, i * 100).kind).toBe('known')
        }
        const counts = ledger.lines(0).flatMap((line) => (line.kind === 'series' ? [line.series.told.count] : []))
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(all.length)
      }),
    )
  })
})
