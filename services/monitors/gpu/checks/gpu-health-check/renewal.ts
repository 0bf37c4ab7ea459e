/** Begins anew once the node has another driver: a container keeps the library of the one before for as long as it runs. */
import type { Logger } from '#service'
import type { GpuShared } from '../../shared.ts'
import { isLibraryOfBefore } from './judge/mismatch.ts'
import type { HealthReading } from './reading.ts'

/** While a driver is exchanged its module comes before its library: in so many looks in a row it is not that. */
const LOOKS = 3

/** Over the looks of one process; one whose nvidia-smi never answered does not end, so that none ends again and again. */
export function createRenewal(shared: Pick<GpuShared, 'renew'>, log: Pick<Logger, 'warn'>) {
  let looks = 0
  return {
    /** @param answeredBy version of the module when nvidia-smi answered last in this process */
    saw(reading: HealthReading, answeredBy: string | undefined): void {
      looks = answeredBy !== undefined && isLibraryOfBefore(reading, answeredBy) ? looks + 1 : 0
      if (looks !== LOOKS) return
      log.warn(
        'the node has another driver than this process has the library of; it ends, to be started with the new one',
      )
      shared.renew()
    },
  }
}
