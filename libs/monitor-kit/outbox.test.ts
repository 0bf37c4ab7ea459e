import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Report as ProtoReport } from '#proto/nodedoctor/v1/types.ts'
import { eventOf, observationOf } from './findings.ts'
import { createReportOutbox, type ReportOutbox } from './outbox.ts'
import { emptyReport, healthy, problem } from './testing/scripted-monitor.ts'

const at = new Date('2026-05-12T03:14:20Z')
const quiet = () => emptyReport({ observations: [observationOf(healthy('DiskFull'), 'disk', at)] })
const loud = () => emptyReport({ observations: [observationOf(problem('DiskFull'), 'disk', at)] })

function firstOf(outbox: ReportOutbox): ProtoReport {
  return ProtoReport.decode(outbox.after(0)?.bytes ?? new Uint8Array())
}

function sequences(outbox: ReportOutbox): number[] {
  const found: number[] = []
  for (let next = outbox.after(0); next !== undefined; next = outbox.after(next.sequence)) found.push(next.sequence)
  return found
}

describe('the outbox', () => {
  it('numbers reports from 1 and keeps them until they are acknowledged', () => {
    const outbox = createReportOutbox(77)
    expect([outbox.add(quiet()).sequence, outbox.add(quiet()).sequence, outbox.add(loud()).sequence]).toEqual([1, 2, 3])
    outbox.acknowledge(77, 2)
    expect(sequences(outbox)).toEqual([3])
    outbox.acknowledge(77, 3)
    expect(sequences(outbox)).toEqual([])
  })

  it('knows no acknowledgement of another incarnation', () => {
    const outbox = createReportOutbox(77)
    outbox.add(loud())
    outbox.acknowledge(76, 1)
    expect(sequences(outbox)).toEqual([1])
  })

  it('that answered one who acknowledges nothing keeps every report, and says that it was had', async () => {
    const outbox = createReportOutbox(77, { reports: 2, bytes: 1e9 })
    const had: number[] = []
    outbox.onAcknowledged((sequence) => had.push(sequence))
    outbox.add(loud(), true)
    const room = outbox.room()
    outbox.answered(true)
    await room
    expect([had, sequences(outbox), outbox.acknowledgements]).toEqual([[1], [1], 0])
    outbox.acknowledge(77, 1)
    expect([had, sequences(outbox), outbox.acknowledgements]).toEqual([[1, 1], [], 1])
  })

  it('keeps the times of what it keeps, however late it is delivered', () => {
    const outbox = createReportOutbox(77)
    const [seen, told] = [new Date('2026-05-11T04:00:00Z'), new Date('2026-05-11T04:00:01Z')]
    const event = eventOf(
      { reason: 'OOMKill', severity: 'warning', message: '', at: seen },
      { monitor: 'tiny', check: 'memory', now: told },
    )
    const observation = observationOf({ ...problem('DiskFull'), since: seen }, 'disk', told)
    outbox.add(emptyReport({ time: told, observations: [observation], events: [event] }))
    expect(firstOf(outbox)).toMatchObject({
      time: told,
      observations: [{ observed: told, since: seen }],
      events: [{ firstSeen: seen, lastSeen: seen }],
    })
  })

  it('gives back what it was given, but for samples', () => {
    const outbox = createReportOutbox(77)
    outbox.add({ ...loud(), metrics: [{ name: 'm', labels: {}, value: 1 }] })
    expect(firstOf(outbox)).toMatchObject({
      incarnation: 77,
      sequence: 1,
      metrics: [],
      observations: [{ type: 'DiskFull', message: '96 % used', observed: at }],
    })
  })

  it('drops the oldest that says nothing is wrong first, and counts it', () => {
    const outbox = createReportOutbox(77, { reports: 3, bytes: 1e9 })
    for (const report of [loud(), quiet(), quiet(), loud()]) outbox.add(report)
    expect([sequences(outbox), outbox.dropped]).toEqual([[1, 3, 4], 1])
    outbox.add(loud())
    outbox.add(loud())
    expect([sequences(outbox), outbox.dropped]).toEqual([[4, 5, 6], 3])
  })

  it.each([
    ['reports', { reports: 10, bytes: 1e9 }, 1],
    ['bytes', { reports: 1e9, bytes: 4000 }, 400],
  ])(
    'gives up what the check has that fills it with %s, and nothing of others, and counts it',
    (_what, limits, length) => {
      const outbox = createReportOutbox(77, limits)
      for (let i = 0; i < 3; i++) outbox.add(loud(), false, 'calm')
      for (let i = 0; i < 100; i++) {
        const finding = { ...problem('DiskFull'), message: 'x'.repeat(length) }
        outbox.add(emptyReport({ observations: [observationOf(finding, 'noisy', at)] }), false, 'noisy')
      }
      outbox.add(quiet(), false, 'calm')
      expect(sequences(outbox).slice(0, 3)).toEqual([1, 2, 3])
      expect(sequences(outbox).at(-1)).toBe(104)
      expect(outbox.dropped + outbox.length).toBe(104)
    },
  )

  it('gives up what a cursor stands behind only where there is nothing else, of the check that has most of it', () => {
    const outbox = createReportOutbox(77, { reports: 4, bytes: 1e9 })
    outbox.add(loud(), true, 'calm')
    for (let i = 0; i < 3; i++) outbox.add(loud(), true, 'noisy')
    outbox.add(loud(), false, 'other')
    expect(sequences(outbox)).toEqual([1, 2, 3, 4])
    outbox.add(loud(), true, 'noisy')
    expect([sequences(outbox), outbox.dropped]).toEqual([[1, 3, 4, 6], 2])
  })

  it('lets each check that follows hold its share, whatever others hold', async () => {
    const outbox = createReportOutbox(77, { reports: 16, bytes: 1e9 }, 2)
    for (let i = 0; i < 4; i++) outbox.add(loud(), true, 'noisy')
    const waits = outbox.room('noisy')
    expect(waits).toBeInstanceOf(Promise)
    expect(outbox.room('calm')).toBeUndefined()
    outbox.acknowledge(77, 1)
    await waits
    expect(outbox.room('noisy')).toBeUndefined()
  })

  it('takes events of severity warning, what is unknown and what is withdrawn for no silence', () => {
    const event = { id: '', monitor: '', check: '', entity: '', reason: 'R', message: '', count: 1 }
    const times = { firstSeen: at, lastSeen: at }
    const outbox = createReportOutbox(77, { reports: 3, bytes: 1e9 })
    outbox.add(emptyReport({ events: [{ ...event, ...times, severity: 'warning' }] }))
    outbox.add(emptyReport({ withdrawn: [{ type: 'DiskFull', entity: '' }] }))
    outbox.add(emptyReport({ observations: [{ ...observationOf(healthy('A'), 'disk', at), health: 'unknown' }] }))
    outbox.add(emptyReport({ events: [{ ...event, ...times, severity: 'info' }] }))
    expect(sequences(outbox)).toEqual([1, 2, 3])
  })

  it('never holds more than it may, in reports and in bytes, and loses none without counting', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.record({ add: fc.constantFrom('quiet', 'loud'), bytes: fc.nat(900) }),
            fc.record({ ack: fc.nat(40) }),
          ),
          { maxLength: 60 },
        ),
        (steps) => {
          const outbox = createReportOutbox(77, { reports: 10, bytes: 4000 })
          let acknowledged = 0
          for (const step of steps) {
            if ('ack' in step) {
              const upTo = Math.min(step.ack, outbox.sequence)
              acknowledged += sequences(outbox).filter((sequence) => sequence <= upTo).length
              outbox.acknowledge(77, upTo)
            } else {
              const finding = step.add === 'loud' ? problem('DiskFull') : healthy('DiskFull')
              const observation = observationOf({ ...finding, message: 'x'.repeat(step.bytes) }, 'disk', at)
              outbox.add(emptyReport({ observations: [observation] }))
            }
            const kept = sequences(outbox)
            expect(kept.length).toBe(outbox.length)
            expect(outbox.length).toBeLessThanOrEqual(10)
            expect(kept).toEqual(kept.toSorted((a, b) => a - b))
            expect(outbox.sequence).toBe(kept.length + acknowledged + outbox.dropped)
          }
        },
      ),
    )
  })
})
