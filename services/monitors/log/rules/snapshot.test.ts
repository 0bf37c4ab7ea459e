import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPlaces, type Place, placeOf } from '../reading/places.ts'
import type { LogLine } from '../sources/types.ts'
import { createRuleEngine, type RuleEngine } from './engine.ts'
import { restore, snapshotOf } from './snapshot.ts'
import { BEGAN_MS, lineOf, momentAt, rulesOf } from './testing-rules.ts'

const within = 6000
const rules = rulesOf(
  { match: 'f (\\w)', entity: '$1', reason: 'Frequent', threshold: { count: 3, within } },
  { match: 'f (\\w)', entity: '$1', reason: 'Seldom', cooldown: within },
  { match: 'f a\n(?:x\n)?f b', lines: 3, reason: 'Pair' },
  { match: 'x', reason: 'Each' },
)

const log = fc
  .array(fc.tuple(fc.constantFrom('f a', 'f b', 'x', 'quiet'), fc.integer({ min: 0, max: 3000 })), { maxLength: 40 })
  .map((said) => {
    let atMs = 0
    return said.map(([text, stepMs], index) => {
      atMs += stepMs
      return lineOf(text, index, atMs)
    })
  })

/** Reads a log from a place on: what it tells of each line, and the cursor behind it. */
function read(all: readonly LogLine[], cursor: string | undefined) {
  const engine: RuleEngine = createRuleEngine(rules)
  const parsed = cursor === undefined ? undefined : (JSON.parse(cursor) as Place & { readonly engine: unknown })
  const place = placeOf(parsed)
  restore(engine, parsed?.engine)
  const places = createPlaces(engine.linesBefore, place?.from)
  const from = typeof place?.from === 'number' ? place.from + 1 : 0
  return all.slice(from).flatMap((line, index) => {
    const isKnown = index < (place?.lines ?? 0)
    if (isKnown) engine.refill(line)
    const news = isKnown ? [] : engine.push(line, momentAt(line.at.getTime() - BEGAN_MS))
    places.note(line)
    const keys = news.flatMap((one) => (one.kind === 'event' ? [one.key] : []))
    return isKnown ? [] : [{ keys, cursor: JSON.stringify({ ...places.place, engine: snapshotOf(engine, 3000) }) }]
  })
}

describe('over a restart', () => {
  test('at any line the same is told: nothing twice, nothing not', () => {
    fc.assert(
      fc.property(log, fc.nat(), fc.nat(), (all, killed, acknowledged) => {
        const whole = read(all, undefined)
        const until = all.length === 0 ? 0 : killed % all.length
        const kept = until === 0 ? 0 : acknowledged % until
        const before = whole.slice(0, until)
        const after = read(all, kept === 0 ? undefined : before[kept - 1]?.cursor)
        // What was told and not acknowledged is told again, as the same event.
        expect(after.map(({ keys }) => keys)).toEqual(whole.slice(kept).map(({ keys }) => keys))
      }),
      { numRuns: 300 },
    )
  })

  test('the count of a second goes on', () => {
    const engine = createRuleEngine(rules)
    for (let index = 0; index < 60; index++) engine.push(lineOf('x', index, 1000), momentAt(1000))
    const next = createRuleEngine(rules)
    restore(next, JSON.parse(JSON.stringify(snapshotOf(engine, 3000))))
    expect(next.push(lineOf('x', 61, 1001), momentAt(1001))).toEqual([])
    expect(next.push(lineOf('quiet', 62, 2000), momentAt(2000))).toEqual([])
    const [omitted] = engine.settled(Number.POSITIVE_INFINITY)
    expect(next.push(lineOf('quiet', 63, 2001), momentAt(2001))).toMatchObject([
      { kind: 'omitted', count: 11, key: omitted?.kind === 'omitted' && omitted.key },
    ])
  })
})

describe('a snapshot', () => {
  test('fits, and keeps what is newest', () => {
    const [rule] = rulesOf({ match: 'f (\\S+)', entity: '$1', cooldown: 60_000 })
    const engine = createRuleEngine(rule === undefined ? [] : [rule])
    for (let index = 0; index < 200; index++) {
      engine.push(lineOf(`f ${'é'.repeat(40)}${index}`, index, index * 10), momentAt(index * 10))
    }
    const snapshot = snapshotOf(engine, 1500)
    expect(Buffer.byteLength(JSON.stringify(snapshot))).toBeLessThanOrEqual(1500)
    expect(snapshot.entities.length).toBeGreaterThan(5)
    expect(snapshot.entities.at(-1)?.[1]).toContain('199')
  })

  test('is taken from a file, whatever stands there', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (entities, spent) => {
        const engine = createRuleEngine(rules)
        restore(engine, { entities, spent })
        restore(engine, entities)
        engine.push(lineOf('f a', 0), momentAt(0))
        placeOf(entities)
      }),
    )
  })
})
