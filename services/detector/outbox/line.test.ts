import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeEvent } from '#model'
import type { Fact } from './facts.ts'
import { createLeftBehind, createLine } from './line.ts'
import { createPace, type Pace, PLUG_IN_AT_ONCE, PLUG_IN_PER_SECOND } from './pace.ts'
import { createReceipts } from './receipts.ts'
import type { Write } from './writes.ts'

const HONEST = 'honest'
const LOUD = 'loud'
const OTHERS = [HONEST, 'third', LOUD] as const
const when = new Date(0)

function write(monitor: string, type: string): Write {
  return { bucket: 'conditions', key: { monitor, type, entity: '' }, value: undefined }
}

function event(monitor: string, id: number): { kind: 'event'; value: NodeEvent } {
  const value: NodeEvent = {
    id: String(id),
    monitor,
    check: '',
    entity: '',
    severity: 'warning',
    reason: 'R',
    message: '',
    firstSeen: when,
    lastSeen: when,
    count: 1,
  }
  return { kind: 'event', value }
}

/** Everything is loud's that is not ours to trust. */
function paceOf(): Pace {
  return createPace((monitor) => monitor !== 'third')
}

describe('what waits for the bus', () => {
  it('lets a monitor with little to say out in the next round, whatever another has brought before', () => {
    const line = createLine()
    line.next()
    for (let i = 0; i < 5000; i++) line.enter(write(LOUD, `T${i}`), LOUD, 0)
    for (let i = 0; i < 3000; i++) line.add(event(LOUD, i), LOUD, 0)
    line.next()
    line.enter(write(HONEST, 'A'), HONEST, 0)
    line.add(event(HONEST, 1), HONEST, 0)
    const left = createLeftBehind()
    const pace = paceOf()
    const writes = line.takeWrites({ pace, nowMs: 0, left })
    expect(writes.filter(({ owner }) => owner === HONEST)).toHaveLength(1)
    expect(writes.filter(({ owner }) => owner === LOUD)).toHaveLength(8)
    const facts = line.takeFacts({ pace, nowMs: 0, left }, line.last)
    expect(facts.map(({ by }) => by)).toEqual([HONEST])
  })

  it('lets a plug-in out no faster than it may', () => {
    const line = createLine()
    line.next()
    for (let i = 0; i < 5000; i++) line.enter(write(LOUD, `T${i}`), LOUD, 0)
    const pace = paceOf()
    let out = 0
    for (let ms = 0; ms <= 4000; ms++) out += line.takeWrites({ pace, nowMs: ms, left: createLeftBehind() }).length
    expect(out).toBeLessThanOrEqual(PLUG_IN_AT_ONCE + 4 * PLUG_IN_PER_SECOND)
    expect(out).toBeGreaterThan(PLUG_IN_AT_ONCE + 4 * PLUG_IN_PER_SECOND - 20)
    line.takeFacts({ pace, nowMs: 4000, left: createLeftBehind() }, line.last)
    expect(pace.waitMs(4000)).toBeGreaterThan(20)
  })

  it('tells what a plug-in has to tell while it changes more than it may, and counts none of that wait as the bus’s', () => {
    const line = createLine()
    const pace = paceOf()
    let told = 0
    let brought = 0
    for (let ms = 0; ms < 60_000; ms += 10) {
      if (ms % 500 === 0) {
        line.next()
        for (let i = 0; i < 1024; i++) line.enter(write(LOUD, `T${i}`), LOUD, ms)
        for (let i = 0; i < 100; i++) line.add(event(LOUD, brought++), LOUD, ms)
      }
      const left = createLeftBehind()
      const going = line.takeWrites({ pace, nowMs: ms, left })
      const facts = line.takeFacts({ pace, nowMs: ms, left }, line.last)
      told += facts.length
      for (const { sinceMs } of [...going, ...facts]) expect(ms - sinceMs).toBeLessThan(1000)
      expect(ms - Math.min(ms, line.oldestMs(pace))).toBeLessThan(1000)
    }
    expect(brought - told).toBeLessThan(1500)
  })

  it('tells what happened to one problem in order, whoever brought it', () => {
    const line = createLine()
    const pace = paceOf()
    const fact = (phase: string) =>
      ({ kind: 'problem', value: { fingerprint: 'f', source: LOUD, phase } }) as unknown as Fact
    line.next()
    for (let i = 0; i < 2000; i++) line.enter(write(LOUD, `T${i}`), LOUD, 0)
    line.add(fact('opened'), LOUD, 0)
    line.next()
    line.add(fact('resolved'), HONEST, 0)
    const phases: string[] = []
    for (let ms = 0; ms < 20_000; ms += 10) {
      const left = createLeftBehind()
      line.takeWrites({ pace, nowMs: ms, left })
      for (const one of line.takeFacts({ pace, nowMs: ms, left }, line.last))
        phases.push((one.fact.value as { phase: string }).phase)
    }
    expect(phases).toEqual(['opened', 'resolved'])
  })

  it('counts no time as the bus’s that a monitor itself kept it back', () => {
    const line = createLine()
    line.next()
    for (let i = 0; i < 2000; i++) line.enter(write(LOUD, `T${i}`), LOUD, 0)
    const pace = paceOf()
    for (let round = 0; round < 200; round++) line.takeWrites({ pace, nowMs: 900, left: createLeftBehind() })
    expect(line.oldestMs(pace)).toBe(900)
  })
})

