/** Which GPUs there were here, over reboots: what is missed is missed by name. Pure, but for the file. */
import { join } from 'node:path'
import { type Clock, within } from '#clock'
import { FileTooLargeError, readWhole, replaceFile } from '#durable'
import {
  isAnotherMachine,
  joinedMachine,
  keptMachine,
  type Machine,
  nvidiaDevice,
  type PciGpu,
} from '#monitor-kit/evaluate'
import type { Logger } from '#service'
import { placeOf } from './pci.ts'

/** A GPU that was seen here. */
export interface KnownGpu {
  readonly place: string
  readonly name: string
  /** Its model by PCI, "0x2330"; undefined: nobody knows. */
  readonly device?: string | undefined
  /** What it is there for by PCI; undefined: nobody knows. */
  readonly kind?: PciGpu['kind'] | undefined
  /** As nvidia-smi counted it then. */
  readonly index?: number | undefined
  /** Id of the boot in which it was seen there last; undefined: nobody knows. */
  readonly boot?: string | undefined
}

/** What outlives a reboot. */
export interface Inventory {
  /** By UUID. */
  readonly known: Readonly<Record<string, KnownGpu>>
  /** GPUs on PCI that nobody has shown here yet (of virtual machines, too); undefined: nobody has counted them. */
  readonly strangers?: number | undefined
  /** All that nvidia-smi showed last stood on PCI: who is not there any more is gone by that alone. */
  readonly onPci?: boolean | undefined
  /**
   * One answer showed all that PCI has for this node, to a process with so many device files of GPUs: who has as many is given all of them.
   * A container that is made anew may be given fewer.
   */
  readonly showedAll?: number | undefined
  /** A person accepted so many where the configuration expects more. */
  readonly accepted?: { readonly expected: number; readonly gpus: number } | undefined
  /** Places on PCI of which a person said that what is there is not missed, until it is shown. */
  readonly excused?: readonly string[] | undefined
  /** When each began to be missing, by entity, in milliseconds of the wall clock; of the last three days. */
  readonly episodes: Readonly<Record<string, readonly number[]>>
}

export const NO_INVENTORY: Inventory = { known: {}, episodes: {} }

/** Reads and writes it. */
export interface InventoryFile {
  /** What was known; nothing where the file makes no sense. Never rejects. */
  read(): Promise<Inventory>
  /** Writes it where it is another one; it is known at once. Never rejects. */
  write(inventory: Inventory): Promise<void>
}

const NAME = 'inventory.json'
/** More than all that is written at most: what its bounds let through, escaped. */
const BYTES_MAX = 2_097_152
/** A disk that does not answer keeps nobody from looking. */
const WAIT_MS = 1_000
const GPUS_MAX = 256
const EPISODES_MAX = 16
const NAME_MAX = 200
const PLACE_MAX = 20
const BOOT_MAX = 36
/** Of an entity, which is a UUID or a place. */
const ENTITY_MAX = 64
const UUID = /^GPU-[0-9a-f-]{1,40}$/i

