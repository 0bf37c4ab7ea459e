import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeEvent } from '#model'
import { createEventFold, type EventFold, FOLD_MAX } from './fold.ts'

const T0 = Date.parse('2026-05-12T03:14:20Z')

function at(ms: number) {
  return { wall: new Date(T0 + ms), monoMs: ms }
}

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

/** Told by a report that was made when it arrives. */
function take(fold: EventFold, happened: NodeEvent, ms: number, name = `7-${ms}`) {
  return fold.take(happened, { time: new Date(T0 + ms), name }, ms)
}

describe('an event that its monitor knows by a key', () => {
  it('goes out as it is, under one id whenever and in whatever report it is told, and waits for no second', () => {
    const fold = createEventFold()
    const keyed = (key: string, ms: number) => event(ms, { id: `log.${key}` })
    const first = take(fold, keyed('a', 0), 0)
    expect(first).toMatchObject({ id: undefined, events: [{ count: 1 }] })
    const again = take(fold, keyed('a', 0), 60_000)
    expect(again.events.map(({ id, count }) => [id, count])).toEqual(first.events.map(({ id, count }) => [id, count]))
    const [other] = take(fold, keyed('b', 0), 0).events
    expect(other?.id).not.toBe(first.events[0]?.id)
    expect(fold.open).toBe(0)
  })

  it('is counted where there is no room for it', () => {
    const fold = createEventFold(() => false)
    expect(take(fold, event(0, { id: 'log.a', count: 3 }), 0)).toMatchObject({ events: [], shed: [{ count: 3 }] })
  })
})

describe('an event that passes on the words of another source', () => {
  it('is told apart by them, and by whose they are, within a second, and counted where they are the same', () => {
    const fold = createEventFold()
    const line = (pid: number, source = 'kernel-monitor') => event(pid, { message: `Killed process ${pid}`, source })
    const told = [line(1), line(2), line(3), line(1), line(1, 'other')].flatMap((one) => take(fold, one, 5).events)
    expect(told.map(({ message, source }) => `${source}: ${message}`)).toEqual([
      'kernel-monitor: Killed process 1',
      'kernel-monitor: Killed process 2',
      'kernel-monitor: Killed process 3',
      'other: Killed process 1',
    ])
    expect(fold.due(at(1500)).events).toMatchObject([{ message: 'Killed process 1', count: 2 }])
  })
})

