/** Which GPUs there were here, over reboots: what is missed is missed by name. Pure, but for the file. */
import { join } from 'node:path'
import { readWhole, replaceFile } from '#durable'
import type { Logger } from '#service'
import { placeOf } from './pci.ts'

/** A GPU that was seen here. */
export interface KnownGpu {
  readonly place: string
  readonly name: string
}

/** What outlives a reboot. */
export interface Inventory {
  /** By UUID. */
  readonly known: Readonly<Record<string, KnownGpu>>
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
  /** Writes it where it is another one. Never rejects. */
  write(inventory: Inventory): Promise<void>
}

const BYTES_MAX = 65_536
const GPUS_MAX = 256
const EPISODES_MAX = 16
const UUID = /^GPU-[0-9a-f-]{1,40}$/i

type Anything = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Anything {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function knownOf(value: unknown): Inventory['known'] {
  if (!isObject(value)) return {}
  const entries = Object.entries(value).slice(0, GPUS_MAX)
  return Object.fromEntries(
    entries.flatMap(([uuid, one]) => {
      const isGpu =
        UUID.test(uuid) && isObject(one) && typeof one['place'] === 'string' && typeof one['name'] === 'string'
      return isGpu ? [[uuid, { place: String(one['place']), name: String(one['name']).slice(0, 200) }]] : []
    }),
  )
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

function episodesOf(value: unknown): Inventory['episodes'] {
  if (!isObject(value)) return {}
  const entries = Object.entries(value).slice(0, GPUS_MAX)
  return Object.fromEntries(
    entries.map(([entity, times]) => [entity, Array.isArray(times) ? times.filter(isTime).slice(-EPISODES_MAX) : []]),
  )
}

function acceptedOf(value: unknown): Inventory['accepted'] {
  if (!isObject(value)) return undefined
  const { expected, gpus } = value
  return typeof expected === 'number' && typeof gpus === 'number' ? { expected, gpus } : undefined
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
    accepted: acceptedOf(value['accepted']),
    excused: placesOf(value['excused']),
    episodes: episodesOf(value['episodes']),
  }
}

/**
 * The file `inventory.json` of a folder. Where that cannot be read or written this process remembers alone, and it is said once.
 * @param folder makes and names the folder
 */
export function createInventoryFile(folder: () => Promise<string>, log: Pick<Logger, 'warn'>): InventoryFile {
  let text: string | undefined
  let hasFailed = false

  function failed(message: string, err: unknown): void {
    if (!hasFailed) log.warn(message, { err })
    hasFailed = true
  }

  return {
    async read() {
      if (text !== undefined) return inventoryOf(JSON.parse(text))
      try {
        const bytes = await readWhole(join(await folder(), 'inventory.json'), BYTES_MAX)
        const known = bytes === undefined ? NO_INVENTORY : inventoryOf(JSON.parse(bytes.toString()))
        text = JSON.stringify(known)
        return known
      } catch (err) {
        failed('the GPUs that were here cannot be recalled', err)
        text = JSON.stringify(NO_INVENTORY)
        return NO_INVENTORY
      }
    },
    async write(inventory) {
      const next = JSON.stringify(inventory)
      if (next === text) return
      text = next
      try {
        // It is written when a GPU is seen first: of a power cut in that moment the next look makes up.
        await replaceFile(join(await folder(), 'inventory.json'), next, { mode: 0o600, sync: false })
        hasFailed = false
      } catch (err) {
        failed('the GPUs that are here cannot be remembered', err)
      }
    },
  }
}
