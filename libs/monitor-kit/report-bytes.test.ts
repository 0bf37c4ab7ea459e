import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Report } from '#model'
import { WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { Report as ProtoReport } from '#proto/nodedoctor/v1/types.ts'
import { toProtoReport } from '#wire'
import { eventOf, observationOf, samplesOf } from './findings.ts'
import { bytesOfReport, bytesOfResponse, bytesOfSamples, costOf, encodeSaid, thingsOf } from './report-bytes.ts'

const text = fc.string({ maxLength: 60, unit: 'binary' })
const time = fc.date({ min: new Date(0), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })

const observation = fc
  .record({
    type: text,
    entity: text,
    health: fc.constantFrom('healthy' as const, 'unknown' as const, 'problem' as const),
    reason: text,
    message: text,
    since: fc.option(time),
    at: time,
  })
  .map(({ at, since, ...finding }) => observationOf(since === null ? finding : { ...finding, since }, 'disk', at))
const event = fc
  .record({ reason: text, message: text, severity: fc.constantFrom('info' as const, 'error' as const), at: time })
  .map(({ at, ...happening }) => eventOf(happening, { monitor: 'tiny', check: 'disk', now: at }))
const samples = fc.array(fc.record({ name: text, labels: fc.dictionary(text, text), value: fc.double() }), {
  maxLength: 5,
})
const run = fc.record({
  check: text,
  checkType: text,
  started: time,
  durationUs: fc.nat(),
  error: text,
  next: fc.option(time, { nil: undefined }),
  intervalMs: fc.nat(),
})
const anyReport: fc.Arbitrary<Report> = fc.record({
  incarnation: fc.integer({ min: 1, max: 2 ** 47 }),
  sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  time,
  observations: fc.array(observation, { maxLength: 5 }),
  events: fc.array(event, { maxLength: 5 }),
  metrics: samples.map(samplesOf),
  runs: fc.array(run, { maxLength: 3 }),
  withdrawn: fc.array(fc.record({ type: text, entity: text }), { maxLength: 3 }),
  complete: fc.array(text, { maxLength: 3 }),
})

describe('a report’s bytes', () => {
  it('are the report but for its samples, put together from what was said and what the monitor adds', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const bytes = bytesOfReport(report, encodeSaid(report))
        const whole = ProtoReport.encode(toProtoReport({ ...report, metrics: [] })).finish()
        expect(ProtoReport.decode(bytes)).toEqual(ProtoReport.decode(whole))
        expect(bytes.length).toBe(whole.length)
        expect(bytesOfReport(report)).toEqual(bytes)
      }),
    )
  })

  it('are of what it says now, also where its lists were made anew since they were encoded', () => {
    fc.assert(
      fc.property(anyReport, observation, (report, more) => {
        const longer = { ...report, observations: [...report.observations, more] }
        expect(bytesOfReport(longer, encodeSaid(report))).toEqual(bytesOfReport(longer))
      }),
    )
  })

  it('in a response are what the generated code makes of report, samples, time and number dropped', () => {
    fc.assert(
      fc.property(anyReport, time, fc.nat(), (report, now, dropped) => {
        const bytes = bytesOfResponse([bytesOfReport(report), bytesOfSamples(report.metrics)], { time: now, dropped })
        const whole = WatchResponse.encode({ report: toProtoReport(report), time: now, dropped }).finish()
        expect(WatchResponse.decode(bytes)).toEqual(WatchResponse.decode(whole))
        expect(bytes.length).toBe(whole.length)
      }),
    )
  })

  it('of no report make a heartbeat, to the byte', () => {
    fc.assert(
      fc.property(time, fc.nat(), (now, dropped) => {
        const heartbeat = WatchResponse.encode({ report: undefined, time: now, dropped }).finish()
        expect(bytesOfResponse([], { time: now, dropped })).toEqual(heartbeat)
      }),
    )
  })

  it('are none where nothing was said, and no samples are told', () => {
    expect(encodeSaid({ observations: [], events: [], withdrawn: [] }).bytes).toHaveLength(0)
    expect(bytesOfSamples([])).toHaveLength(0)
  })
})

describe('a report’s cost', () => {
  it('is one, and one more for each 64 things in it', () => {
    expect([0, 63, 64, 127, 128].map(costOf)).toEqual([1, 1, 2, 2, 3])
  })

  it('counts what is said, withdrawn and run', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const { observations, events, runs, withdrawn } = report
        expect(thingsOf(report)).toBe([observations, events, runs, withdrawn].flat().length)
      }),
    )
  })
})
