/** What is said of those that are missed, and of those that are there; how often each was missed. Pure. */
import type { Action } from '#model'
import { entityOf, subjectOf } from '../../../cards/card.ts'
import type { Inventory } from '../../../cards/inventory.ts'
import type { Said } from '../../../judging/said.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { Missing, MissingAround } from './missing-around.ts'

const DAY_MS = 86_400_000
const EPISODES_DAYS = 3
/** So often a reboot is tried in that time. */
const REBOOTS = 2
/** In so many looks one has to be missing: while it is reset, or the driver is loaded, it is not shown. */
export const LOOKS = 2

/** What is said of one of them, or of the node. */
export interface MissingSaid {
  /** '': of the node. */
  readonly entity: string
  readonly subject: string | undefined
  readonly said: Said
}

/** What episodes are counted by. */
export type EpisodesAround = Pick<MissingAround, 'inventory' | 'wallMs' | 'isOpen' | 'hasLasted'>

/** Begun is what counts from this look on. */
export function episodesWith({ inventory, wallMs, isOpen, hasLasted }: EpisodesAround, missing: readonly Missing[]) {
  const counting = missing.filter(({ level }) => level === undefined)
  const begun = counting.flatMap(({ card, id }) => {
    const entity = entityOf(card)
    return !isOpen(entity) && (id === 'lost' || hasLasted(entity)) ? [entity] : []
  })
  const all = new Set([...Object.keys(inventory.episodes), ...begun])
  const entries = [...all].map((entity) => {
    // What a clock that was ahead has dated is of no day that is near.
    const before = (inventory.episodes[entity] ?? []).filter((at) => Math.abs(wallMs - at) < EPISODES_DAYS * DAY_MS)
    return [entity, begun.includes(entity) ? [...before, wallMs] : before] as const
  })
  return Object.fromEntries(entries.filter(([, times]) => times.length > 0))
}

/** "3rd" */
function ordinal(count: number): string {
  const isTeen = count % 100 > 10 && count % 100 < 20
  const ending = isTeen ? undefined : ['st', 'nd', 'rd'][(count % 10) - 1]
  return `${count}${ending ?? 'th'}`
}

/** Of one that is missed. */
export function saidOf(
  { card, id, message, level, reason: why }: Missing,
  episodes: Inventory['episodes'],
): MissingSaid {
  const about = { entity: entityOf(card), subject: subjectOf(card) }
  if (level === undefined) return { ...about, said: badOf({ card, id, message }, episodes) }
  const reason = level === 'unknown' ? (why ?? 'PCINotRead') : 'WasJustReset'
  return { ...about, said: { id, level, reason, message } }
}

function badOf({ card, id, message }: Missing, episodes: Inventory['episodes']): Said {
  const times = episodes[entityOf(card)]?.length ?? 0
  const isAgain = times > REBOOTS
  const action: Action = isAgain ? 'replace-hardware' : 'reboot-node'
  const often = isAgain ? ` (for the ${ordinal(times)} time in ${EPISODES_DAYS} days)` : ''
  const reason = id === 'lost' ? 'GPULost' : 'GPUGone'
  const summary = id === 'lost' ? 'the driver has lost it' : 'it is missing'
  const words = { reason, message: `${message}${often}`, summary, action, needed: id === 'lost' ? 1 : LOOKS }
  return { id, level: 'bad', severity: 'critical', ...words }
}

/** A card that is none of this node's GPUs is not missed any more, where it was taken for one. */
export function spareOf({ spare, isTold }: MissingAround): readonly MissingSaid[] {
  return [...spare].flatMap((place) => {
    const card = { place, uuid: undefined, index: undefined, name: '' }
    const about = { entity: entityOf(card), subject: subjectOf(card) }
    if (!isTold(about.entity)) return []
    const message = `what is at ${place} drives screens, without the driver of NVIDIA, which never had it`
    return (['count', 'lost'] as const).map((id) => ({ ...about, said: { id, level: 'ok', message } }))
  })
}

/** Whoever is there is not lost either. */
export function presentOf(row: GpuRow, { cardOf }: MissingAround): readonly MissingSaid[] {
  const card = cardOf(row.place)
  const about = { entity: entityOf(card), subject: subjectOf(card) }
  return [
    { ...about, said: { id: 'count', level: 'ok', message: `at ${row.place}` } },
    { ...about, said: { id: 'lost', level: 'ok', message: 'the driver has it' } },
  ]
}
