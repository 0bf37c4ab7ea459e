/** 3, 4: GPUs that were here, are expected, or stand on PCI, and that nvidia-smi does not show. Pure. */
import { plural } from '#monitor-kit/evaluate'
import type { Inventory } from '../../../cards/inventory.ts'
import { ownGpus } from '../../../cards/spare.ts'
import type { Said } from '../../../judging/said.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import { type Account, accountOf, isPciWhole, type KnownEntry } from './missing-account.ts'
import { acceptedAfter, excusedNow, knownAfter } from './missing-after.ts'
import type { Missing, MissingAround } from './missing-around.ts'
import { isLost, lostOf } from './missing-lost.ts'
import { namedBy } from './missing-named.ts'
import { episodesWith, LOOKS, type MissingSaid, presentOf, saidOf, spareOf } from './missing-says.ts'
import { showsAll, visibilityOf } from './missing-visible.ts'

/** So long after a reset, or after the driver was loaded, nobody is missed who is on PCI. */
const RESET_MS = 60_000

/** Of a container that is given fewer, and nobody says whether all were asked for: those that were here may be missing. */
function unsure({ cardOf, inventory, reading }: MissingAround, rows: readonly GpuRow[], places: readonly string[]) {
  const absent = Object.keys(inventory.known).filter((uuid) => !rows.some((row) => row.uuid === uuid))
  const cards = places.map(cardOf).toSorted((a, b) => Number(b.uuid !== undefined) - Number(a.uuid !== undefined))
  const given = `this container is given ${plural(reading.devices, 'GPU')} of ${rows.length + places.length}, and nobody says whether all were asked for (NODE_DOCTOR_GPUS_ASKED)`
  return cards.slice(0, absent.length).map((card): Missing => {
    const message = `PCI has a GPU at ${card.place}, and nvidia-smi does not show it; ${given}`
    return { card, id: 'count', level: 'unknown', reason: 'FewerGiven', message }
  })
}

/** On PCI, and not in any row. */
function unlisted(around: MissingAround, rows: readonly GpuRow[]): readonly Missing[] {
  const { cardOf, provenMs, nowMs, spare } = around
  const { pci } = around.reading
  const { excused } = around.inventory
  const visibility = visibilityOf(around)
  if (!pci.ok || visibility === 'some') return []
  const own = ownGpus(pci.value, spare).filter((one) => !rows.some(({ place }) => place === one.place))
  const missed = own.map(({ place }) => place).filter((place) => excused?.includes(place) !== true)
  if (visibility === 'unsure') return unsure(around, rows, missed)
  return missed.map((place) => {
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

/** What is said beside those that were lost, and what is known then. */
interface Judged {
  readonly missing: readonly Missing[]
  readonly node: (missing: number) => Said | undefined
  readonly inventory: Omit<Inventory, 'episodes'>
}

function accountIn(around: MissingAround, rows: readonly GpuRow[]): Account {
  const isOpen = (uuid: string) => around.isOpen(`gpu:${uuid}`)
  return accountOf({ ...around, ...around.reading, rows, isOpen, isAllVisible: visibilityOf(around) === 'all' })
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
      showedAll: showsAll(around, rows) ? reading.devices : inventory.showedAll,
      onPci: isPciWhole({ ...reading, rows }) || (rows.length === 0 && inventory.onPci === true),
      accepted: acceptedAfter(around, present),
      excused: inventory.excused,
    },
  }
}

/** What PCI alone says: who is not there cannot be shown, and without a GPU the driver is not even loaded. */
function judgeByPci(around: MissingAround): Judged {
  const { reading, inventory } = around
  if (!reading.pci.ok) return { missing: [], node: () => undefined, inventory }
  const expected = expectedOf(around)
  const there = reading.pci.value.filter(({ place }) => !around.spare.has(place)).length
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
  const answer = query.kind === 'rows' ? query.answer : undefined
  const rows = answer?.rows ?? []
  const isWhole = answer !== undefined && !answer.isCut && answer.malformed === 0
  const excused = isWhole ? excusedNow(around, rows) : around.inventory.excused
  const named = { ...around, cardOf: namedBy(around, rows), inventory: { ...around.inventory, excused } }
  const lost = lostOf(named)
  const judged = isWhole ? judgeWhole(named, rows) : judgeByPci(named)
  const isTold = ({ card }: Missing) => lost.some((one) => one.card.place === card.place)
  const missing = [...lost, ...judged.missing.filter((one) => !isTold(one))]
  const episodes = episodesWith(around, missing)
  const present = rows.filter((row) => !isLost(row)).flatMap((row) => presentOf(row, around))
  // Of whom nobody knows whether he is missing, he does not make up for one that is expected.
  const node = judged.node(missing.filter(({ reason }) => reason === undefined).length)
  const ofAll = node === undefined ? [] : [{ entity: '', subject: undefined, said: node }]
  return {
    says: [...ofAll, ...present, ...missing.map((one) => saidOf(one, episodes)), ...spareOf(around)],
    inventory: { ...judged.inventory, episodes },
  }
}