type Anything = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Anything {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function knownGpuOf(value: unknown): KnownGpu | undefined {
  if (!isObject(value)) return undefined
  const { place, name, index, boot, device, kind } = value
  if (typeof place !== 'string' || typeof name !== 'string') return undefined
  return {
    place: place.slice(0, PLACE_MAX),
    name: name.slice(0, NAME_MAX),
    ...(Number.isInteger(index) && { index: Number(index) }),
    ...(typeof boot === 'string' && { boot: boot.slice(0, BOOT_MAX) }),
    ...(typeof device === 'string' && nvidiaDevice(device) === device && { device }),
    ...((kind === 'display' || kind === 'compute') && { kind }),
  }
}

function knownOf(value: unknown): Inventory['known'] {
  if (!isObject(value)) return {}
  const gpus = Object.entries(value).map(([uuid, one]) => [uuid, knownGpuOf(one)] as const)
  const known = gpus.flatMap(([uuid, gpu]) => (gpu !== undefined && UUID.test(uuid) ? [[uuid, gpu] as const] : []))
  return Object.fromEntries(known.slice(0, GPUS_MAX))
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

function episodesOf(value: unknown): Inventory['episodes'] {
  if (!isObject(value)) return {}
  const entries = Object.entries(value).filter(([entity]) => entity.length <= ENTITY_MAX)
  return Object.fromEntries(
    entries
      .slice(0, GPUS_MAX)
      .map(([entity, times]) => [entity, Array.isArray(times) ? times.filter(isTime).slice(-EPISODES_MAX) : []]),
  )
}

function acceptedOf(value: unknown): Inventory['accepted'] {
  if (!isObject(value)) return undefined
  const { expected, gpus } = value
  return typeof expected === 'number' && typeof gpus === 'number' ? { expected, gpus } : undefined
}

/** How many GPUs, or device files of them. */
function countOf(value: unknown): number | undefined {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= GPUS_MAX ? Number(value) : undefined
}

function placesOf(value: unknown): Inventory['excused'] {
  const places = Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
  const own = places.filter((one) => placeOf(one) === one).slice(0, GPUS_MAX)
  return own.length === 0 ? undefined : own
}

/** An inventory out of anything. */
export function inventoryOf(value: unknown): Inventory {
  if (!isObject(value)) return NO_INVENTORY
  return {
    known: knownOf(value['known']),
    strangers: countOf(value['strangers']),
    onPci: value['onPci'] === true ? true : undefined,
    showedAll: countOf(value['showedAll']),
    accepted: acceptedOf(value['accepted']),
    excused: placesOf(value['excused']),
    episodes: episodesOf(value['episodes']),
  }
}

/** What is known by both: what this process saw is newer. */
function mergeOf(kept: Inventory, seen: Inventory | undefined): Inventory {
  if (seen === undefined) return kept
  const excused = [...new Set([...(kept.excused ?? []), ...(seen.excused ?? [])])]
  return {
    known: { ...kept.known, ...seen.known },
    strangers: seen.strangers ?? kept.strangers,
    onPci: seen.onPci ?? kept.onPci,
    showedAll: seen.showedAll ?? kept.showedAll,
    accepted: seen.accepted ?? kept.accepted,
    excused: excused.length === 0 ? undefined : excused,
    episodes: { ...kept.episodes, ...seen.episodes },
  }
}

/** What stands in the file, and of which machine; undefined: nothing that makes sense. @throws what keeps it from being read */
async function keptIn(path: string): Promise<{ inventory: Inventory; machine: Machine } | undefined> {
  try {
    const bytes = await readWhole(path, BYTES_MAX)
    if (bytes === undefined) return { inventory: NO_INVENTORY, machine: {} }
    const value: unknown = JSON.parse(bytes.toString())
    return { inventory: inventoryOf(value), machine: keptMachine(isObject(value) ? value['machine'] : undefined) }
  } catch (err) {
    if (err instanceof SyntaxError || err instanceof FileTooLargeError) return undefined
    throw err
  }
}

/** What is written: no more than is read again. */
function textOf(inventory: Inventory | undefined, machine: Machine): string {
  const isKnown = Object.keys(machine).length > 0
  return JSON.stringify({ ...inventoryOf(inventory), ...(isKnown && { machine }) })
}

/** What the file is worked with by. */
export interface InventoryOptions {
  /** Makes and names the folder. */
  readonly folder: () => Promise<string>
  readonly log: Pick<Logger, 'warn'>
  readonly clock: Clock
  /** Which machine this is: on a copy of another one's disk nothing is known. Never rejects. */
  readonly machine: () => Promise<Machine>
}

/** Does it once at a time: who asks meanwhile waits for the same, for no longer than a disk may take. */
function createTurn(clock: Clock, act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= act().finally(() => {
      running = undefined
    })
    return within(clock, running, WAIT_MS, () => undefined)
  }
}

/**
 * The file `inventory.json` of a folder. Where that cannot be read or written, or does not answer within a second, this process remembers
 * alone, tries again when it is asked next, and says so once. What was never read is not written over; what makes no sense is.
 */
export function createInventoryFile(options: InventoryOptions): InventoryFile {
  const { folder, log, clock } = options
  let memory: Inventory | undefined
  let onDisk: string | undefined
  let hasFailed = false
  let machine: Machine = {}
  /** What was handed out last came of no file: what is made of it knows less than that. */
  let isBlind = false
  /** And the file was read since. */
  let isStale = false

  function failed(message: string, err: unknown): void {
    if (!hasFailed) log.warn(message, { err })
    hasFailed = true
  }

  async function readKept(): Promise<void> {
    try {
      const [kept, now] = await Promise.all([folder().then((path) => keptIn(join(path, NAME))), options.machine()])
      const isOther = kept !== undefined && isAnotherMachine(kept.machine, now)
      if (kept === undefined) log.warn('the GPUs that were here cannot be recalled: their file makes no sense')
      if (isOther) log.warn('the GPUs that are known are those of another machine, of whose disk this one is a copy')
      machine = isOther ? now : joinedMachine(kept?.machine ?? {}, now)
      onDisk = kept === undefined ? '' : textOf(kept.inventory, kept.machine)
      memory = mergeOf(isOther || kept === undefined ? NO_INVENTORY : kept.inventory, memory)
      isStale = isBlind
    } catch (err) {
      failed('the GPUs that were here cannot be recalled', err)
    }
  }

  async function writeWanted(): Promise<void> {
    try {
      for (let text = textOf(memory, machine); text !== onDisk; text = textOf(memory, machine)) {
        // It is written when a GPU is seen first: of a power cut in that moment the next look makes up.
        await replaceFile(join(await folder(), NAME), text, { mode: 0o600, sync: false })
        onDisk = text
      }
      hasFailed = false
    } catch (err) {
      failed('the GPUs that are here cannot be remembered', err)
    }
  }

  const reading = createTurn(clock, readKept)
  const writing = createTurn(clock, writeWanted)

  return {
    async read() {
      if (onDisk === undefined) await reading()
      isBlind ||= onDisk === undefined
      return memory ?? NO_INVENTORY
    },
    async write(inventory) {
      memory = isStale && memory !== undefined ? mergeOf(memory, inventory) : inventory
      isBlind = false
      isStale = false
      if (onDisk !== undefined) await writing()
    },
  }
}
