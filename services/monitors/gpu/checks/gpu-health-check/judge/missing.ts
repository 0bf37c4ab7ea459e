/** 3, 4: GPUs that were here, are expected, or stand on PCI, and that nvidia-smi does not show. Pure. */
import type { Action } from '#model'
import { plural } from '#monitor-kit/evaluate'
import { type Card, entityOf, subjectOf } from '../../../cards/card.ts'
import type { Inventory } from '../../../cards/inventory.ts'
import { isGivenAway } from '../../../driver/pci-gpus.ts'
import type { Said } from '../../../judging/said.ts'
import type { LostGpu } from '../../../smi/query.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { HealthReading } from '../reading.ts'
import { type Account, accountOf, isPciWhole, type KnownEntry } from './missing-account.ts'
import { isAllVisible, showsAll } from './missing-visible.ts'

const DAY_MS = 86_400_000
const EPISODES_DAYS = 3
/** So often a reboot is tried in that time. */
const REBOOTS = 2
/** Values that the driver could not say, from which on it has lost the GPU. */
const LOST_VALUES = 3
/** In so many looks one has to be missing: while it is reset, or the driver is loaded, it is not shown. */
const LOOKS = 2
/** So long after a reset, or after the driver was loaded, nobody is missed who is on PCI. */
const RESET_MS = 60_000

/** What is said of one of them, or of the node. */
export interface MissingSaid {
  /** '': of the node. */
  readonly entity: string
  readonly subject: string | undefined
  readonly said: Said
}

