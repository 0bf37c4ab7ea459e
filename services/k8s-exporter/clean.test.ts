/** Whatever stands in any field of what the bus brings: what goes to the API server is clean, and short. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MonitorState } from '#model'
import { someCondition, someMonitor, someProblem } from '../../libs/view/testing.ts'
import { desiredConditions, silentConditions } from './conditions/desired.ts'
import { createNaming } from './conditions/naming.ts'
import { planPatch } from './conditions/plan.ts'
import { summaryOf } from './conditions/summary.ts'
import { createTracker } from './conditions/tracker.ts'
import { renderEventObject, tellEvent, tellHeldBack, tellProblem } from './events/render.ts'
import { renderAnnotations } from './state/annotations.ts'
import { createOrigins } from './state/origins.ts'
import { nodeEvent } from './testing-exporter.ts'

const UNCLEAN = /[\p{Cc}\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff]|\p{Cs}/u
const NODE = { name: 'w1', uid: 'u1' }
/** Fields with a closed set of values: what is not in it does not get through the wire. */
const CLOSED = new Set(['status', 'health', 'severity', 'worst', 'polarity', 'held', 'phase', 'proof', 'origin'])

const nasty = fc.constantFrom(
  '\u001b[2J\u001b[31m',
  '\u202e\u2066drow',
  'x\n  Forged   True   Row\r\n',
  '\u0007\u0000\ud800',
  'a\u200bb\u2028c\u0085d',
  ',\n=),(',
)
const hostile = fc.oneof(
  fc.array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 40 })), { maxLength: 6 }).map((all) => all.join('')),
  nasty.map((text) => text.repeat(Math.ceil(65_536 / text.length))),
)

/** Every text in it that may be any text is replaced. */
function spoiled<T>(value: T, texts: () => string): T {
  const spoil = (one: unknown, key: string): unknown => {
    if (typeof one === 'string') return CLOSED.has(key) ? one : texts()
    if (one instanceof Date || typeof one !== 'object' || one === null) return one
    if (Array.isArray(one)) return one.map((item) => spoil(item, key))
    return Object.fromEntries(Object.entries(one).map(([name, item]) => [name, spoil(item, name)]))
  }
  return spoil(value, '') as T
}

/** The mark alone has line breaks, made here: one line of kubectl holds so much. */
function dirtIn(value: unknown, path = ''): string[] {
  if (typeof value === 'string') {
    const text = path.endsWith('node-doctor.io/conditions') ? value.replaceAll(',\n', ',') : value
    return UNCLEAN.test(text) ? [path] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [
    ...(UNCLEAN.test(key) ? [`${path}: key`] : []),
    ...dirtIn(item, `${path}.${key}`),
  ])
}

describe('whatever a monitor says in any field', () => {
  it('is clean and short in conditions and annotations', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 9 }), fc.boolean(), (all, silent) => {
        let i = 0
        const texts = () => all[i++ % all.length] ?? ''
        const conditions = [0, 1, 2].map(() => spoiled(someCondition({ health: 'problem' }), texts))
        const origins = createOrigins()
        origins.learn(
          conditions.flatMap(({ sources }) => sources.map((name) => someMonitor({ name, origin: 'discovered' }))),
        )
        const naming = createNaming({ prefix: '', types: {}, discovered: { prefix: 'Plugin', types: [] } })
        const known = desiredConditions(conditions, { naming, origins, tracker: createTracker() })
        const whole = [...known.values()]
        known.set('S', summaryOf({ name: 'S', known: whole, leftOut: 2, asOf: undefined, observed: new Date(0) }))
        const times = { lastHeard: undefined, since: new Date(0) }
        const { patch } = planPatch({
          node: { metadata: { name: 'w1' } },
          desired: silent ? silentConditions(known, ['DiskFull'], times) : known,
          written: new Set(),
          annotations: renderAnnotations({
            version: '1',
            conditions,
            problems: [spoiled(someProblem(), texts)],
            monitors: [spoiled<MonitorState>(someMonitor(), texts)],
            silent,
          }),
          heartbeat: false,
          mayReword: () => true,
          removeOrphans: false,
          withdrawn: new Set(),
          booted: new Date(0),
        })
        expect(dirtIn(patch)).toEqual([])
        expect(JSON.stringify(patch).length).toBeLessThan(4 * 1600 + 1000)
      }),
      { numRuns: 60 },
    )
  })

  it('is clean and short in events', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 9 }), fc.constantFrom(0, 5000), (all, openMs) => {
        let i = 0
        const texts = () => all[i++ % all.length] ?? ''
        const problem = spoiled(someProblem({ openMs }), texts)
        const reasons = new Map([[texts(), 3]])
        const told = [
          tellProblem(problem, 'w1', undefined),
          tellProblem({ ...problem, phase: 'resolved', resolved: new Date(0) }, 'w1', undefined),
          tellEvent(spoiled(nodeEvent(), texts), 'w1'),
          tellHeldBack({ source: texts(), since: new Date(0), last: new Date(0), reasons }, 'w1', 'budget'),
        ].flatMap((one) => (one === undefined ? [] : [renderEventObject(one, NODE)]))
        expect(told).toHaveLength(4)
        expect(dirtIn(told)).toEqual([])
        for (const event of told) expect(JSON.stringify(event).length).toBeLessThan(3000)
      }),
      { numRuns: 60 },
    )
  })
})
