import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admitReason } from '#model'
import { CheckResponse, DescribeResponse, WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { MonitorMetadata, Status } from '#proto/npd/external/v1/external_monitor.ts'
import { HEARTBEAT_MAX_MS as DETECTOR_MAX_MS, declarationOfDescribe } from '../../detector/monitors/declare.ts'
import { HEARTBEAT_MAX_MS } from './ask-monitor.ts'
import { isReasonName, isTypeName } from './limits.ts'
import { judgeAll, RULES } from './rules.ts'
import type { ExternalFacts, Facts, MonitorFacts, Outcome, Stream, Trial } from './types.ts'

const text = fc.oneof(
  fc.constantFrom('', 'gpu', 'GPUHot', 'GPUHealthy', 'v1', 'a\nb', '\u202e\u0000', 'x'.repeat(70), 'y'.repeat(2000)),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const number = fc.oneof(fc.constantFrom(0, 1, 2, 3, 60_000, 2 ** 53 - 1), fc.integer())
const time = fc.oneof(fc.constantFrom(undefined, new Date(0), new Date(Number.NaN)), fc.date())
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 })

const event = fc.record({ severity: number, timestamp: time, reason: text, message: text })
const condition = fc.record({ type: text, status: number, transition: time, reason: text, message: text })
const status = fc
  .record({ source: text, events: few(event), conditions: few(condition) })
  .map((more) => Status.fromPartial(more as never))
const metadata = fc
  .record({ name: text, version: text, description: text, supportedConditions: few(text), apiVersion: text })
  .map((more) => MonitorMetadata.fromPartial(more))
const seen = fc.record({ type: text, entity: text, health: number, reason: text, message: text, since: time })
const report = fc.record({
  incarnation: number,
  sequence: number,
  time,
  observations: few(seen),
  events: few(fc.record({ severity: number, reason: text, message: text, firstSeen: time })),
  metrics: few(fc.record({ name: text, value: fc.double() })),
  complete: few(text),
})
const described = fc
  .record({
    name: text,
    version: text,
    incarnation: number,
    heartbeatIntervalMs: number,
    conditionTypes: few(fc.record({ type: text, polarity: number, verbatim: fc.boolean() })),
    eventReasons: few(fc.record({ reason: text, severity: number, verbatim: fc.boolean() })),
    metrics: few(fc.record({ name: text, kind: text })),
    checks: few(fc.record({ check: text, conditionTypes: few(text) })),
  })
  .map((more) => DescribeResponse.fromPartial(more as never))

function outcome<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Outcome<T>> {
  const at = new Date()
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('answered' as const),
        value,
        bytes: fc.nat(),
        ms: fc.nat(),
        at: fc.constant(at),
      }),
    },
    fc.record({
      kind: fc.constant('failed' as const),
      code: fc.constantFrom('UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL', 'NOT_FOUND'),
      details: text,
      ms: fc.nat(),
    }),
    fc.constant({ kind: 'not-asked' as const, why: 'it has not answered since two calls at once' }),
  )
}

function trial<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Trial<T>> {
  return fc.record({ answers: few(outcome(value)), after: outcome(value), isAnother: fc.boolean() })
}

const check = outcome(
  fc.record({ report: fc.option(report, { nil: undefined }) }).map((more) => CheckResponse.fromPartial(more as never)),
)
const stream: fc.Arbitrary<Stream> = fc.record({
  heard: few(
    fc.record({ report: fc.option(report, { nil: undefined }) }).map((more) => {
      return { value: WatchResponse.fromPartial(more as never), at: new Date() }
    }),
  ),
  error: text,
})
const external: fc.Arbitrary<ExternalFacts> = fc.record({
  metadata: outcome(metadata),
  first: outcome(status),
  second: outcome(status),
  atOnce: trial(status),
  fields: trial<unknown>(status),
  unknownParameter: trial(status),
  absurd: trial(status),
  cancelled: trial(status),
  restarted: outcome(status),
  idle: outcome(status),
})
const ms = fc.option(fc.nat(), { nil: undefined })
const monitor: fc.Arbitrary<MonitorFacts> = fc.record({
  describe: outcome(described),
  again: trial(described),
  all: check,
  one: check,
  stranger: check,
  first: stream,
  startMs: ms,
  isCheckTold: fc.boolean(),
  silentMs: ms,
  second: stream,
  acknowledged: fc.nat({ max: 5 }),
  third: stream,
  cleared: trial(described),
  atOnce: trial(fc.constant(CheckResponse.fromPartial({}))),
  cancelled: trial(fc.constant(CheckResponse.fromPartial({}))),
})
const facts: fc.Arbitrary<Facts> = fc.record({
  options: fc.constant({ socket: '/s', timeoutMs: 10, idleMs: 10, parameters: {}, stop: false, restart: undefined }),
  socket: fc.record({
    path: text,
    kind: fc.constantFrom('socket', 'link', 'other'),
    mode: fc.nat({ max: 0o7777 }),
    gid: fc.nat({ max: 3 }),
    ownGroups: few(fc.nat({ max: 3 })),
  }),
  external: fc.option(external, { nil: undefined }),
  monitor: fc.option(monitor, { nil: undefined }),
  notSpoken: text,
  health: outcome(fc.record({ status: number })),
  reflection: outcome(few(text)),
  end: fc.record({
    stops: few(outcome(fc.constant({}))),
    isOver: fc.boolean(),
    isFileLeft: fc.boolean(),
    restart: fc.oneof(
      fc.record({ kind: fc.constantFrom('not-tried' as const, 'failed' as const), why: fc.constant('so') }),
      fc.record({ kind: fc.constant('back' as const), ms: fc.nat(), wasStale: fc.boolean() }),
    ),
  }),
})

describe('whatever a plug-in says', () => {
  it('each rule has its verdict, in one clean line that fits into the table', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const results = judgeAll(all)
        expect(results.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id))
        for (const { detail } of results) {
          expect(detail).not.toMatch(/\p{Cc}|[\u202a-\u202e\u200b]/u)
          expect([detail.length > 0, detail.length <= 500]).toEqual([true, true])
        }
      }),
    )
  })

  it('nothing is broken by what was not asked', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const notAsked = { kind: 'not-asked', why: 'it was not' } as const
        const silent = { ...all, external: undefined, monitor: undefined, health: notAsked, reflection: notAsked }
        const broken = judgeAll({ ...silent, end: { ...all.end, restart: { kind: 'not-tried', why: 'it was not' } } })
        const failed = broken.filter(({ result }) => result === 'fail').map(({ id }) => id)
        expect(failed.filter((id) => !id.startsWith('socket-'))).toEqual(['protocol'])
      }),
    )
  })
})

const known = { name: 'gpu', origin: 'configured', socket: '', conditions: [], expected: true } as const

describe('what conforms', () => {
  it('is a type that the detector takes, and what does not is none', () => {
    fc.assert(
      fc.property(text, (type) => {
        const said = DescribeResponse.fromPartial({ conditionTypes: [{ type }] })
        const { declaration } = declarationOfDescribe(said, known, () => true)
        expect(isTypeName(type)).toBe(declaration.conditionTypes.has(type))
      }),
    )
  })

  it('is a reason that is shown as it is', () => {
    fc.assert(fc.property(text, (reason) => void expect(isReasonName(reason)).toBe(admitReason(reason) === reason)))
  })

  it('is a heartbeat that the detector believes', () => {
    expect(HEARTBEAT_MAX_MS).toBe(DETECTOR_MAX_MS)
  })
})
