/** What a check knows of the disks beyond its process, and what it lets go of. Pure. */

import type { ConditionKey } from '#model'
import { cleanEntity, NO_STREAK } from '#monitor-kit/evaluate'
import { type DiskMemory, FIRST_DISK } from './evaluate.ts'
import { diskEntity, FIRST_PLACE, type PlaceMemory } from './space.ts'

/** Facts of this boot: the file system that was writable at each path. */
export interface DiskFacts {
  readonly writable: Readonly<Record<string, string>>
}

/** As many as are ever watched, and some that are not any more. */
const PATHS_MAX = 256

export function factsOf({ places }: DiskMemory): DiskFacts {
  const known = [...places].filter((entry): entry is [string, PlaceMemory & { writable: string }] => {
    return entry[1].writable !== undefined
  })
  return { writable: Object.fromEntries(known.map(([path, { writable }]) => [path, writable])) }
}

/** What an earlier process of this boot knew; nothing where the facts make no sense. */
export function recallDisk(facts: unknown): DiskMemory {
  const writable = (facts as Partial<DiskFacts> | null | undefined)?.writable
  if (typeof writable !== 'object' || writable === null) return FIRST_DISK
  const places = Object.entries(writable)
    .filter(([path, fileSystem]) => path.startsWith('/') && typeof fileSystem === 'string')
    .slice(0, PATHS_MAX)
    .map(([path, fileSystem]) => [path, { ...FIRST_PLACE, writable: fileSystem }] as const)
  return { ...FIRST_DISK, places: new Map(places) }
}

/** A person's word: what is read-only is meant to be, what was slow is counted anew. */
export function clearDisk(memory: DiskMemory, { type, entity }: ConditionKey): DiskMemory {
  if (type === 'FilesystemReadOnly') {
    const places = [...memory.places].map(([path, place]) => {
      return [path, cleanEntity(diskEntity(path)) === entity ? { ...place, writable: undefined } : place] as const
    })
    return { ...memory, places: new Map(places) }
  }
  if (type !== 'DiskSlow') return memory
  const devices = [...memory.devices].map(([name, device]) => {
    return [name, `disk:${name}` === entity ? { ...device, slow: NO_STREAK, stalledMs: 0 } : device] as const
  })
  return { ...memory, devices: new Map(devices) }
}
