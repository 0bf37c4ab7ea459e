/** What the engine remembers of lines, as part of a cursor: JSON that fits, and back, from whatever stands in the file. Pure. */

import type { Omitted, Spent } from './budget.ts'
import type { RuleEngine } from './engine.ts'
import type { SeenEntity } from './seen.ts'

/** Of a rule and an entity: its threshold's times and when it was told, in milliseconds before the last match. */
type EntityRow = readonly [
  rule: string,
  entity: string,
  lastMs: number,
  toldBefore: number | null,
  times: readonly number[],
]
/** Of a rule: what of a second was told (second 0: of none), and what was not and has still to be said. */
type SpentRow = readonly [
  rule: string,
  second: number,
  told: number,
  ...([] | [rate: number, entities: number, atMs: number, key: string]),
]

type UnmountRow = readonly [entity: string, atMs: number]

/** The engine's part of a cursor. */
export interface EngineSnapshot {
  readonly entities: readonly EntityRow[]
  readonly spent: readonly SpentRow[]
  /** What was unmounted just now, and when; default: nothing. */
  readonly unmounts?: readonly UnmountRow[]
}

function entityRow(rule: string, entity: string, { lastMs, toldMs, times }: SeenEntity): EntityRow {
  return [rule, entity, lastMs, toldMs === undefined ? null : lastMs - toldMs, times.map((time) => lastMs - time)]
}

/** What says something of lines to come: those of a threshold, and of a cooldown. */
function entityRows({ rules, memories: { byId } }: RuleEngine): EntityRow[] {
  return rules.flatMap(({ id, threshold, cooldownMs }) => {
    if (threshold === undefined && cooldownMs === 0) return []
    const rows = [...(byId.get(id)?.entities.entries() ?? [])].map(([entity, seen]) => entityRow(id, entity, seen))
    return rows
  })
}

function spentRows({ memories: { byId } }: RuleEngine): SpentRow[] {
  return [...byId].flatMap(([id, { budget }]): SpentRow[] => {
    const { spent, omitted } = budget
    if (spent === undefined && omitted === undefined) return []
    const { second, told } = spent ?? { second: 0, told: 0 }
    if (omitted === undefined) return [[id, second, told]]
    const { counts, atMs, key } = omitted
    return [[id, second, told, counts.rate, counts.entities, atMs, key]]
  })
}

/** The newest of what fits: a threshold that is forgotten counts anew, which tells less and never twice. */
function fitting<T>(rows: readonly T[], room: { bytes: number }): T[] {
  const kept: T[] = []
  for (const row of rows) {
    const bytes = Buffer.byteLength(JSON.stringify(row)) + 1
    if (bytes > room.bytes) break
    room.bytes -= bytes
    kept.push(row)
  }
  return kept
}

/** @param bytes that it may have as JSON */
export function snapshotOf(engine: RuleEngine, bytes: number): EngineSnapshot {
  const room = { bytes: bytes - 48 }
  const newestSecond = Math.max(0, ...spentRows(engine).map(([, second]) => second))
  const spent = fitting(
    spentRows(engine).filter((row) => row[1] === newestSecond || row.length > 3),
    room,
  )
  const entities = fitting(
    entityRows(engine).sort((a, b) => b[2] - a[2]),
    room,
  )
  const unmounts = fitting([...engine.unmounts.entries()].reverse(), room).reverse()
  return { spent, entities: entities.reverse(), ...(unmounts.length > 0 && { unmounts }) }
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isFinite(one))
}

function seenOf(row: unknown): readonly [string, string, SeenEntity] | undefined {
  if (!Array.isArray(row)) return undefined
  const [rule, entity, lastMs, toldBefore, times] = row as readonly unknown[]
  if (typeof rule !== 'string' || typeof entity !== 'string' || !isNumbers(times) || !isNumbers([lastMs]))
    return undefined
  const last = lastMs as number
  const toldMs = isNumbers([toldBefore]) ? last - (toldBefore as number) : undefined
  return [rule, entity, { lastMs: last, toldMs, times: times.map((before) => last - before) }]
}

interface SpentParts {
  readonly rule: string
  readonly spent: Spent | undefined
  readonly omitted: Omitted | undefined
}

function spentOf(row: unknown): SpentParts | undefined {
  if (!Array.isArray(row)) return undefined
  const [rule, second, told, rate = 0, entities = 0, atMs = 0, key = ''] = row as readonly unknown[]
  const numbers = [second, told, rate, entities, atMs]
  if (typeof rule !== 'string' || typeof key !== 'string' || !isNumbers(numbers)) return undefined
  const [ofSecond = 0, texts = 0, ofRate = 0, ofEntities = 0, newestMs = 0] = numbers
  const counts = { rate: ofRate, entities: ofEntities }
  return {
    rule,
    spent: ofSecond === 0 ? undefined : { second: ofSecond, told: texts },
    omitted: ofRate + ofEntities > 0 && Math.abs(newestMs) < 8.64e15 ? { counts, key, atMs: newestMs } : undefined,
  }
}

function rowsOf(snapshot: unknown, key: string): readonly unknown[] {
  const rows =
    typeof snapshot === 'object' && snapshot !== null ? (snapshot as Record<string, unknown>)[key] : undefined
  return Array.isArray(rows) ? rows : []
}

/** Into an engine that has seen nothing; rules that are no more are left out. */
export function restore(engine: RuleEngine, snapshot: unknown): void {
  for (const row of rowsOf(snapshot, 'entities')) {
    const seen = seenOf(row)
    if (seen !== undefined) engine.memories.byId.get(seen[0])?.entities.put(seen[1], seen[2])
  }
  for (const row of rowsOf(snapshot, 'spent')) {
    const spent = spentOf(row)
    if (spent !== undefined) engine.memories.byId.get(spent.rule)?.budget.restore(spent.spent, spent.omitted)
  }
  for (const row of rowsOf(snapshot, 'unmounts')) {
    const [entity, atMs] = Array.isArray(row) ? (row as readonly unknown[]) : []
    if (typeof entity === 'string' && isNumbers([atMs])) engine.unmounts.unmounted(entity, atMs as number)
  }
  for (const rule of engine.rules) engine.memories.noteOmitted(rule)
}
