import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeEvent, Problem } from '#model'
import { someProblem } from '../../../libs/view/testing.ts'
import { createLedger, type Ledger, type LedgerOptions, type Verdict } from './ledger.ts'
import { parseLines, renderLines } from './told-lines.ts'

const T0 = Date.UTC(2026, 4, 12, 3, 14, 20)
/** When what is told of problems is told. */
const NOW_MS = T0 + 3_600_000
const OPTIONS: LedgerOptions = {
  nodeName: 'w1',
  perMinute: 10,
  burst: 25,
  windowMs: 600_000,
  countEveryMs: 10_000,
}

function event(id: string, changes: Partial<NodeEvent> = {}, atMs = T0): NodeEvent {
  return {
    id,
    monitor: 'kernel',
    check: '',
    entity: '',
    severity: 'warning',
    reason: 'TaskHung',
    message: 'task blocked',
    firstSeen: new Date(atMs),
    lastSeen: new Date(atMs),
    count: 1,
    ...changes,
  }
}

function problem(changes: Partial<Problem> = {}): Problem {
  const at = new Date(T0)
  const words = { reason: 'AboveLimit', message: '96 % used', proofText: '2 checks in a row under 90 %' }
  const severity = { severity: 'warning', worst: 'warning' } as const
  return someProblem({ opened: at, changed: at, lastSeen: at, ...words, ...severity, ...changes })
}

/** As if the server had accepted it. */
function settle(ledger: Ledger, verdict: Verdict): string {
  if (verdict.kind !== 'known') ledger.apply(verdict.lines)
  return verdict.kind === 'create' || verdict.kind === 'count' ? `${verdict.kind} ${verdict.told.count}` : verdict.kind
}

