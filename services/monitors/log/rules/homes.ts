/** Which file system is meant where a device is named that may have left it since. Pure. */
import { deviceOfEntity } from './mount-lines.ts'
import type { Mounted } from './mounted.ts'
import type { Raised } from './types.ts'

const ENTITIES_MAX = 256

/** File systems of which something is raised, or may be soon. */
export interface Homes {
  /** A line says which file system is on a device. */
  named(entity: string, fileSystem: string): void
  /** Undefined: nobody knows. */
  isMounted(raised: Raised, mounted: Mounted): boolean | undefined
  /** Of other entities nothing is known any more. */
  keepOnly(entities: ReadonlySet<string>): void
}

/**
 * The lines of btrfs name the device that it was mounted by, also when that was replaced or removed meanwhile: it is gone when its
 * UUID is, which was known by a line or while the device was listed, or when there is none at all.
 */
export function createHomes(): Homes {
  /** By entity; whose is longest known comes first. */
  const homes = new Map<string, string>()

  function put(entity: string, home: string): void {
    homes.delete(entity)
    for (const oldest of homes.keys()) if (homes.size >= ENTITIES_MAX) homes.delete(oldest)
    homes.set(entity, home)
  }

  function homeOf(entity: string, listed: string | undefined): string | undefined {
    if (listed !== undefined && !homes.has(entity)) put(entity, listed)
    return homes.get(entity)
  }

  return {
    named: put,
    isMounted({ driver, entity }, mounted) {
      const device = deviceOfEntity(entity)
      const listing = driver && mounted.get(driver)
      if (device === undefined || listing === undefined) return undefined
      const home = driver === 'btrfs' ? homeOf(entity, listing.byDevice.get(device)) : device
      if (home !== undefined) return listing.fileSystems.has(home)
      return listing.fileSystems.size === 0 ? false : undefined
    },
    keepOnly(entities) {
      for (const entity of homes.keys()) if (!entities.has(entity)) homes.delete(entity)
    },
  }
}
