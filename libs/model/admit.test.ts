import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admitReport } from './admit.ts'
import { hasOwnKey } from './admit-event.ts'
import { admitReason } from './admit-words.ts'
import { INITIAL_CHECK } from './initial.ts'
import { DEFAULT_LIMITS, MAX_ENTITY, MAX_MESSAGE, MAX_REASON } from './limits.ts'
import { bytesOf, NO_HOLDINGS } from './room.ts'
import { conditionType, declaration, event, observation, report, T0 } from './testing.ts'
import type { Report } from './types.ts'

const now = new Date(T0)
const declared = declaration('plugin', [conditionType('GPUHealthy')], { open: true, origin: 'discovered' })
const admission = {
  declaration: declared,
  limits: DEFAULT_LIMITS,
  owner: (type: string) => (type === 'DiskFull' ? 'system' : undefined),
  holdings: NO_HOLDINGS,
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

  it('has the end of an event that is no time replaced by its beginning', () => {
    const { report: admitted } = admit({
      events: [event('plugin', 'Xid', { firstSeen: now, lastSeen: new Date(Number.NaN) })],
    })
    expect(admitted.events[0]).toMatchObject({ firstSeen: now, lastSeen: now })
  })

  it('has the values of labels as long as a list of kernel modules may be, of a monitor of ours alone', () => {
    const value = 'nvidia_modeset,'.repeat(20)
    const metrics = [{ name: 'system_os_feature', labels: { value, empty: '' }, value: 1 }]
    const admitted = (origin: 'built-in' | 'configured') =>
      admit({ metrics }, { declaration: { ...declared, origin } }).report.metrics[0]?.labels
    expect(admitted('built-in')).toEqual({ value, empty: '' })
    expect(admitted('configured')).toEqual({ value: `${value.slice(0, MAX_ENTITY - 1)}…`, empty: '' })
  })

  it('has the check that measured a sample, cleaned, of a monitor of ours alone', () => {
    const sample = { name: 'problem_counter', labels: { reason: 'R' }, value: 5 }
    const metrics = [{ ...sample, check: 'kernel\n-monitor' }, sample]
    const admitted = (origin: 'built-in' | 'configured') =>
      admit({ metrics }, { declaration: { ...declared, origin } }).report.metrics
    expect(admitted('built-in')).toEqual([{ ...sample, check: 'kernel -monitor' }, sample])
    expect(admitted('configured')).toEqual([sample, sample])
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
      { holdings: { ...NO_HOLDINGS, conditions: DEFAULT_LIMITS.conditionsPerMonitor - 3 } },
    )
    expect(admitted.observations).toHaveLength(3)
    expect(violations[0]?.text).toBe('7 new conditions were refused: one monitor may have 2048')
  })

  it('may not have more entities of one type, nor plug-ins more conditions together, than there is room for', () => {
    const observations = ['a', 'b', 'c'].map((name) => observation('GPUHealthy', 'healthy', { entity: `gpu:${name}` }))
    const some = { ...NO_HOLDINGS, entities: () => DEFAULT_LIMITS.entitiesPerType - 1 }
    const one = admit({ observations }, { holdings: some })
    expect(one.report.observations).toHaveLength(1)
    expect(one.violations.map(({ text }) => text)).toEqual([
      '2 new conditions were refused: one type may have 512 entities, and GPUHealthy has them',
    ])
    const full = { ...NO_HOLDINGS, ofPlugIns: DEFAULT_LIMITS.conditionsOfPlugIns }
    expect(admit({ observations }, { holdings: full }).violations.map(({ text }) => text)).toEqual([
      '3 new conditions were refused: all plug-ins together may have 4096',
    ])
  })

  it('has its words cut short, never its health, when they take too much of the bus', () => {
    const long = (i: number) =>
      observation('GPUHealthy', 'problem', { entity: `gpu:${i}`, message: '\u20ac'.repeat(1024) })
    const { report: admitted, violations } = admit(
      { observations: Array.from({ length: 2048 }, (_, i) => long(i)) },
      {
        limits: { ...DEFAULT_LIMITS, entitiesPerType: 4096, observationsPerReport: 4096 },
      },
    )
    expect(admitted.observations).toHaveLength(2048)
    expect(admitted.observations.every(({ health }) => health === 'problem')).toBe(true)
    expect(admitted.observations[0]?.message).toHaveLength(1024)
    expect(admitted.observations.at(-1)?.message).toHaveLength(80)
    const bytes = admitted.observations.reduce((sum, one) => sum + bytesOf(one), 0)
    expect(bytes).toBeLessThan(2 * DEFAULT_LIMITS.bytesPerMonitor)
    expect(violations.map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^the words of \d+ conditions were cut short: those of one monitor may be 1024 KiB together$/,
      ),
    ])
  })

  it('keeps its times for a day when it is numbered, since its monitor may have kept it for so long', () => {
    const hourAgo = new Date(T0 - 3_600_000)
    const told = { time: hourAgo, events: [event('plugin', 'Xid', { firstSeen: hourAgo, lastSeen: hourAgo })] }
    const kept = admit(told)
    expect(kept.violations).toEqual([])
    expect(kept.report).toMatchObject({ time: hourAgo, events: [{ firstSeen: hourAgo, lastSeen: hourAgo }] })
    const ran = { check: 'check', checkType: '', durationUs: 1, error: '', intervalMs: 1000 }
    const inAMinute = new Date(now.getTime() + 60_000)
    const runs = [hourAgo, inAMinute].map((started) => ({ ...ran, started }))
    // A run proves what it names: it never proves it later than it was made.
    expect(admit(report([], { runs })).report.runs.map(({ started }) => started)).toEqual([hourAgo, now])
    expect(admit({ ...told, incarnation: 0 }).report.time).toEqual(now)
    const tomorrow = new Date(T0 + 86_400_000)
    expect(admit({ time: tomorrow }).violations.map(({ text }) => text)).toEqual([
      'the report says 2026-05-13T03:14:20.000Z, more than 5 min from now; the time of its arrival stands',
    ])
  })

  it('speaks for no check that its monitor does not declare', () => {
    const checks = [{ check: 'own', conditionTypes: ['GPUHealthy'], dependsOn: [] }]
    const { report: admitted } = admit(
      {
        observations: ['own', 'cpu'].map((check) => observation('GPUHealthy', 'problem', { check, entity: check })),
        events: ['own', 'cpu'].map((check) => event('plugin', 'GpuXid', { id: check, check })),
      },
      { declaration: { ...declared, checks } },
    )
    expect(admitted.observations.map(({ check }) => check)).toEqual(['own', ''])
    // The problem that such an event opens ends by its absence, not with a check that never was.
    expect(admitted.events.map(({ check }) => check)).toEqual(['own', ''])
  })

  it('does not say that nobody has looked', () => {
    const said = (checks: readonly string[]) =>
      admit(
        { observations: [observation('GPUHealthy', 'healthy', { check: INITIAL_CHECK })] },
        {
          declaration: {
            ...declared,
            checks: checks.map((check) => ({ check, conditionTypes: ['GPUHealthy'], dependsOn: [] })),
          },
        },
      ).report.observations.map(({ check }) => check)
    expect(said([])).toEqual([''])
    expect(said([INITIAL_CHECK])).toEqual([''])
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

  it('knows an event by the key that its monitor gives it, in whatever report it comes, and takes no other id', () => {
    const ids = (sequence: number, id: string, by = 'plugin') => {
      const told = report([], { sequence, events: [{ ...event('plugin', 'Xid'), id }] })
      const whose = { ...admission, declaration: { ...admission.declaration, name: by } }
      return admitReport(told, whose, now).report.events.map((admitted) => admitted.id)
    }
    const [id = ''] = ids(5, 'key:boot-1 42')
    expect(id).toMatch(/^plugin\.[0-9a-f]{16}$/)
    expect(hasOwnKey({ id, monitor: 'plugin' })).toBe(true)
    expect(ids(6, 'key:boot-1 42')).toEqual([id])
    expect(ids(5, 'key:boot-1 43')).not.toEqual([id])
    expect(ids(5, 'key:boot-1 42', 'other')).not.toEqual([id])
    expect(ids(5, id)).toEqual(['plugin-7-5-0'])
    expect(hasOwnKey({ id: 'plugin-7-5-0', monitor: 'plugin' })).toBe(false)
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
          id: fc.oneof(
            text,
            text.map((key) => `key:${key}`),
          ),
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
          expect(e.firstSeen.getTime() - T0).toBeLessThanOrEqual(300_000)
          expect(T0 - e.firstSeen.getTime()).toBeLessThanOrEqual(86_400_000)
          expect(e.lastSeen.getTime()).toBeGreaterThanOrEqual(e.firstSeen.getTime())
          expect(Number.isInteger(e.count) && e.count >= 1).toBe(true)
        }
        for (const s of out.metrics) expect(Number.isFinite(s.value)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})
