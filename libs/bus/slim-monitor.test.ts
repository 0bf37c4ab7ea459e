import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MonitorState } from '#proto/nodedoctor/v1/types.ts'
import { slimMonitor } from './slim-monitor.ts'

const LAST = new Date('2026-05-12T03:14:20Z')

function state(more: { runs?: number; metrics?: number; types?: number; violations?: number } = {}): MonitorState {
  const of = <T>(count: number | undefined, one: (index: number) => T) =>
    Array.from({ length: count ?? 0 }, (_, i) => one(i))
  return MonitorState.fromPartial({
    name: 'gpu',
    violations: 7,
    lastReport: LAST,
    runs: of(more.runs, (i) => ({ check: `check-${i}`, error: 'e'.repeat(512) })),
    metrics: of(more.metrics, (i) => ({ name: `metric_${i}`, help: 'h'.repeat(200) })),
    conditionTypes: of(more.types, (i) => `Type${i}`),
    lastViolations: of(more.violations, (i) => ({ text: `violation ${i}`, count: 1, lastSeen: LAST })),
  })
}

const sizeOf = (value: MonitorState) => MonitorState.encode(value).finish().length

describe('what is known of a monitor', () => {
  it('is told as it is where a message can hold it', () => {
    const whole = state({ runs: 3, metrics: 3, types: 3, violations: 3 })
    expect(slimMonitor(whole, 100_000)).toBe(whole)
  })

  it('loses its longest lists first, and says which', () => {
    const whole = state({ runs: 512, metrics: 128, types: 512, violations: 2 })
    const slim = slimMonitor(whole, 100_000)
    expect(slim).toMatchObject({ name: 'gpu', violations: 7, runs: [] })
    expect(slim.metrics).toHaveLength(128)
    expect(slim.conditionTypes).toHaveLength(512)
    expect(slim.lastViolations).toEqual([
      {
        text: 'what is known of it is more than the bus can hold: its 512 last runs are left out',
        count: 1,
        lastSeen: LAST,
      },
      ...whole.lastViolations,
    ])
    expect(slimMonitor(whole, 10_000).lastViolations[0]?.text).toBe(
      'what is known of it is more than the bus can hold: its 512 last runs and 128 metrics are left out',
    )
    expect(slimMonitor(whole, 2000).lastViolations[0]?.text).toBe(
      'what is known of it is more than the bus can hold: its 512 last runs, 128 metrics and 512 condition types are left out',
    )
  })

  it('says it once, also of a state that was read back and has grown again', () => {
    const whole = state({ runs: 512, violations: 1 })
    const again = { ...slimMonitor(whole, 10_000), runs: whole.runs }
    expect(slimMonitor(again, 10_000).lastViolations.map(({ text }) => text)).toEqual([
      'what is known of it is more than the bus can hold: its 512 last runs are left out',
      'violation 0',
    ])
  })

  it('fits always, and keeps its own words', () => {
    const lists = fc.record({ runs: fc.nat(60), metrics: fc.nat(60), types: fc.nat(400), violations: fc.nat(16) })
    fc.assert(
      fc.property(lists, fc.integer({ min: 400, max: 20_000 }), (counts, most) => {
        const whole = state(counts)
        const slim = slimMonitor(whole, most)
        expect(sizeOf(slim)).toBeLessThanOrEqual(most)
        expect(slim).toMatchObject({ name: 'gpu', violations: 7 })
        if (sizeOf(whole) > most) expect(slim.lastViolations[0]?.text).toContain('left out')
      }),
    )
  })
})
