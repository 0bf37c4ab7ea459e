/** 3, 4: GPUs that were here, are expected, or stand on PCI, and that nvidia-smi does not show. Pure. */
import type { Action } from '#model'
import { plural } from '#monitor-kit/evaluate'
import { type Card, entityOf, subjectOf } from '../../../cards/card.ts'
import type { Inventory, KnownGpu } from '../../../cards/inventory.ts'
import { placeOf } from '../../../cards/pci.ts'
import { isGivenAway } from '../../../driver/pci-gpus.ts'
import type { Said } from '../../../judging/said.ts'
import type { LostGpu } from '../../../smi/query.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { HealthReading } from '../reading.ts'

const DAY_MS = 86_400_000
const EPISODES_DAYS = 3
/** So often a reboot is tried in that time. */
const REBOOTS = 2
/** Values that the driver could not say, from which on it has lost the GPU. */
const LOST_VALUES = 3

/** What is said of one of them, or of the node. */
export interface MissingSaid {
  /** '': of the node. */
  readonly entity: string
  readonly subject: string | undefined
  readonly said: Said
}

/** What it is judged by. */
export interface MissingAround {
  readonly reading: Pick<HealthReading, 'pci' | 'query'>
  readonly inventory: Inventory
  /** 0: as many as were seen here. */
  readonly expectedGpus: number
  /** Whether this process is given all GPUs of the node. */
  readonly isAllVisible: boolean
  readonly wallMs: number
  readonly cardOf: (place: string) => Card
  /** It was missing at the look before. */
  readonly isOpen: (entity: string) => boolean
}

/** The driver shows it, and knows nothing of it. */
export function isLost({ uuid, values }: GpuRow): boolean {
  const failed = [...values.values()].flatMap((value) => (value.kind === 'failed' ? [value.text] : []))
  if (failed.some((text) => /GPU is lost/i.test(text))) return true
  const unknown = failed.filter((text) => /unknown error/i.test(text)).length
  return unknown >= LOST_VALUES || (uuid === undefined && unknown > 0)
}

interface Missing {
  readonly card: Card
  readonly id: 'count' | 'lost'
  readonly message: string
}

/** The one for which nvidia-smi gave up. */
function givenUp(query: HealthReading['query']): LostGpu | undefined {
  if (query.kind === 'rows') return query.lost
  if (query.kind !== 'failed' || query.failure.kind !== 'lost' || query.failure.place === undefined) return undefined
  return { place: query.failure.place, said: query.said }
}

/** Lost ones: by their rows, or by what nvidia-smi says. */
function lostOf({ reading: { query }, cardOf }: MissingAround): readonly Missing[] {
  const gone = givenUp(query)
  const said = gone === undefined ? [] : [{ place: gone.place, message: `nvidia-smi says: ${gone.said}` }]
  const rows = query.kind === 'rows' ? query.answer.rows.filter(isLost) : []
  const shown = rows.map(({ place }) => ({
    place,
    message: 'the driver shows it, and cannot say anything of it: it has lost it',
  }))
  return [...said, ...shown].map(({ place, message }) => ({ card: cardOf(place), id: 'lost', message }))
}

/** On PCI, and not in any row. */
function unlisted(
  { reading: { pci }, inventory: { excused }, isAllVisible, cardOf }: MissingAround,
  rows: readonly GpuRow[],
): readonly Missing[] {
  if (!pci.ok || !isAllVisible) return []
  const own = pci.value.filter((one) => !isGivenAway(one) && !rows.some(({ place }) => place === one.place))
  const missed = own.filter(({ place }) => excused?.includes(place) !== true)
  return missed.map(({ place }) => ({
    card: cardOf(place),
    id: 'count',
    message: `PCI has a GPU at ${place}, and nvidia-smi does not show it; see the kernel’s log`,
  }))
}

/** Seen here before, and neither in a row nor on PCI. */
function vanished(
  { reading: { pci }, inventory, isAllVisible }: MissingAround,
  rows: readonly GpuRow[],
): readonly Missing[] {
  if (!isAllVisible) return []
  const there = new Set([...rows.map(({ place }) => place), ...(pci.ok ? pci.value.map(({ place }) => place) : [])])
  const gone = Object.entries(inventory.known).filter(
    ([uuid, { place }]) => !rows.some((row) => row.uuid === uuid) && !there.has(place),
  )
  return gone.map(([uuid, { place, name }]: [string, KnownGpu]) => ({
    card: { uuid, place, name, index: undefined },
    id: 'count',
    message: `it was at ${place}, and is not on PCI any more; see how it sits in its slot`,
  }))
}

function episodesWith(
  { inventory, wallMs, isOpen }: MissingAround,
  entities: readonly string[],
): Inventory['episodes'] {
  const begun = entities.filter((entity) => !isOpen(entity))
  const all = new Set([...Object.keys(inventory.episodes), ...begun])
  const entries = [...all].map((entity) => {
    const before = (inventory.episodes[entity] ?? []).filter((at) => wallMs - at < EPISODES_DAYS * DAY_MS)
    return [entity, begun.includes(entity) ? [...before, wallMs] : before] as const
  })
  return Object.fromEntries(entries.filter(([, times]) => times.length > 0))
}

function badOf({ card, id, message }: Missing, episodes: Inventory['episodes']): MissingSaid {
  const entity = entityOf(card)
  const times = episodes[entity]?.length ?? 0
  const isAgain = times > REBOOTS
  const action: Action = isAgain ? 'replace-hardware' : 'reboot-node'
  const often = isAgain ? ` (for the ${times}th time in ${EPISODES_DAYS} days)` : ''
  const reason = id === 'lost' ? 'GPULost' : 'GPUGone'
  const summary = id === 'lost' ? 'the driver has lost it' : 'it is missing'
  const words = { reason, message: `${message}${often}`, summary, action }
  return { entity, subject: subjectOf(card), said: { id, level: 'bad', severity: 'critical', ...words } }
}