/** Puts and rounds in any order; a round may fail half-way. */
const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('put' as const),
        by: fc.constantFrom(...OTHERS),
        // The types are everybody's: what one brought another may bring anew.
        types: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 30 }),
        events: fc.integer({ min: 0, max: 20 }),
        receipt: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('round' as const), failsAfter: fc.option(fc.nat(20)) }),
    },
  ),
  { maxLength: 60 },
)

describe('the line, whatever is put and whatever fails', () => {
  it('tells a fact after the state it came with, acknowledges what is out alone, and loses nothing', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const line = createLine()
        const pace = paceOf()
        const receipts = createReceipts()
        /** For each key and fact, the put that brought its last value; and the last that is out. */
        const put = new Map<string, { by: string; order: number }[]>()
        const out = new Map<string, number>()
        const acknowledged = new Map<string, number>()
        let factId = 0

        function isOut(key: string, order: number): boolean {
          return (out.get(key) ?? 0) >= order
        }

        function round(nowMs: number, failsAfter: number): void {
          const left = createLeftBehind()
          const upTo = line.last
          const beforeOf = new Map(OTHERS.map((by) => [by, acknowledged.get(by) ?? 0]))
          receipts.begin()
          const writes = line.takeWrites({ pace, nowMs, left })
          for (const { write: one, by } of writes.slice(0, failsAfter)) {
            const key = Object.values(one.key).join()
            const latest = Math.max(...(put.get(key) ?? []).filter((p) => by.has(p.by)).map(({ order }) => order))
            out.set(key, latest)
          }
          line.putBack(writes.slice(failsAfter), [])
          if (writes.length > failsAfter) return
          const facts = line.takeFacts({ pace, nowMs, left }, upTo)
          const told = failsAfter - writes.length
          for (const { fact, by, order } of facts.slice(0, told)) {
            for (const [key, puts] of put) {
              if (key.startsWith('fact')) continue
              const own = puts.filter((p) => p.by === by && p.order === order)
              for (const one of own) expect(isOut(key, one.order)).toBe(true)
            }
            out.set(`fact ${by} ${(fact.value as NodeEvent).id}`, order)
          }
          line.putBack([], facts.slice(told))
          if (facts.length > told) return
          receipts.call(left, new Set())
          for (const [by, before] of beforeOf) {
            const now = acknowledged.get(by) ?? 0
            if (now === before) continue
            for (const [key, puts] of put)
              for (const one of puts) if (one.by === by && one.order <= now) expect(isOut(key, one.order)).toBe(true)
          }
        }

        let nowMs = 0
        for (const step of all) {
          if (step.kind === 'round') {
            nowMs += 40
            round(nowMs, step.failsAfter ?? 1000)
            continue
          }
          const order = line.next()
          for (const type of step.types) {
            const one = write('any', `T${type}`)
            line.enter(one, step.by, nowMs)
            const key = Object.values(one.key).join()
            put.set(key, [...(put.get(key) ?? []), { by: step.by, order }])
          }
          for (let i = 0; i < step.events; i++) {
            const id = factId++
            line.add(event(step.by, id), step.by, nowMs)
            put.set(`fact ${step.by} ${id}`, [{ by: step.by, order }])
          }
          if (step.receipt)
            receipts.add(
              { name: step.by, done: () => acknowledged.set(step.by, Math.max(order, acknowledged.get(step.by) ?? 0)) },
              order,
            )
        }
        // Three more: a receipt that is newer than the one that waits has its own round.
        for (let more = 3, i = 0; more > 0 && i < 300; i++) {
          nowMs += 1000
          round(nowMs, 1000)
          if (line.size === 0) more--
        }
        expect(line.size).toBe(0)
        expect(receipts.waits(new Set())).toBe(false)
        for (const [key, puts] of put) expect(isOut(key, Math.max(...puts.map(({ order }) => order)))).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})
