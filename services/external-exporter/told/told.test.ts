import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeCondition } from '#model'
import { ConditionStatus } from '#proto/npd/external/v1/external_monitor.ts'
import { ago, NOW, someCondition, someProblem } from '../../../libs/view/testing.ts'
import { batchContent, nextBatch, type Told, WORDS_EVERY_MS } from './batches.ts'
import { type Wished, wishedConditions, withdrawn } from './conditions.ts'
import { eventContent, missedContent } from './event.ts'
import { problemStep, type ToldStep } from './problem.ts'
import { aboutText } from './words.ts'

const LIVE = { state: 'live' } as const
const bad = (changes: Partial<NodeCondition> = {}) =>
  someCondition({
    status: 'True',
    health: 'problem',
    severity: 'critical',
    reason: 'Full',
    message: '96 % used',
    ...changes,
  })
const wish = (...all: NodeCondition[]) => wishedConditions(all, LIVE)

describe('a condition', () => {
  it('is TRUE where the problem is present, whatever its polarity', () => {
    const healthy = someCondition({ type: 'GPUHealthy', polarity: 'true-is-healthy', status: 'True' })
    const ill = bad({ type: 'GPUHealthy', polarity: 'true-is-healthy', status: 'False' })
    expect([wish(healthy), wish(ill)].map((all) => all.get('GPUHealthy')?.status)).toEqual([
      ConditionStatus.FALSE,
      ConditionStatus.TRUE,
    ])
  })

  it('of several entities is a problem as soon as one is, since its first, and says which', () => {
    const all = [
      someCondition({ entity: 'disk:/' }),
      bad({ entity: 'disk:/var', since: ago(60), action: 'contact-support' }),
      bad({ entity: 'disk:/opt', since: ago(90), severity: 'warning' }),
    ]
    expect(wish(...all).get('DiskFull')).toEqual({
      type: 'DiskFull',
      source: 'system',
      status: ConditionStatus.TRUE,
      reason: 'Full',
      message: '/var: 96 % used (and 1 more)',
      transition: ago(90),
      facts: { severity: 'critical', entity: 'disk:/var', check: 'disk', action: 'contact-support' },
    })
    const well = wish(someCondition({ entity: 'disk:/' }), someCondition({ since: ago(5) })).get('DiskFull')
    expect([well?.status, well?.transition, well?.facts]).toEqual([ConditionStatus.FALSE, ago(5), { check: 'disk' }])
  })

  it('is unknown while nobody vouches for it, and once nobody watches it', () => {
    const silent = wishedConditions([bad()], { state: 'silent', since: ago(3) }).get('DiskFull')
    expect(silent).toMatchObject({
      status: ConditionStatus.UNKNOWN,
      reason: 'DetectorUnreachable',
      transition: ago(3),
      source: 'node-doctor',
    })
    expect(withdrawn('DiskFull', NOW)).toMatchObject({
      status: ConditionStatus.UNKNOWN,
      reason: 'NoLongerWatched',
      transition: NOW,
    })
  })

  it('never is well while an entity is not', () => {
    const health = fc.constantFrom('healthy', 'problem', 'unknown') as fc.Arbitrary<NodeCondition['health']>
    fc.assert(
      fc.property(fc.array(health, { minLength: 1, maxLength: 6 }), (healths) => {
        const told = wish(...healths.map((one, index) => someCondition({ entity: `disk:/${index}`, health: one }))).get(
          'DiskFull',
        )
        const expected = healths.includes('problem') ? 'TRUE' : healths.includes('unknown') ? 'UNKNOWN' : 'FALSE'
        expect(told?.status).toBe(ConditionStatus[expected])
      }),
    )
  })
})

describe('a batch', () => {
  const told = (all: Map<string, Wished>, atMs = 0): Map<string, Told> =>
    new Map([...all].map(([type, wished]) => [type, { wished, atMs }]))
  const types = (batch: readonly Wished[]) => batch.map(({ type }) => type)

  it('has what differs, of one source, by type; words alone once a minute', () => {
    const before = wish(
      someCondition(),
      someCondition({ type: 'MemoryLow' }),
      someCondition({ type: 'A', sources: ['network'] }),
    )
    expect(types(nextBatch(before, new Map(), 0))).toEqual(['DiskFull', 'MemoryLow'])
    expect(nextBatch(before, told(before), 0)).toEqual([])
    const worded = wish(someCondition({ message: '78 % used' }), someCondition({ type: 'MemoryLow', reason: 'Enough' }))
    expect(types(nextBatch(worded, told(before), WORDS_EVERY_MS - 1))).toEqual(['MemoryLow'])
    expect(types(nextBatch(worded, told(before), WORDS_EVERY_MS))).toEqual(['DiskFull', 'MemoryLow'])
  })

  it('tells everything in the end, each once', () => {
    const names = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.constantFrom('a', 'b', 'c')), {
      selector: ([type]) => type,
      maxLength: 150,
    })
    fc.assert(
      fc.property(names, (all) => {
        const wished = wish(...all.map(([type, source]) => someCondition({ type: `T${type}`, sources: [source] })))
        const known = new Map<string, Told>()
        let calls = 0
        for (let batch = nextBatch(wished, known, 0); batch.length > 0; batch = nextBatch(wished, known, 0)) {
          calls++
          expect(new Set(batch.map(({ source }) => source)).size).toBe(1)
          for (const one of batch) {
            expect(known.has(one.type)).toBe(false)
            known.set(one.type, { wished: one, atMs: 0 })
          }
        }
        expect([known.size, calls <= 6]).toEqual([wished.size, true])
      }),
    )
  })

  it('names the facts of each condition', () => {
    expect(batchContent([...wish(bad()).values()], 'k')).toEqual({
      key: 'k',
      status: {
        source: 'system',
        events: [],
        conditions: [
          {
            type: 'DiskFull',
            status: ConditionStatus.TRUE,
            reason: 'Full',
            message: '/var: 96 % used',
            transition: ago(4320),
          },
        ],
      },
      context: {
        kind: 'conditions',
        monitor: 'system',
        'severity.DiskFull': 'critical',
        'entity.DiskFull': 'disk:/var',
        'check.DiskFull': 'disk',
      },
    })
  })
})

