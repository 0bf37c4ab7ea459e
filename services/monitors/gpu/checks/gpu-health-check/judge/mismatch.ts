/** 2: the driver's module and the library that nvidia-smi uses are of two versions, and which of them is the one of before. Pure. */
import { compareVersions } from '../../../driver/versions.ts'
import type { Said } from '../../../judging/said.ts'
import type { HealthReading } from '../reading.ts'

const ID = 'driver-mismatch'

/**
 * Whether the library is one of before: a container keeps the one that it was started with while the node gets another driver.
 * @param answeredBy version of the module when nvidia-smi answered last in this process
 */
export function isLibraryOfBefore({ driver, query }: HealthReading, answeredBy: string | undefined): boolean {
  if (query.kind !== 'failed' || query.failure.kind !== 'mismatch' || !driver.ok) return false
  const { version } = driver.value
  if (version === undefined) return false
  if (answeredBy !== undefined && answeredBy !== version) return true
  const { library } = query.failure
  return library !== undefined && compareVersions(library, version) < 0
}

/** 2. @param answeredBy as above */
export function judgeMismatch(reading: HealthReading, answeredBy: string | undefined): Said | undefined {
  const { driver, query } = reading
  if (query.kind === 'rows') return { id: ID, level: 'ok', message: 'its library is of the same version' }
  if (query.kind !== 'failed' || query.failure.kind !== 'mismatch') return undefined
  const version = (driver.ok ? driver.value.version : undefined) ?? 'of some version'
  if (isLibraryOfBefore(reading, answeredBy)) {
    const why = `driver ${version} is loaded, and nvidia-smi here is of another one; a container has the library that it was started with: start it again`
    return { id: ID, level: 'unknown', reason: 'LibraryOfBefore', message: `${query.said}: ${why}` }
  }
  const message = `${query.said}: the library was changed, and driver ${version} of before is still loaded; drain the node and reboot it`
  const words = { reason: 'DriverMismatch', message, summary: 'driver and library are of two versions' }
  return { id: ID, level: 'bad', severity: 'error', action: 'reboot-node', ...words }
}