describe('an event', () => {
  it('is created once; its repeats raise the count, at most once in ten seconds', () => {
    const ledger = createLedger(OPTIONS)
    const said = [0, 2, 4, 11, 12].map((second) =>
      settle(ledger, ledger.event(event(`e${second}`, {}, T0 + second * 1000), T0 + second * 1000)),
    )
    expect(said).toEqual(['create 1', 'later', 'later', 'count 4', 'later'])
    expect(ledger.dueCounts(T0 + 15_000)).toEqual([])
    const [due] = ledger.dueCounts(T0 + 22_000)
    expect(due?.told).toMatchObject({ count: 5, first: new Date(T0), last: new Date(T0 + 12_000) })
  })

  it('that comes again is known, and its later, larger count adds what is more', () => {
    const ledger = createLedger(OPTIONS)
    settle(ledger, ledger.event(event('e1'), T0))
    expect(ledger.event(event('e1'), T0 + 1000).kind).toBe('known')
    expect(settle(ledger, ledger.event(event('e1', { count: 7 }), T0 + 11_000))).toBe('count 7')
    expect(settle(ledger, ledger.event(event('e2', { count: 2 }, T0 + 12_000), T0 + 30_000))).toBe('count 9')
  })

  it('of other words, of another thing or of another source is another event', () => {
    const ledger = createLedger(OPTIONS)
    const others = [{}, { message: 'other' }, { entity: 'pid:7' }, { monitor: 'x' }, { reason: 'Y' }]
    const names = others.map((changes, i) => {
      const verdict = ledger.event(event(`e${i}`, changes), T0)
      settle(ledger, verdict)
      return verdict.kind === 'create' ? verdict.told.name : ''
    })
    expect(new Set(names).size).toBe(5)
    expect(names[0]).toMatch(/^w1\.[0-9a-f]{16}$/)
  })

  it('that waited for longer than its window still counts its repeats, also when the file is written anew', () => {
    const ledger = createLedger(OPTIONS)
    const nowMs = T0 + 1_200_000
    expect(settle(ledger, ledger.event(event('e1'), nowMs))).toBe('create 1')
    ledger.lines(nowMs + 1000)
    expect(settle(ledger, ledger.event(event('e2', {}, T0 + 2000), nowMs + 2000))).toBe('later')
  })

  it('after ten quiet minutes begins anew', () => {
    const ledger = createLedger(OPTIONS)
    settle(ledger, ledger.event(event('e1'), T0))
    const later = T0 + 600_001
    expect(settle(ledger, ledger.event(event('e2', {}, later), later))).toBe('create 1')
  })

  it('above the budget is held back, counted, and told in sum after five minutes', () => {
    const ledger = createLedger(OPTIONS)
    const said = Array.from({ length: 40 }, (_, i) =>
      settle(ledger, ledger.event(event(`e${i}`, { message: `pid ${i}` }), T0)),
    )
    // One reason may have four tenths of its source's budget.
    expect(said.filter((text) => text === 'create 1')).toHaveLength(10)
    expect(said.filter((text) => text === 'held')).toHaveLength(30)
    expect(settle(ledger, ledger.event(event('x', { reason: 'Other' }), T0))).toBe('create 1')
    expect(settle(ledger, ledger.event(event('y', { monitor: 'quiet' }), T0))).toBe('create 1')
    expect(ledger.dueHeld(T0 + 299_000)).toEqual([])
    const [held] = ledger.dueHeld(T0 + 300_000)
    expect(held?.told.message).toBe(
      '30 events of kernel were held back since 2026-05-12T03:14:20Z: TaskHung 30; the budget of a source is 10 a minute, 25 at once',
    )
    ledger.apply(held?.lines ?? [])
    expect(ledger.dueHeld(T0 + 900_000)).toEqual([])
  })

  it('that is tried again and again, since nobody takes it, is charged once', () => {
    const ledger = createLedger({ ...OPTIONS, burst: 5 })
    for (let i = 0; i < 50; i++) expect(ledger.event(event('e1'), T0 + i * 1000).kind).toBe('create')
    for (let i = 0; i < 50; i++) expect(ledger.problem(problem(), NOW_MS).kind).toBe('create')
    expect(settle(ledger, ledger.event(event('e1'), T0))).toBe('create 1')
    expect(settle(ledger, ledger.event(event('e2', { message: 'other' }), T0))).toBe('create 1')
  })

  it('that is held back costs one short line, however many reasons wait, and all are counted', () => {
    const ledger = createLedger({ ...OPTIONS, burst: 1 })
    let bytes = 0
    for (let i = 0; i < 4000; i++) {
      const verdict = ledger.event(event(`e${i}`, { reason: `Reason${i}` }), T0)
      if (verdict.kind === 'known') continue
      bytes += renderLines(verdict.lines).join('\n').length
      ledger.apply(verdict.lines)
    }
    expect(bytes / 4000).toBeLessThan(400)
    const restored = createLedger(OPTIONS)
    restored.apply(parseLines(renderLines(ledger.lines(T0))))
    for (const one of [ledger, restored]) {
      const [held, ...others] = one.dueHeld(T0 + 300_000)
      expect(others).toEqual([])
      expect(held?.told.message).toMatch(
        /^3999 events of kernel were held back since 2026-05-12T03:14:20Z: other reasons 3935, Reason1 1, /,
      )
    }
  })

  it('that was held back is not held back twice', () => {
    const ledger = createLedger({ ...OPTIONS, burst: 1 })
    settle(ledger, ledger.event(event('e1'), T0))
    settle(ledger, ledger.event(event('e2', { message: 'other' }), T0))
    expect(ledger.event(event('e2', { message: 'other' }), T0).kind).toBe('known')
  })
})

