import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_VERBATIM_BYTES } from '#model'
import { applyStreamMessage, diffNodeViews } from './change.ts'
import { RESOLVED_SHOWN } from './facts.ts'
import { conditionId } from './ids.ts'
import { renderEvent } from './monitor.ts'
import { createViewMemo, renderNodeView } from './node.ts'
import { renderPlainText } from './plain.ts'
import { ago, anyFacts, NOW, someCondition, someEvent, someFacts, someMonitor, someProblem } from './testing.ts'
import type { NodeView, StreamMessage } from './types.ts'
import { wordsToText } from './words.ts'

/** Every text that stands anywhere in a value, by the name it stands under. */
function textsOf(value: unknown, key = ''): { key: string; text: string }[] {
  if (typeof value === 'string') return [{ key, text: value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => textsOf(one, name))
}

const FORBIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/u

describe('a view of anything', () => {
  it('never throws, and no text in it is hostile or endless', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        for (const { key, text } of textsOf(renderNodeView(facts, NOW))) {
          // A message has its lines, and their indent.
          expect(key === 'message' ? text.replace(/[\n\t]/g, ' ') : text).not.toMatch(FORBIDDEN)
          expect(text.isWellFormed()).toBe(true)
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(key === 'message' ? MAX_VERBATIM_BYTES : 4096)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('has a verdict whose counts are those of its lists', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const view = renderNodeView(facts, NOW)
        const sentence = wordsToText(view.verdict.sentence, NOW)
        if (view.detector.state !== 'live') {
          expect(sentence).toMatch(/^Not known/)
          return
        }
        const covered = new Set(view.problems.map(({ condition }) => condition))
        const bare = view.conditions.filter(({ health, id }) => health === 'problem' && !covered.has(id)).length
        const problems = view.problems.length + bare
        const unknown = view.conditions.filter(({ health }) => health === 'unknown').length
        const all = view.conditions.length
        const isWatched = unknown < all && view.conditions.every((c) => c.health === 'healthy' || c.held === 'pending')
        if (problems > 0) expect(sentence).toMatch(new RegExp(`^${problems} problems?: `))
        else if (view.conditions.length === 0) expect(sentence).toMatch(/^Nothing known yet/)
        else if (unknown > 0) expect(sentence).toContain(`${isWatched ? all - unknown : unknown} of ${all} condition`)
        else expect(sentence).toMatch(new RegExp(`^All right. ${all} condition`))
        expect(view.verdict.level === 'healthy').toBe(sentence.startsWith('All right') || (problems === 0 && isWatched))
      }),
      { numRuns: 300 },
    )
  })

  it('is plain JSON', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const view = renderNodeView(facts, NOW)
        expect(JSON.parse(JSON.stringify(view))).toEqual(view)
      }),
    )
  })

  it('is the same with a memo as without', () => {
    const memo = createViewMemo()
    fc.assert(
      fc.property(anyFacts, fc.constantFrom('live' as const, 'stale' as const), (facts, state) => {
        renderNodeView(facts, NOW, memo)
        const later = { ...facts, detector: { ...facts.detector, state } }
        expect(renderNodeView(later, NOW, memo)).toEqual(renderNodeView(later, NOW))
      }),
    )
  })

  it('reads as plain text without a throw', () => {
    fc.assert(fc.property(anyFacts, (facts) => renderPlainText(renderNodeView(facts, NOW), NOW).endsWith('\n')))
  })
})

describe('a view', () => {
  it('lists the worst first', () => {
    const conditions = [
      someCondition({ type: 'A' }),
      someCondition({ type: 'B', health: 'unknown' }),
      someCondition({ type: 'C', health: 'problem', severity: 'warning' }),
      someCondition({ type: 'D', health: 'problem', severity: 'critical' }),
    ]
    const view = renderNodeView(someFacts({ conditions }), NOW)
    expect(view.conditions.map(({ type }) => type)).toEqual(['D', 'C', 'B', 'A'])
  })

  it('links a problem to its condition, and one from events to none', () => {
    const problems = [someProblem(), someProblem({ fingerprint: 'e', fromEvent: true, severity: 'warning' })]
    const view = renderNodeView(someFacts({ problems }), NOW)
    expect(view.problems.map(({ condition }) => condition)).toEqual(['system/DiskFull/disk:/var', ''])
  })

  it('shows the last resolved problems and no more than twenty', () => {
    const problems = Array.from({ length: 30 }, (_, i) =>
      someProblem({ fingerprint: `p${i}`, phase: 'resolved', resolved: ago(i) }),
    )
    const { resolved } = renderNodeView(someFacts({ problems }), NOW)
    expect(resolved).toHaveLength(RESOLVED_SHOWN)
    expect(resolved[0]?.fingerprint).toBe('p0')
  })

  it('says when the detector last heard of any monitor', () => {
    const monitors = [someMonitor({ lastReport: ago(9) }), someMonitor({ name: 'b', lastReport: ago(3) })]
    expect(renderNodeView(someFacts({ monitors }), NOW).detector).toEqual({
      state: 'live',
      lastHeartbeat: ago(2).toISOString(),
      lastReport: ago(3).toISOString(),
    })
  })
})