/** What it is judged by. */
export interface MissingAround {
  readonly reading: Pick<HealthReading, 'pci' | 'query' | 'devices'>
  readonly inventory: Inventory
  /** 0: as many as were seen here. */
  readonly expectedGpus: number
  /** NVIDIA_VISIBLE_DEVICES; undefined: it is not set. */
  readonly visibleDevices: string | undefined
  readonly wallMs: number
  readonly cardOf: (place: string) => Card
  /** It was missing at the look before. */
  readonly isOpen: (entity: string) => boolean
  /** It was not there at the look before, which did not count yet. */
  readonly hasLasted: (entity: string) => boolean
  /** Since the boot, as {@link provenMs} is. */
  readonly nowMs: number
  /** When the card there was last proven to be reset. */
  readonly provenMs: (place: string) => number | undefined
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
  /** It may be on its way, or nobody can say. Default: it is missing. */
  readonly level?: 'waiting' | 'unknown'
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
function unlisted(around: MissingAround, rows: readonly GpuRow[]): readonly Missing[] {
  const { cardOf, provenMs, nowMs } = around
  const { pci } = around.reading
  const { excused } = around.inventory
  if (!pci.ok || !isAllVisible(around)) return []
  const own = pci.value.filter((one) => !isGivenAway(one) && !rows.some(({ place }) => place === one.place))
  const missed = own.filter(({ place }) => excused?.includes(place) !== true)
  return missed.map(({ place }) => {
    const said = `PCI has a GPU at ${place}, and nvidia-smi does not show it`
    const card = cardOf(place)
    const isReset = nowMs - (provenMs(place) ?? Number.NEGATIVE_INFINITY) < RESET_MS
    if (isReset) return { card, id: 'count', level: 'waiting', message: `${said}; it was reset less than a minute ago` }
    return { card, id: 'count', message: `${said}; see the kernel’s log` }
  })
}

/** Seen here before, and not there any more by their number. */
function vanished(
  { reading: { pci } }: MissingAround,
  gone: readonly KnownEntry[],
  rows: readonly GpuRow[],
): readonly Missing[] {
  const isThere = (place: string) =>
    rows.some((row) => row.place === place) || (pci.ok && pci.value.some((one) => one.place === place))
  return gone.map(([uuid, { place, name }]) => {
    const card = { uuid, place, name, index: undefined }
    if (!pci.ok)
      return { card, id: 'count', level: 'unknown', message: `nvidia-smi does not show it, and of PCI: ${pci.message}` }
    const message = isThere(place)
      ? `it was at ${place}, where another one is now, and there are fewer than there were; see how each sits in its slot`
      : `it was at ${place}, and is not on PCI any more; see how it sits in its slot`
    return { card, id: 'count', message }
  })
}

/** Begun is what counts from this look on. */
function episodesWith({ inventory, wallMs, isOpen, hasLasted }: MissingAround, missing: readonly Missing[]) {
  const counting = missing.filter(({ level }) => level === undefined)
  const begun = counting.flatMap(({ card, id }) => {
    const entity = entityOf(card)
    return !isOpen(entity) && (id === 'lost' || hasLasted(entity)) ? [entity] : []
  })
  const all = new Set([...Object.keys(inventory.episodes), ...begun])
  const entries = [...all].map((entity) => {
    const before = (inventory.episodes[entity] ?? []).filter((at) => wallMs - at < EPISODES_DAYS * DAY_MS)
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

function saidOf({ card, id, message, level }: Missing, episodes: Inventory['episodes']): MissingSaid {
  const about = { entity: entityOf(card), subject: subjectOf(card) }
  if (level === undefined) return { ...about, said: badOf({ card, id, message }, episodes) }
  const reason = level === 'unknown' ? 'PCINotRead' : 'WasJustReset'
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

/** Whoever is there is not lost either. */
function presentOf(row: GpuRow, { cardOf }: MissingAround): readonly MissingSaid[] {
  const card = cardOf(row.place)
  const about = { entity: entityOf(card), subject: subjectOf(card) }
  return [
    { ...about, said: { id: 'count', level: 'ok', message: `at ${row.place}` } },
    { ...about, said: { id: 'lost', level: 'ok', message: 'the driver has it' } },
  ]
}

/** How many there have to be by the configuration, or by what a person accepted of that; undefined: it does not say. */
function expectedOf({ expectedGpus, inventory: { accepted } }: MissingAround): number | undefined {
  if (expectedGpus === 0) return undefined
  return accepted?.expected === expectedGpus ? Math.min(accepted.gpus, expectedGpus) : expectedGpus
}

function fewer(has: string, count: number, expected: number): Said {
  const message = `${has}, and ${expected} are expected (expectedGpus)`
  const words = { reason: 'FewerThanExpected', message, summary: `${count} of ${expected} GPUs` }
  return { id: 'count', level: 'bad', severity: 'critical', action: 'reboot-node', needed: LOOKS, ...words }
}

function ofNode(expected: number | undefined, present: number, missing: number): Said {
  const isShort = expected !== undefined && present + missing < expected
  return isShort
    ? fewer(plural(present, 'GPU'), present, expected)
    : { id: 'count', level: 'ok', message: plural(present, 'GPU') }
}

/** What is known from now on: who is there, and who was and is missed. For whom another has come is none of this node's any more. */
function knownAfter(
  { inventory }: MissingAround,
  rows: readonly GpuRow[],
  { gone, replaced }: Account,
  isEnough: boolean,
) {
  const none = new Set([...replaced, ...(isEnough ? gone : [])].map(([uuid]) => uuid))
  const before = Object.entries(inventory.known).filter(([uuid]) => !none.has(uuid))
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

/** What is said beside those that were lost, and what is known then. */
interface Judged {
  readonly missing: readonly Missing[]
  readonly node: (missing: number) => Said | undefined
  readonly inventory: Omit<Inventory, 'episodes'>
}

function accountIn(around: MissingAround, rows: readonly GpuRow[]): Account {
  const isOpen = (uuid: string) => around.isOpen(`gpu:${uuid}`)
  return accountOf({ ...around, ...around.reading, rows, isOpen, isAllVisible: isAllVisible(around) })
}

/** What an answer says that is whole. */
function judgeWhole(around: MissingAround, rows: readonly GpuRow[]): Judged {
  const { inventory, reading } = around
  const expected = expectedOf(around)
  const present = rows.filter((row) => !isLost(row)).length
  const isEnough = expected !== undefined && present >= expected
  const account = accountIn(around, rows)
  return {
    missing: [...unlisted(around, rows), ...(isEnough ? [] : vanished(around, account.gone, rows))],
    node: (missing) => ofNode(expected, present, missing),
    inventory: {
      known: knownAfter(around, rows, account, isEnough),
      strangers: account.strangers,
      showedAll: inventory.showedAll === true || showsAll(reading, rows),
      onPci: isPciWhole({ ...reading, rows }) || (rows.length === 0 && inventory.onPci === true),
      accepted: acceptedAfter(around, present),
      excused: excusedAfter(around, rows),
    },
  }
}

/** What PCI alone says: who is not there cannot be shown, and without a GPU the driver is not even loaded. */
function judgeByPci(around: MissingAround): Judged {
  const { reading, inventory } = around
  if (!reading.pci.ok) return { missing: [], node: () => undefined, inventory }
  const expected = expectedOf(around)
  const there = reading.pci.value.length
  const isEnough = expected !== undefined && there >= expected
  const { gone } = accountIn(around, [])
  return {
    missing: isEnough || inventory.onPci !== true ? [] : vanished(around, gone, []),
    node: (missing) =>
      expected !== undefined && there + missing < expected
        ? fewer(`PCI has ${plural(there, 'GPU')}`, there, expected)
        : undefined,
    inventory,
  }
}

/** Both, with what is to be remembered. Of what is not known for sure nothing is remembered. */
export function judgeMissing(around: MissingAround): { says: readonly MissingSaid[]; inventory: Inventory } {
  const { query } = around.reading
  const lost = lostOf(around)
  const answer = query.kind === 'rows' ? query.answer : undefined
  const rows = answer?.rows ?? []
  const isWhole = answer !== undefined && !answer.isCut && answer.malformed === 0
  const judged = isWhole ? judgeWhole(around, rows) : judgeByPci(around)
  const isTold = ({ card }: Missing) => lost.some((one) => one.card.place === card.place)
  const missing = [...lost, ...judged.missing.filter((one) => !isTold(one))]
  const episodes = episodesWith(around, missing)
  const present = rows.filter((row) => !isLost(row)).flatMap((row) => presentOf(row, around))
  const node = judged.node(missing.length)
  const ofAll = node === undefined ? [] : [{ entity: '', subject: undefined, said: node }]
  return {
    says: [...ofAll, ...present, ...missing.map((one) => saidOf(one, episodes))],
    inventory: { ...judged.inventory, episodes },
  }
}