describe('a problem', () => {
  const step = (changes: Parameters<typeof someProblem>[0], before?: ToldStep) =>
    problemStep(someProblem(changes), before, 'info')
  const phase = (one: ReturnType<typeof step>) => one.content?.context['phase']

  it('is told when it opens, becomes worse and is over, each once', () => {
    const opened = step({ severity: 'warning' })
    const worse = step({ phase: 'changed', severity: 'critical' }, opened.told)
    const over = step({ phase: 'resolved', resolved: NOW, openMs: 249_000, proofText: '2 checks in a row' }, worse.told)
    expect([opened, worse, over].map(phase)).toEqual(['opened', 'worse', 'resolved'])
    const texts = [opened, worse, over]
      .map(({ content }) => content?.status.events[0])
      .map((event) => [event?.severity, event?.reason, event?.message])
    expect(texts).toEqual([
      [2, 'DiskFull', '/var: 96.2 % of 200 GiB used (AboveCriticalLimit)'],
      [2, 'DiskFull', '/var: 96.2 % of 200 GiB used (AboveCriticalLimit, now critical)'],
      [1, 'DiskFullResolved', '/var full: over after 4 min; 2 checks in a row'],
    ])
    const again = [
      step({ severity: 'warning' }, opened.told),
      step({ phase: 'changed', severity: 'error' }, worse.told),
      step({ phase: 'resolved' }, over.told),
      step({}, over.told),
    ]
    expect(again.map(phase)).toEqual([undefined, undefined, undefined, undefined])
    expect(phase(step({ generation: 2 }, over.told))).toBe('opened')
  })

  it('that an event told, or its source word by word, is not told again', () => {
    expect(phase(step({ fromEvent: true }))).toBeUndefined()
    expect(phase(step({ fromEvent: true, phase: 'resolved', reason: 'TaskHung' }))).toBe('resolved')
    expect(step({ verbatim: true })).toEqual({ content: undefined, told: undefined })
  })

  it('is told over where it was once bad enough', () => {
    const over = someProblem({ phase: 'resolved', severity: 'info', worst: 'error' })
    expect([problemStep(over, undefined, 'error'), problemStep(over, undefined, 'critical')].map(phase)).toEqual([
      'resolved',
      undefined,
    ])
  })
})

describe('an event', () => {
  it('has its whole severity, its count and what it is about beside it', () => {
    const event = {
      id: 'e1',
      monitor: 'kernel',
      check: 'dmesg',
      entity: 'disk:/var',
      severity: 'error',
      reason: 'IOError',
      message: 'bad sector',
      firstSeen: ago(9),
      lastSeen: ago(1),
      count: 3,
    } as const
    expect(eventContent(event, NOW)).toMatchObject({
      key: `event e1 3 ${ago(1).getTime()}`,
      status: {
        source: 'kernel',
        events: [{ severity: 2, timestamp: ago(1), reason: 'IOError', message: '/var: bad sector' }],
      },
      context: {
        kind: 'event',
        id: 'e1',
        monitor: 'kernel',
        check: 'dmesg',
        entity: 'disk:/var',
        severity: 'error',
        count: '3',
        first_seen: ago(9).toISOString(),
      },
    })
    expect(eventContent({ ...event, source: 'kubelet' }, NOW).status.source).toBe('kubelet')
    expect(missedContent('EVENTS', 7, NOW, 'k').status.events[0]?.message).toBe(
      '7 facts left the bus (EVENTS) before this exporter took them',
    )
  })

  it('is a text that UTF-8 can say, whatever somebody called it', () => {
    const units = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
      .map((all) => String.fromCharCode(...all))
    fc.assert(
      fc.property(units, units, (entity, text) => void expect(aboutText({ entity }, text).isWellFormed()).toBe(true)),
    )
  })
})