describe("a condition's id", () => {
  it.each([
    [['system', 'DiskFull', 'disk:/var'], 'system/DiskFull/disk:/var'],
    [['system', 'CPUPressure', ''], 'system/CPUPressure'],
    [['gpu', 'Xid', 'gpu:GPU 0'], 'gpu/Xid/gpu:GPU%200'],
    [['a/b', 'c/d', 'e/f'], 'a%2Fb/c%2Fd/e/f'],
  ] as const)('of %j is %s', (parts, id) => {
    const [monitor, type, entity] = parts
    expect(conditionId(monitor, type, entity)).toBe(id)
  })

  it('differs where monitor, type or entity differ', () => {
    const part = fc.string({ maxLength: 8 })
    fc.assert(
      fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (a, b) => {
        expect(conditionId(...a) === conditionId(...b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
  })
})

describe('the change between two views', () => {
  const later = new Date(NOW.getTime() + 1000)

  it('moves a reader of the first to the second', () => {
    fc.assert(
      fc.property(anyFacts, anyFacts, (one, two) => {
        const before = renderNodeView({ ...one, node: two.node }, NOW)
        const after = renderNodeView(two, later)
        const message = diffNodeViews(before, after)
        const moved = message === undefined ? { ...before, at: after.at } : applyStreamMessage(before, message)
        expect(moved).toEqual({ ...after, ...(message === undefined ? { detector: before.detector } : {}) })
      }),
      { numRuns: 500 },
    )
  })

  function change(before: NodeView, after: NodeView): Extract<StreamMessage, { kind: 'change' }> {
    const message = diffNodeViews(before, after)
    if (message?.kind !== 'change') throw new Error(`a change was expected, not ${message?.kind}`)
    return message
  }

  it('is nothing when only the clock moved', () => {
    expect(diffNodeViews(renderNodeView(someFacts(), NOW), renderNodeView(someFacts(), later))).toBeUndefined()
  })

  it('has only what moved', () => {
    const other = someCondition({ type: 'InodesLow' })
    const before = renderNodeView(someFacts({ conditions: [someCondition(), other] }), NOW)
    const after = renderNodeView(
      someFacts({ conditions: [someCondition({ health: 'problem' }), other], problems: [someProblem()] }),
      later,
    )
    const message = change(before, after)
    expect(message.conditions.map(({ type }) => type)).toEqual(['DiskFull'])
    expect(message.problems.map(({ fingerprint }) => fingerprint)).toEqual([someProblem().fingerprint])
    expect(message.monitors).toEqual([])
  })

  it('names conditions that left', () => {
    const before = renderNodeView(someFacts(), NOW)
    expect(change(before, renderNodeView(someFacts({ conditions: [] }), later)).removed).toEqual([
      'system/DiskFull/disk:/var',
    ])
  })

  it('brings events even when nothing else moved', () => {
    const view = renderNodeView(someFacts(), NOW)
    expect(renderEvent(someEvent({ source: 'kernel\nforged' }), NOW)).toMatchObject({ source: 'kernel forged' })
    const event = renderEvent(someEvent(), NOW)
    expect(event).not.toHaveProperty('source')
    expect(diffNodeViews(view, view, [event])).toMatchObject({ kind: 'change', events: [{ reason: 'OOMKilling' }] })
  })

  it('is the whole where a problem left without being resolved', () => {
    const before = renderNodeView(someFacts({ problems: [someProblem()] }), NOW)
    expect(diffNodeViews(before, renderNodeView(someFacts(), later))?.kind).toBe('node')
  })
})

describe('a message of the stream', () => {
  it('beats move only the time and the detector', () => {
    const view = renderNodeView(someFacts(), NOW)
    const detector = { state: 'live', lastHeartbeat: NOW.toISOString() } as const
    expect(applyStreamMessage(view, { kind: 'beat', at: 'later', detector })).toEqual({
      ...view,
      at: 'later',
      detector,
    })
  })

  it('is ignored without a view to move', () => {
    expect(applyStreamMessage(undefined, { kind: 'samples', at: '', values: {} })).toBeUndefined()
  })
})