describe('repeats of an event', () => {
  it('go out once at first sight and once more with their count, when their second is over', () => {
    const fold = createEventFold()
    expect(take(fold, event(0), 0).events).toMatchObject([{ count: 1 }])
    for (let i = 1; i < 50; i++) expect(take(fold, event(i), i).events).toEqual([])
    expect(fold.due(at(900))).toEqual({ events: [], closed: [], shed: [] })
    const { events, closed } = fold.due(at(1000))
    expect(events).toMatchObject([{ count: 50 }])
    expect(closed).toEqual([events[0]?.id])
    expect(fold.due(at(1500))).toEqual({ events: [], closed: [], shed: [] })
    expect(fold.open).toBe(0)
  })

  it('keep their second open while more of it comes, and never for more than seconds', () => {
    const fold = createEventFold()
    for (let ms = 0; ms < 2900; ms += 100) {
      take(fold, event(500), ms)
      expect(fold.due(at(ms)).closed).toEqual([])
    }
    expect(fold.due(at(3150))).toMatchObject({ events: [{ count: 29 }], closed: [expect.anything()] })
  })

  it('keep the id that a redelivery in another process would give them', () => {
    const one = take(createEventFold(), event(10, { id: 'a' }), 0)
    const other = take(createEventFold(), event(700, { id: 'b' }), 3000)
    expect(one.id).toBe(other.id)
    expect(take(createEventFold(), event(1000), 0).id).not.toBe(one.id)
  })

  it('go on with their count when one comes late, and are closed again', () => {
    const fold = createEventFold()
    take(fold, event(0), 0)
    fold.due(at(1000))
    expect(take(fold, event(900), 4000).events).toEqual([])
    expect(fold.open).toBe(1)
    expect(fold.due(at(4250)).events).toMatchObject([{ count: 2 }])
  })

  it('that come much later than they happened are counted by the report that brings them', () => {
    const fold = createEventFold()
    const ids = [7000, 8000].map((ms) => take(fold, event(0), ms, `7-${ms}`).id)
    expect(new Set(ids).size).toBe(2)
    expect(take(createEventFold(), event(0), 7000, '7-7000').id).toBe(ids[0])
  })

  it('are told apart by monitor, reason, entity and check', () => {
    const fold = createEventFold()
    const different = [{}, { monitor: 'x' }, { reason: 'x' }, { entity: 'x' }, { check: 'x' }]
    expect(new Set(different.map((more) => take(fold, event(0, more), 0).id)).size).toBe(different.length)
  })

  it("are not made of persons' words: each stays an event of its own, with who says it and why", () => {
    const fold = createEventFold()
    const words = ['detector-cleared-a-1', 'detector-cleared-b-1', 'detector-cleared-a-2'].map((id) =>
      event(0, {
        id,
        monitor: 'detector',
        check: '',
        reason: 'ProblemCleared',
        message: `X was cleared by ada: ${id}`,
      }),
    )
    const told = words.flatMap((word) => take(fold, word, 0).events)
    expect(told.map(({ message, count }) => [message, count])).toEqual(words.map(({ message }) => [message, 1]))
    expect(new Set(told.map(({ id }) => id)).size).toBe(words.length)
    expect(take(fold, event(0, { monitor: 'log', reason: 'ProblemCleared', id: 'a' }), 0).id).toBe(
      take(fold, event(0, { monitor: 'log', reason: 'ProblemCleared', id: 'b' }), 0).id,
    )
  })

  it('lose nothing of their count, whatever their order and pace, and end with every window closed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 })), { maxLength: 200 }),
        (steps) => {
          const fold = createEventFold()
          const told = new Map<string, number>()
          const open = new Set<string>()
          function tell({ events, closed }: { events: readonly NodeEvent[]; closed: readonly string[] }): void {
            for (const out of events) told.set(out.id, Math.max(told.get(out.id) ?? 0, out.count))
            for (const id of closed) open.delete(id)
          }
          let ms = 0
          for (const [reason, wait] of steps) {
            ms += wait
            const taken = take(fold, event(ms, { reason: `R${reason}` }), ms)
            tell(taken)
            if (taken.id !== undefined) open.add(taken.id)
            tell(fold.due(at(ms)))
            expect(fold.open).toBe(open.size)
          }
          tell(fold.rest())
          expect(open.size + fold.open).toBe(0)
          expect([...told.values()].reduce((sum, count) => sum + count, 0)).toBe(steps.length)
        },
      ),
    )
  })

  it('remember a bounded number of different events, and tell what they let go', () => {
    const fold = createEventFold()
    const letGo: number[] = []
    for (let i = 0; i < FOLD_MAX * 2; i++) {
      letGo.push(...take(fold, event(0, { reason: `R${i}` }), 0).events.map(({ count }) => count))
      take(fold, event(0, { reason: `R${i}` }), 0)
    }
    expect(letGo.filter((count) => count === 2)).toHaveLength(FOLD_MAX)
    expect(fold.open).toBe(FOLD_MAX)
    expect(fold.rest().events).toHaveLength(FOLD_MAX)
  })

  it('for which there is no room are told by nobody and counted, each once', () => {
    let hasRoom = true
    const fold = createEventFold(() => hasRoom)
    const { id } = take(fold, event(0), 0)
    take(fold, event(1), 1)
    take(fold, event(2), 2)
    hasRoom = false
    expect(take(fold, event(3, { reason: 'Other', count: 4 }), 3)).toEqual({
      id: undefined,
      events: [],
      closed: [],
      shed: [{ monitor: 'log', severity: 'warning', count: 4 }],
    })
    expect(fold.open).toBe(1)
    expect(fold.due(at(1000))).toEqual({
      events: [],
      closed: [id],
      shed: [{ monitor: 'log', severity: 'warning', count: 2 }],
    })
    // One more of the same second, when there is room again: its whole count is true.
    hasRoom = true
    take(fold, event(500), 1100)
    expect(fold.due(at(2000))).toMatchObject({ events: [{ count: 4 }], closed: [id], shed: [] })
  })

  it('are each told or counted, whenever there is room', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 }), fc.boolean())
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let hasRoom = true
        const fold = createEventFold(() => hasRoom)
        const told = new Map<string, number>()
        let shed = 0
        function tell(out: ReturnType<typeof fold.rest>): void {
          for (const one of out.events) told.set(one.id, Math.max(told.get(one.id) ?? 0, one.count))
          for (const { count } of out.shed) shed += count
        }
        let ms = 0
        for (const [reason, wait, room] of steps) {
          hasRoom = room
          ms += wait
          tell(take(fold, event(ms, { reason: `R${reason}` }), ms))
          tell(fold.due(at(ms)))
        }
        tell(fold.rest())
        const counted = [...told.values()].reduce((sum, count) => sum + count, 0)
        expect(counted + shed).toBeGreaterThanOrEqual(steps.length)
        expect(fold.open).toBe(0)
      }),
    )
  })
})
