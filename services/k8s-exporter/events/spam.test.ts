import { describe, expect, it } from 'vitest'
import type { NodeEvent } from '#model'
import { createCorrelator } from './correlation.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { COMBINED } from './render.ts'
import { parseLines, renderLines } from './told-lines.ts'

const FIVE_MINUTES = 300_000

function event(id: string, changes: Partial<NodeEvent> = {}): NodeEvent {
  const at = new Date(0)
  return {
    ...{ id, monitor: 'log', check: 'kernel', entity: '', severity: 'warning', reason: 'OOMKilling', message: id },
    ...{ firstSeen: at, lastSeen: at, count: 1 },
    ...changes,
  }
}

function ledger(compat: readonly string[] = ['B13']): Ledger {
  const npdSource = ({ check }: Pick<NodeEvent, 'check'>) => (check === 'kernel' ? 'kernel-monitor' : undefined)
  const rate = { perMinute: 600, burst: 1000, windowMs: 600_000, countEveryMs: 0 }
  return createLedger({ nodeName: 'w1', ...rate, npdSource, compat, correlator: createCorrelator() })
}

/** As if the server took it. */
function tell(to: Ledger, one: NodeEvent, nowMs: number): string {
  const verdict = to.event(one, nowMs)
  if (verdict.kind === 'known') return 'known'
  to.apply(verdict.lines)
  return 'told' in verdict ? `${verdict.kind} x${verdict.told.count} ${verdict.told.message}` : verdict.kind
}

describe('the filter of client-go, brought back (B13)', () => {
  it('tells 25 of a source at once, then one in five minutes, which counts those that were dropped', () => {
    const to = ledger()
    const said = Array.from({ length: 30 }, (_, i) => tell(to, event(`line ${i}`), 0))
    expect(said.slice(8, 11)).toEqual([
      'create x1 line 8',
      `create x1 ${COMBINED}line 9`,
      `count x2 ${COMBINED}line 10`,
    ])
    expect(said.slice(23)).toEqual([
      `count x15 ${COMBINED}line 23`,
      `count x16 ${COMBINED}line 24`,
      ...Array.from({ length: 5 }, () => 'held'),
    ])
    expect([to.dueCounts(FIVE_MINUTES), to.waiting]).toEqual([[], 0])
    expect(tell(to, event('line 30'), FIVE_MINUTES)).toBe(`count x22 ${COMBINED}line 30`)
    expect(tell(to, event('line 31'), FIVE_MINUTES)).toBe('held')
  })

  it('has a bucket for each source and type, and none for what is no event of a file', () => {
    const to = ledger()
    for (let i = 0; i < 25; i++) tell(to, event(`line ${i}`), 0)
    expect(tell(to, event('other', { reason: 'TaskHung' }), 0)).toBe('held')
    expect(tell(to, event('well', { severity: 'info' }), 0)).toBe('create x1 well')
    expect(tell(to, event('ours', { check: 'disk-space' }), 0)).toBe('create x1 ours')
    expect(tell(ledger(['B1']), event('line'), 0)).toBe('create x1 line')
  })

  it('tells what was never told as a new event, with what it stands for, also after a restart', () => {
    const before = ledger()
    for (let i = 0; i < 25; i++) tell(before, event(`line ${i}`), 0)
    const hung = (id: string) => event(id, { reason: 'TaskHung', message: 'hung' })
    expect([tell(before, hung('a'), 0), tell(before, hung('b'), 0)]).toEqual(['held', 'held'])
    const after = ledger()
    after.apply(parseLines(renderLines(before.lines(0))))
    expect([tell(after, hung('b'), 1), tell(after, hung('c'), 1)]).toEqual(['known', 'create x3 hung'])
  })

  it('charges once for what comes again, and tells of one that grew by many as many as may be', () => {
    const to = ledger()
    for (let i = 0; i < 24; i++) tell(to, event(`line ${i}`), 0)
    for (let again = 0; again < 3; again++)
      expect(to.event(event('line 24'), 0)).toMatchObject({ kind: 'count', told: { count: 16 } })
    expect(tell(to, event('line 24'), 0)).toBe(`count x16 ${COMBINED}line 24`)
    const grown = ledger()
    expect(tell(grown, event('storm', { count: 20 }), 0)).toBe('create x20 storm')
    expect(tell(grown, event('storm', { count: 60 }), 0)).toBe('count x25 storm')
    expect(tell(grown, event('storm', { count: 61 }), FIVE_MINUTES)).toBe('count x61 storm')
  })
})
