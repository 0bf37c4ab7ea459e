import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeEvent } from '#model'
import { createEventFold, FOLD_MAX } from './fold.ts'

const T0 = Date.parse('2026-05-12T03:14:20Z')

function event(ms: number, more: Partial<NodeEvent> = {}): NodeEvent {
  const when = new Date(T0 + ms)
  return {
    id: `raw-${ms}`,
    monitor: 'log',
    check: 'kernel',
    entity: '',
    severity: 'warning',
    reason: 'OOMKilling',
    message: 'Killed process',
    firstSeen: when,
    lastSeen: when,
    count: 1,
    ...more,
  }
}

describe('repeats of an event', () => {
  it('go out once at first sight and once more with their count', () => {
    const fold = createEventFold()
    expect(fold.take(event(0), 0)).toMatchObject({ count: 1 })
    for (let i = 1; i < 50; i++) expect(fold.take(event(i), i)).toBeUndefined()
    expect(fold.due(500)).toEqual([])
    expect(fold.due(1000)).toMatchObject([{ count: 50 }])
    expect(fold.due(1500)).toEqual([])
  })

  it('keep the id that a redelivery in another process would give them', () => {
    const one = createEventFold().take(event(10, { id: 'a' }), 0)
    const other = createEventFold().take(event(700, { id: 'b' }), 99_999)
    expect(one?.id).toBe(other?.id)
    expect(createEventFold().take(event(1000), 0)?.id).not.toBe(one?.id)
  })

  it('are told apart by monitor, reason, entity and check', () => {
    const fold = createEventFold()
    const different = [{}, { monitor: 'x' }, { reason: 'x' }, { entity: 'x' }, { check: 'x' }]
    expect(new Set(different.map((more) => fold.take(event(0, more), 0)?.id)).size).toBe(different.length)
  })

  it('lose nothing of their count, whatever their order and pace', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 })), { maxLength: 200 }),
        (steps) => {
          const fold = createEventFold()
          const told = new Map<string, number>()
          const tell = (out: NodeEvent | undefined) =>
            out && told.set(out.id, Math.max(told.get(out.id) ?? 0, out.count))
          let ms = 0
          for (const [reason, wait] of steps) {
            ms += wait
            tell(fold.take(event(ms, { reason: `R${reason}` }), ms))
            for (const out of fold.due(ms)) tell(out)
          }
          for (const out of fold.rest()) tell(out)
          expect([...told.values()].reduce((sum, count) => sum + count, 0)).toBe(steps.length)
        },
      ),
    )
  })

  it('remember a bounded number of different events', () => {
    const fold = createEventFold()
    for (let i = 0; i < FOLD_MAX * 2; i++) fold.take(event(0, { reason: `R${i}`, count: 2 }), 0)
    expect(fold.rest().length).toBeLessThanOrEqual(FOLD_MAX)
  })
})
