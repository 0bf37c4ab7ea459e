import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admitReason, admitReport, DEFAULT_LIMITS, MAX_ENTITY, MAX_MESSAGE, MAX_REASON } from './admit.ts'
import { conditionType, declaration, event, observation, report, T0 } from './testing.ts'
import type { Report } from './types.ts'

const now = new Date(T0)
const declared = declaration('plugin', [conditionType('GPUHealthy')], { open: true, origin: 'discovered' })
const admission = {
  declaration: declared,
  limits: DEFAULT_LIMITS,
  owner: (type: string) => (type === 'DiskFull' ? 'system' : undefined),
  conditions: 0,
}

function admit(more: Partial<Report>, changed: Partial<typeof admission> = {}) {
  return admitReport(report([], more), { ...admission, ...changed }, now)
}

describe('a report of a monitor', () => {
  it('is refused a condition that belongs to another monitor, and keeps the rest', () => {
    const { report: admitted, violations } = admit({
      observations: [observation('DiskFull', 'healthy'), observation('GPUHealthy', 'problem')],
    })
    expect(admitted.observations.map(({ type }) => type)).toEqual(['GPUHealthy'])
    expect(violations).toEqual([
      { code: 'type-not-owned', text: 'condition DiskFull was refused: it belongs to system' },
    ])
  })

  it('is refused a type that a closed declaration does not name', () => {
    const closed = { ...declared, open: false }
    expect(admit({ observations: [observation('Other', 'healthy')] }, { declaration: closed }).violations).toEqual([
      { code: 'type-not-owned', text: 'condition Other was refused: it declares no such type' },
    ])
  })

  it('has times of 1970 and 2100 replaced by the time of its arrival', () => {
    for (const year of [1970, 2100]) {
      const when = new Date(Date.UTC(year, 0, 1))
      const { report: admitted, violations } = admit({
        time: when,
        events: [event('plugin', 'Xid', { firstSeen: when, lastSeen: when })],
      })
      expect(admitted.time).toEqual(now)
      expect(admitted.events[0]).toMatchObject({ firstSeen: now, lastSeen: now })
      expect(violations.map(({ code }) => code)).toEqual(['time-senseless', 'time-senseless'])
    }
  })

  it('has a reason of 64 KB with line breaks cut to a name', () => {
    const reason = `Bad\r\nPUB nd.problem.opened.Fake 0\r\n${'x'.repeat(65_536)}`
    const admitted = admitReason(reason)
    expect(admitted).toMatch(/^BadPUBnd\.problem\.opened\.Fake0x+-[0-9a-f]{8}$/)
    expect(admitted.length).toBeLessThanOrEqual(MAX_REASON)
  })

  it('may not bring more new conditions than its monitor has room for', () => {
    const observations = Array.from({ length: 10 }, (_, i) =>
      observation('GPUHealthy', 'healthy', { entity: `gpu:${i}` }),
    )
    const { report: admitted, violations } = admit(
      { observations },
      { conditions: DEFAULT_LIMITS.conditionsPerMonitor - 3 },
    )
    expect(admitted.observations).toHaveLength(3)
    expect(violations[0]?.text).toBe('7 new conditions were refused: one monitor may have 2048')
  })

  it('counts the last word on a condition that it names twice', () => {
    const { report: admitted } = admit({
      observations: [observation('GPUHealthy', 'problem'), observation('GPUHealthy', 'healthy')],
    })
    expect(admitted.observations.map(({ health }) => health)).toEqual(['healthy'])
  })

  it('gives the same ids to its events at every delivery', () => {
    const one = report([], { sequence: 5, events: [event('plugin', 'Xid'), event('plugin', 'Xid')] })
    const ids = () => admitReport(one, admission, now).report.events.map(({ id }) => id)
    expect(ids()).toEqual(['plugin-7-5-0', 'plugin-7-5-1'])
    expect(ids()).toEqual(ids())
  })

  it('never throws, and comes out within its limits whatever it holds', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3000 }),
      fc.constant('\u202egnp.exe\u0000\n'),
      fc.constant('x'.repeat(70_000)),
    )
    const anyDate = fc.date({ noInvalidDate: false })
    const anyReport = fc.record({
      observations: fc.array(
        fc.record({
          type: text,
          entity: text,
          reason: text,
          message: text,
          summary: text,
          health: fc.constantFrom('healthy', 'problem', 'unknown'),
          severity: fc.constantFrom('info', 'critical'),
          since: anyDate,
          check: text,
        }),
        { maxLength: 5 },
      ),
      events: fc.array(
        fc.record({
          check: text,
          reason: text,
          message: text,
          entity: text,
          firstSeen: anyDate,
          lastSeen: anyDate,
          count: fc.double(),
          severity: fc.constantFrom('info', 'error'),
        }),
        { maxLength: 5 },
      ),
      metrics: fc.array(
        fc.record({ name: text, labels: fc.dictionary(text, text, { maxKeys: 10 }), value: fc.double() }),
        { maxLength: 5 },
      ),
      runs: fc.array(
        fc.record({
          check: text,
          checkType: text,
          started: anyDate,
          durationUs: fc.double(),
          error: text,
          next: anyDate,
          intervalMs: fc.double(),
        }),
        { maxLength: 3 },
      ),
      time: anyDate,
    })
    fc.assert(
      fc.property(anyReport, (raw) => {
        const { report: out } = admitReport({ ...report([]), ...(raw as unknown as Partial<Report>) }, admission, now)
        for (const o of out.observations) {
          expect(o.type).toMatch(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/)
          expect(o.entity.length).toBeLessThanOrEqual(MAX_ENTITY)
          expect(o.message.length).toBeLessThanOrEqual(MAX_MESSAGE)
          expect(`${o.entity}${o.reason}${o.message}${o.summary}`).not.toMatch(
            /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/,
          )
        }
        for (const e of out.events) {
          expect(e.reason).toMatch(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/)
          expect(Math.abs(e.firstSeen.getTime() - T0)).toBeLessThanOrEqual(300_000)
          expect(e.lastSeen.getTime()).toBeGreaterThanOrEqual(e.firstSeen.getTime())
          expect(Number.isInteger(e.count) && e.count >= 1).toBe(true)
        }
        for (const s of out.metrics) expect(Number.isFinite(s.value)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})