describe('a problem', () => {
  it('is told when it opens and when it is over, each once however often it comes', () => {
    const ledger = createLedger(OPTIONS)
    const over = problem({ phase: 'resolved', resolved: new Date(T0 + 240_000), revision: 3 })
    const said = [problem(), problem(), problem({ phase: 'changed', revision: 2 }), over, over, problem()]
    expect(said.map((one) => settle(ledger, ledger.problem(one, NOW_MS)))).toEqual([
      'create 1',
      'known',
      'known',
      'create 1',
      'known',
      'known',
    ])
  })

  it('has its type as its reason, and says how long it lasted and what proved it gone', () => {
    const ledger = createLedger(OPTIONS)
    const told = [problem(), problem({ phase: 'resolved', resolved: new Date(T0 + 900_000), openMs: 240_000 })].map(
      (one) => {
        const verdict = ledger.problem(one, NOW_MS)
        return verdict.kind === 'create' ? [verdict.told.reason, verdict.told.severity, verdict.told.message] : []
      },
    )
    expect(told).toEqual([
      ['DiskFull', 'warning', '/var is 96 % full: 96 % used (AboveLimit)'],
      ['DiskFullResolved', 'info', '/var full: over after 4 min; 2 checks in a row under 90 %'],
    ])
  })

  it('that gets worse is told again, with its new severity', () => {
    const ledger = createLedger(OPTIONS)
    settle(ledger, ledger.problem(problem(), NOW_MS))
    const worse = problem({ phase: 'changed', severity: 'critical', worst: 'critical', changed: new Date(T0 + 60_000) })
    const verdict = ledger.problem(worse, NOW_MS)
    expect(verdict).toMatchObject({ kind: 'create', told: { first: new Date(T0 + 60_000) } })
    expect(settle(ledger, verdict)).toBe('create 1')
    expect(ledger.problem({ ...worse, revision: 9 }, NOW_MS).kind).toBe('known')
    expect(ledger.problem(problem({ phase: 'changed' }), NOW_MS).kind).toBe('known')
  })

  it('that came from an event was told by it; only its end is told', () => {
    const ledger = createLedger(OPTIONS)
    expect(ledger.problem(problem({ fromEvent: true }), NOW_MS).kind).toBe('known')
    const over = problem({ fromEvent: true, phase: 'resolved', reason: 'OOMKill', resolved: new Date(T0) })
    expect(ledger.problem(over, NOW_MS)).toMatchObject({ kind: 'create', told: { reason: 'OOMKillResolved' } })
  })

  it('of the next generation, or opened at another time by a store made anew, is another', () => {
    const ledger = createLedger(OPTIONS)
    const all = [problem(), problem({ generation: 2 }), problem({ opened: new Date(T0 + 1) })]
    expect(all.map((one) => settle(ledger, ledger.problem(one, NOW_MS)))).toEqual(['create 1', 'create 1', 'create 1'])
  })
})

describe('what is kept in the file', () => {
  it('brings the same state back: nothing is told twice, and counts go on', () => {
    const ids = fc.integer({ min: 0, max: 6 }).map((i) => `e${i}`)
    const facts = fc.array(
      fc.record({
        id: ids,
        message: fc.constantFrom('a', 'b'),
        count: fc.integer({ min: 1, max: 5 }),
        second: fc.integer({ min: 0, max: 60 }),
      }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(facts, facts, (before, after) => {
        const [kept, alone] = [createLedger(OPTIONS), createLedger(OPTIONS)]
        const give = (ledger: Ledger, list: typeof before) =>
          list.map(({ id, message, count, second }) =>
            settle(ledger, ledger.event(event(id, { message, count }, T0 + second * 1000), T0 + second * 1000)),
          )
        give(kept, before)
        give(alone, before)
        const restored = createLedger({ ...OPTIONS, burst: 1000 })
        restored.apply(parseLines(renderLines(kept.lines(T0 + 60_000))))
        expect(restored.lines(T0 + 60_000)).toEqual(alone.lines(T0 + 60_000))
        for (const { id, message, count, second } of before)
          expect(restored.event(event(id, { message, count }, T0 + second * 1000), T0 + 60_000).kind).toBe('known')
        give(restored, after)
      }),
    )
  })

  it('is read as far as it is whole', () => {
    const records = renderLines([{ kind: 'name', name: 'w1.aa', atMs: 1 }])
    expect(parseLines([...records, '{"kind":"na', 'null', '{}'])).toEqual([{ kind: 'name', name: 'w1.aa', atMs: 1 }])
    fc.assert(fc.property(fc.array(fc.string()), (noise) => void parseLines(noise)))
  })
})

describe('a record of repairs', () => {
  it('is known by its journal and number, however many came since, also over a restart', () => {
    const repair = (sequence: number) => ({ event: event(`repair ${sequence}`), journal: 'j', sequence })
    let ledger = createLedger(OPTIONS)
    for (let i = 1; i <= 5100; i++) settle(ledger, ledger.repair(repair(i), T0))
    expect(ledger.repair(repair(1), T0)).toEqual({ kind: 'known' })
    const lines = parseLines(renderLines(ledger.lines(T0)))
    ledger = createLedger(OPTIONS)
    ledger.apply(lines)
    expect(ledger.repair(repair(1), T0)).toEqual({ kind: 'known' })
    expect(ledger.repair({ ...repair(1), journal: 'another' }, T0).kind).not.toBe('known')
  })
})
