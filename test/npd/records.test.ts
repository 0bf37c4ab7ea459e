import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalOf, type Seen } from './canonical.ts'
import { differencesOf, verdictOf } from './compare.ts'
import { eventOf } from './protobuf.ts'

/** As node-problem-detector v1.36.0 posted it. */
const POSTED =
  'azhzAAoLCgJ2MRIFRXZlbnQSqAIKMAoZd29ya2VyLTEuMThlY2EyYmY4ZTkxMjAzZRIAGgdkZWZhdWx0IgAqADIAOABCABIcCgROb2RlEgAaCHdvcmtlci0xIgAqAnYxMgA6ABoJTlRQSXNEb3duIlxOb2RlIGNvbmRpdGlvbiBOVFBQcm9ibGVtIGlzIG5vdzogVHJ1ZSwgcmVhc29uOiBOVFBJc0Rvd24sIG1lc3NhZ2U6ICJkaXNrIDkwJSFmKE1JU1NJTkcpdWxsIiolChludHAtY3VzdG9tLXBsdWdpbi1tb25pdG9yEgh3b3JrZXItMTIICK++stgGEAA6CAivvrLYBhAAQAFKB1dhcm5pbmdSAGIAchludHAtY3VzdG9tLXBsdWdpbi1tb25pdG9yegh3b3JrZXItMRoAIgA='

const FROM = Date.parse('2026-11-29T21:00:00Z')
const nothing: Seen = {
  exitCode: undefined,
  endCode: 0,
  requests: [],
  metrics: undefined,
  conditions: undefined,
  healthz: 'ok',
  folder: '/tmp/npd-case-1',
  fromMs: FROM,
  toMs: FROM + 60_000,
}

function patch(...conditions: readonly Record<string, string>[]) {
  const body = { status: { conditions } }
  return {
    method: 'PATCH',
    path: '/api/v1/nodes/worker-1/status',
    verb: 'patch',
    resource: 'nodes/status',
    code: 200,
    body,
  }
}

describe('an event in protobuf', () => {
  it('is what JSON would say', () => {
    expect(eventOf(Buffer.from(POSTED, 'base64'))).toMatchObject({
      kind: 'Event',
      metadata: { name: 'worker-1.18eca2bf8e91203e', namespace: 'default' },
      involvedObject: { kind: 'Node', name: 'worker-1', apiVersion: 'v1' },
      reason: 'NTPIsDown',
      message: 'Node condition NTPProblem is now: True, reason: NTPIsDown, message: "disk 90%!f(MISSING)ull"',
      source: { component: 'ntp-custom-plugin-monitor', host: 'worker-1' },
      count: 1,
      type: 'Warning',
      reportingComponent: 'ntp-custom-plugin-monitor',
    })
    expect(eventOf(Buffer.from('{}'))).toBeUndefined()
  })
})

describe('a record', () => {
  it('has each change of a condition once, and times of its run as now', () => {
    const clear = { type: 'A', status: 'False', reason: 'Ok', message: 'in /tmp/npd-case-1/x' }
    const lastTransitionTime = '2026-11-29T21:00:01Z'
    const requests = [
      patch({ ...clear, lastTransitionTime, lastHeartbeatTime: '2026-11-29T21:00:01Z' }),
      patch({ ...clear, lastTransitionTime, lastHeartbeatTime: '2026-11-29T21:00:31Z' }),
      patch({ ...clear, status: 'True', lastTransitionTime: '2026-11-28T20:00:00Z' }),
    ]
    expect(canonicalOf({ ...nothing, requests })['conditions']).toEqual({
      A: [
        { type: 'A', status: 'False', reason: 'Ok', message: 'in {folder}/x', transition: 'now' },
        { type: 'A', status: 'True', reason: 'Ok', message: 'in {folder}/x', transition: '2026-11-28T20:00:00.000Z' },
      ],
    })
  })

  it('counts an event that is told again', () => {
    const metadata = { name: 'worker-1.1', namespace: 'default' }
    const event = {
      resource: 'events',
      code: 201,
      method: 'POST',
      verb: 'create',
      path: '/api/v1/namespaces/default/events',
    }
    const requests = [
      { ...event, body: { metadata, reason: 'Bad', message: 'm', type: 'Warning', count: 1 } },
      { ...event, verb: 'patch', code: 200, path: `${event.path}/worker-1.1`, body: { count: 4 } },
      { ...event, code: 409, body: { metadata: { name: 'other' }, reason: 'Refused' } },
    ]
    expect(canonicalOf({ ...nothing, requests })['events']).toMatchObject([
      { reason: 'Bad', count: 4, namespace: 'default' },
    ])
  })

  it('has series, types and helps of /metrics', () => {
    const metrics = '# HELP a Words of it.\n# TYPE a counter\na{b="x",c=""} 6.5e+09\nd 1\n'
    expect(canonicalOf({ ...nothing, metrics })['metrics']).toEqual({
      families: { a: { help: 'Words of it.', type: 'counter' } },
      series: { 'a{b="x",c=""}': 6.5e9, d: 1 },
    })
  })
})

describe('two records', () => {
  const record = (series: Record<string, number>) => ({ exit: 'ran', metrics: { series } })

  it('differ where one lacks something or has another value, each place for itself', () => {
    const differences = differencesOf(record({ a: 1, b: 2 }), record({ a: 1, c: 2 }), {})
    expect(differences.map(({ at, npd, ours }) => [at, npd, ours])).toEqual([
      ['metrics.series.b', 2, undefined],
      ['metrics.series.c', undefined, 2],
    ])
    expect(verdictOf(differences)).toBe('differs')
  })

  it('are the same within what a case allows, and differ as it is meant where it names the bug', () => {
    const judged = {
      tolerance: { 'metrics.series.load': 0.1 },
      allowed: [{ at: 'metrics.series.net_', by: 'B2' as const }],
    }
    expect(differencesOf(record({ load: 1 }), record({ load: 1.05 }), judged)).toEqual([])
    expect(verdictOf(differencesOf(record({ load: 1 }), record({ load: 1.5 }), judged))).toBe('differs')
    const meant = differencesOf(record({ net_rx: 3 }), record({ net_rx: 1 }), judged)
    expect(meant).toEqual([{ at: 'metrics.series.net_rx', npd: 3, ours: 1, by: 'B2' }])
    expect(verdictOf(meant)).toBe('meant')
  })

  it('are the same where one was told how a condition begins, and the other only what was seen then', () => {
    const told = (...statuses: readonly string[]) => ({ conditions: { Bad: statuses.map((status) => ({ status })) } })
    expect(differencesOf(told('True'), told('False', 'True'), {})).toEqual([])
    expect(differencesOf(told('False', 'Unknown', 'True'), told('Unknown', 'True'), {})).toEqual([])
    for (const [npd, ours] of [
      [told('False'), told('False', 'True')],
      [told('True'), told('Unknown', 'True')],
      [told(), told('False')],
      [told('True', 'False', 'True'), told('True')],
    ] as const)
      expect(verdictOf(differencesOf(npd, ours, {}))).toBe('differs')
  })

  it('that are one are the same, whatever they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (one) => {
        expect(verdictOf(differencesOf(one, structuredClone(one), {}))).toBe('same')
      }),
    )
  })
})