function presentOf(row: GpuRow, { cardOf }: MissingAround): MissingSaid {
  const card = cardOf(row.place)
  return {
    entity: entityOf(card),
    subject: subjectOf(card),
    said: { id: 'count', level: 'ok', message: `at ${row.place}` },
  }
}

/** How many there have to be by the configuration, or by what a person accepted of that; undefined: it does not say. */
function expectedOf({ expectedGpus, inventory: { accepted } }: MissingAround): number | undefined {
  if (expectedGpus === 0) return undefined
  return accepted?.expected === expectedGpus ? Math.min(accepted.gpus, expectedGpus) : expectedGpus
}

function ofNode(around: MissingAround, present: number, missing: number): Said {
  const expected = expectedOf(around)
  const isShort = expected !== undefined && present + missing < expected
  if (!isShort) return { id: 'count', level: 'ok', message: plural(present, 'GPU') }
  const message = `${plural(present, 'GPU')}, and ${expected} are expected (expectedGpus)`
  const words = { reason: 'FewerThanExpected', message, summary: `${present} of ${expected} GPUs` }
  return { id: 'count', level: 'bad', severity: 'critical', action: 'reboot-node', ...words }
}

/** What is known from now on: who is there, and who was and is missed. One whose slot another has is none of this node's any more. */
function knownAfter(
  { inventory }: MissingAround,
  rows: readonly GpuRow[],
  missing: readonly Missing[],
  isEnough: boolean,
) {
  // Of a row that the driver knows nothing of nobody can say that it is another card.
  const places = new Set(rows.flatMap((row) => (row.uuid === undefined || isLost(row) ? [] : [row.place])))
  const missed = new Set(missing.map(({ card }) => card.uuid))
  const before = Object.entries(inventory.known).filter(([uuid, { place }]) => {
    if (isEnough && missed.has(uuid)) return false
    return !places.has(place) || rows.some((row) => row.uuid === uuid)
  })
  const now = rows.flatMap(({ uuid, place, name }) => (uuid === undefined ? [] : [[uuid, { place, name }] as const]))
  return Object.fromEntries([...before, ...now])
}

/** What was let be stays so until it is shown, or is not on PCI any more: another card may come into its slot. */
function excusedAfter({ inventory: { excused }, reading: { pci } }: MissingAround, rows: readonly GpuRow[]) {
  const isThere = (place: string) => !pci.ok || pci.value.some((one) => one.place === place)
  return excused?.filter((place) => isThere(place) && !rows.some((row) => row.place === place))
}

/** What a person accepted holds until there are more again. */
function acceptedAfter(
  { inventory: { accepted }, expectedGpus }: MissingAround,
  present: number,
): Inventory['accepted'] {
  if (accepted?.expected !== expectedGpus || present >= expectedGpus) return undefined
  return { ...accepted, gpus: Math.max(accepted.gpus, present) }
}

/** Both, with what is to be remembered. Of what is not known for sure nothing is remembered. */
export function judgeMissing(around: MissingAround): { says: readonly MissingSaid[]; inventory: Inventory } {
  const { reading, inventory } = around
  const { query } = reading
  const lost = lostOf(around)
  const answer = query.kind === 'rows' ? query.answer : undefined
  const rows = answer?.rows ?? []
  const isWhole = answer !== undefined && !answer.isCut && answer.malformed === 0
  const expected = expectedOf(around)
  const present = rows.filter((row) => !isLost(row))
  const isEnough = expected !== undefined && present.length >= expected
  const vanishedNow = isWhole ? vanished(around, rows) : []
  const isTold = ({ card }: Missing) => lost.some((one) => one.card.place === card.place)
  const others = [...(isWhole ? unlisted(around, rows) : []), ...(isEnough ? [] : vanishedNow)]
  const missing = [...lost, ...others.filter((one) => !isTold(one))]
  const episodes = episodesWith(
    around,
    missing.map(({ card }) => entityOf(card)),
  )
  const says = [...present.map((row) => presentOf(row, around)), ...missing.map((one) => badOf(one, episodes))]
  if (!isWhole) return { says, inventory: { ...inventory, episodes } }
  const node = { entity: '', subject: undefined, said: ofNode(around, present.length, missing.length) }
  const known = knownAfter(around, rows, vanishedNow, isEnough)
  const excused = excusedAfter(around, rows)
  return {
    says: [node, ...says],
    inventory: { known, accepted: acceptedAfter(around, present.length), excused, episodes },
  }
}

/** A person's word: there are fewer, by name or all that are missed. */
export function acceptFewer(
  inventory: Inventory,
  entity: string,
  counts: { readonly expected: number; readonly present: number; readonly missed: readonly string[] },
): Inventory {
  const { expected, present, missed } = counts
  const names = (entity === '' ? missed : [entity]).map((one) => one.replace(/^gpu:/, ''))
  const known = Object.fromEntries(Object.entries(inventory.known).filter(([uuid]) => !names.includes(uuid)))
  const places = names.map((name) => inventory.known[name]?.place ?? placeOf(name)).filter((one) => one !== undefined)
  const before = inventory.accepted?.expected === expected ? inventory.accepted.gpus : expected
  const gpus = entity === '' ? present : Math.max(present, before - 1)
  const excused = [...new Set([...(inventory.excused ?? []), ...places])]
  return { ...inventory, known, excused, ...(expected > 0 && { accepted: { expected, gpus } }) }
}
