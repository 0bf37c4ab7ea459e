/** 2: the driver's module and the library that nvidia-smi uses are of two versions, and which of them is the one of before. Pure. */
import { isOfBefore } from '../../../driver/node-library.ts'
import { compareVersions } from '../../../driver/versions.ts'
import type { Said } from '../../../judging/said.ts'
import type { HealthReading } from '../reading.ts'

const ID = 'driver-mismatch'
/** While a driver is exchanged its module comes before its library: an older library has to last so many looks. */
const LOOKS = 3

/** After a reboot both would be what they are. */
const CURE =
  'a reboot changes neither: let no package of the driver be held back (apt-mark showhold), and give the node the library of its driver; if this container was started while the driver was exchanged, start it again'

/** Which of the two is the one of before, as far as it matters. */
type Mismatch =
  /** The library of this container: that of the node is another. */
  | 'own-library'
  /** It was older all the time: a package of the node that was held back, or of a container that began while its driver was exchanged. */
  | 'older-library'
  | 'module'

/** Versions of the module and of the library; undefined: nvidia-smi says nothing of a mismatch. */
function versionsOf({ driver, query }: HealthReading) {
  if (query.kind !== 'failed' || query.failure.kind !== 'mismatch') return undefined
  return { module: driver.ok ? driver.value.version : undefined, library: query.failure.library }
}

function mismatchOf(reading: HealthReading, answeredBy: string | undefined): Mismatch | undefined {
  const versions = versionsOf(reading)
  if (versions === undefined) return undefined
  const { module, library } = versions
  if (module === undefined) return 'module'
  if (answeredBy !== undefined && answeredBy !== module) return 'own-library'
  if (library === undefined || compareVersions(library, module) >= 0) return 'module'
  if (reading.library !== undefined && isOfBefore(reading.library, module)) return 'own-library'
  // It answered by this module, so the library was changed to an older one.
  return answeredBy === undefined ? 'older-library' : 'module'
}

/**
 * Whether the library is one of before: a container keeps the one that it was started with while the node gets another driver.
 * @param answeredBy version of the module when nvidia-smi answered last in this process
 */
export function isLibraryOfBefore(reading: HealthReading, answeredBy: string | undefined): boolean {
  return mismatchOf(reading, answeredBy) === 'own-library'
}

/** 2. @param answeredBy as above */
export function judgeMismatch(reading: HealthReading, answeredBy: string | undefined): Said | undefined {
  const { driver, query } = reading
  if (query.kind === 'rows') return { id: ID, level: 'ok', message: 'its library is of the same version' }
  const mismatch = mismatchOf(reading, answeredBy)
  if (mismatch === undefined || query.kind !== 'failed') return undefined
  const version = (driver.ok ? driver.value.version : undefined) ?? 'of some version'
  if (mismatch === 'own-library') {
    const why = `driver ${version} is loaded, and nvidia-smi here is of another one; a container has the library that it was started with: start it again`
    return { id: ID, level: 'unknown', reason: 'LibraryOfBefore', message: `${query.said}: ${why}` }
  }
  const bad = { id: ID, level: 'bad', severity: 'error', action: 'reboot-node', reason: 'DriverMismatch' } as const
  if (mismatch === 'older-library') {
    const { library = '' } = versionsOf(reading) ?? {}
    const why = `driver ${version} is loaded, and the library has been the older ${library} since this monitor began; ${CURE}`
    const summary = 'the library is older than the driver'
    return { ...bad, action: 'contact-support', message: `${query.said}: ${why}`, summary, needed: LOOKS }
  }
  const message = `${query.said}: the library was changed, and driver ${version} of before is still loaded; drain the node and reboot it`
  return { ...bad, message, summary: 'driver and library are of two versions' }
}
