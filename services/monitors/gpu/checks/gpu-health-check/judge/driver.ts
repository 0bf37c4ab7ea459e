/** 1, 2, 42: whether there is a driver, and whether it is reached. Pure. */
import { plural } from '#monitor-kit/evaluate'
import { isGivenAway, type PciGpu } from '../../../driver/pci-gpus.ts'
import type { Said } from '../../../judging/said.ts'
import type { HealthReading } from '../reading.ts'
import { whyUnseen } from './unseen.ts'

const LOADED = 'driver-loaded'
const MISMATCH = 'driver-mismatch'
const NOUVEAU = 'nouveau'

function bad(id: string, reason: string, message: string, summary: string): Extract<Said, { level: 'bad' }> {
  return { id, level: 'bad', severity: 'critical', reason, message, summary }
}

function loaded({ driver, pci, query }: HealthReading): Said | undefined {
  if (!driver.ok) return { id: LOADED, level: 'unknown', reason: driver.reason, message: driver.message }
  const own = pci.ok ? pci.value.filter((one) => !isGivenAway(one)) : []
  // One cause is told once.
  if (!driver.value.isLoaded && own.some(isNouveaus)) return undefined
  if (!driver.value.isLoaded && own.length > 0) {
    const message = `${plural(own.length, 'GPU')} on PCI, and the kernel module nvidia is not loaded; see its installation and the kernel’s log`
    return { ...bad(LOADED, 'DriverNotLoaded', message, 'the NVIDIA driver is not loaded'), action: 'restart-service' }
  }
  if (query.kind === 'failed' && query.failure.kind === 'no-driver') {
    const message = `nvidia-smi does not reach the driver: ${query.said}`
    return {
      ...bad(LOADED, 'DriverNotReached', message, 'the NVIDIA driver is not reached'),
      action: 'restart-service',
    }
  }
  const unseen = whyUnseen(query)
  if (unseen !== undefined) return { id: LOADED, level: 'unknown', reason: unseen.reason, message: unseen.message }
  return { id: LOADED, level: 'ok', message: `driver ${driver.value.version ?? 'of some version'} answers` }
}

function mismatch({ query }: HealthReading): Said | undefined {
  if (query.kind === 'rows') return { id: MISMATCH, level: 'ok', message: 'its library is of the same version' }
  if (query.kind !== 'failed' || query.failure.kind !== 'mismatch') return undefined
  const message = `${query.said}: the driver was changed, and the one before is still loaded; drain the node and reboot it`
  const words = bad(MISMATCH, 'DriverMismatch', message, 'driver and library are of two versions')
  return { ...words, severity: 'error', action: 'reboot-node' }
}

function isNouveaus({ driver }: PciGpu): boolean {
  return driver === 'nouveau'
}

function nouveau({ pci }: HealthReading): Said | undefined {
  if (!pci.ok) return undefined
  const places = pci.value.filter(isNouveaus).map(({ place }) => place)
  if (places.length === 0) return { id: NOUVEAU, level: 'ok', message: 'nouveau has none' }
  const message = `nouveau has ${places.join(', ')}; keep it from being loaded (modprobe.blacklist=nouveau) and reboot`
  return { ...bad(NOUVEAU, 'NouveauLoaded', message, 'the driver nouveau has a GPU'), action: 'reboot-node' }
}

/** All of them. */
export function judgeDriver(reading: HealthReading): readonly (Said | undefined)[] {
  return [loaded(reading), mismatch(reading), nouveau(reading)]
}
