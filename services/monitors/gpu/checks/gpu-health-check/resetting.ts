/** What the driver says is to be done, told to all; and what a person accepted. */
import type { Card } from '../../cards/card.ts'
import type { Inventory } from '../../cards/inventory.ts'
import { conditionOf } from '../../judging/settling.ts'
import type { RecoveryAction } from '../../resets.ts'
import type { GpuShared } from '../../shared.ts'
import { type GpuRow, valueIn } from '../../smi/rows.ts'
import { asksForReset } from '../../smi/values.ts'
import { acceptFewer } from './judge/missing-accepted.ts'
import { ANSWERS, actionIn } from './judge/reset-required.ts'
import type { GpuFacts, HealthMemory } from './memory.ts'
import type { HealthReading } from './reading.ts'

const FIELDS_MAX = 8

/** What a row says is to be done. Where the driver has no word for it: that nothing is, once it reads again what it asked in place of. */
function askedNow(
  row: GpuRow,
  before: GpuFacts,
): Pick<GpuFacts, 'askedIn' | 'answered'> & { action?: RecoveryAction | undefined } {
  const action = actionIn(row)
  if (row.asksForReset) {
    const asking = [...row.values].filter(([, value]) => asksForReset(value)).map(([key]) => key)
    return { action, askedIn: asking.slice(0, FIELDS_MAX), answered: 0 }
  }
  const { askedIn, answered = 0 } = before
  if (action !== undefined || askedIn === undefined) return { action, askedIn: undefined, answered: undefined }
  const isRead = askedIn.every((key) => ['number', 'text'].includes(valueIn(row, key).kind))
  const times = answered >= ANSWERS ? ANSWERS : isRead ? answered + 1 : 0
  return { action: times >= ANSWERS ? 'none' : undefined, askedIn, answered: times }
}

/** Tells what this look says, and keeps it for the next process. */
export function tellResets(
  { query }: HealthReading,
  memory: HealthMemory,
  { resets, cards }: Pick<GpuShared, 'resets' | 'cards'>,
  atMs: number,
): HealthMemory {
  if (query.kind !== 'rows') return memory
  const gpus = new Map(memory.gpus)
  for (const row of query.answer.rows) {
    const { uuid, place } = cards.at(row.place)
    const key = uuid ?? place
    const before: GpuFacts = gpus.get(key) ?? {}
    // What an earlier process saw goes before what this one sees.
    if (before.action !== undefined && before.actionAtMs !== undefined)
      resets.said(place, before.action as RecoveryAction, before.actionAtMs)
    const { action, ...asked } = askedNow(row, before)
    const facts = { ...before, ...asked }
    gpus.set(key, facts)
    if (action === undefined) continue
    resets.said(place, action, atMs)
    const pending = resets.pending(place)
    gpus.set(key, { ...facts, action: pending, actionAtMs: pending === undefined ? undefined : atMs })
  }
  return { ...memory, gpus }
}

/** The inventory without what a person said is not missed, and who is gone by that. */
export function acceptWords(before: Inventory, memory: HealthMemory, expected: number) {
  const missed = missedIn(memory)
  const counts = { expected, present: memory.present, missed }
  const inventory = memory.accepted.reduce((known, entity) => acceptFewer(known, entity, counts), before)
  const gone = Object.entries(before.known).flatMap(([uuid, { place, name }]): Card[] =>
    uuid in inventory.known ? [] : [{ uuid, place, name, index: undefined }],
  )
  const places = (inventory.excused ?? []).filter((place) => before.excused?.includes(place) !== true)
  const unnamed = places.map((place): Card => ({ uuid: undefined, place, name: '', index: undefined }))
  return { inventory, gone: [...gone, ...unnamed], memory: { ...memory, accepted: [] } }
}

/** Entities of GPUs that were missed at the last look. */
function missedIn({ standings }: HealthMemory): readonly string[] {
  return [...standings].flatMap(([key, { open }]) => {
    const { type, entity } = conditionOf(key)
    return type === 'GPUMissing' && entity !== '' && open.length > 0 ? [entity] : []
  })
}
