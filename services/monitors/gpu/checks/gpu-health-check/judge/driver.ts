/** 1, 2, 42: whether there is a driver, and whether it is reached. Pure. */
import { plural } from '#monitor-kit/evaluate'
import { isGivenAway, type PciGpu } from '../../../driver/pci-gpus.ts'
import type { Bad, Said } from '../../../judging/said.ts'
import type { Config } from '../config.ts'
import type { DriverFacts } from '../memory.ts'
import type { HealthReading } from '../reading.ts'
import { whyUnseen } from './unseen.ts'

const LOADED = 'driver-loaded'
const MISMATCH = 'driver-mismatch'
const NOUVEAU = 'nouveau'
const MINUTE_MS = 60_000

function bad(id: string, reason: string, message: string, summary: string): Bad {
  return { id, level: 'bad', severity: 'critical', reason, message, summary }
}

/** GPUs of which the driver is to have something. */
function ownOf({ pci }: HealthReading): readonly PciGpu[] {
  return pci.ok ? pci.value.filter((one) => !isGivenAway(one)) : []
}

/** What is known of it after this look. */
export function driverFacts(reading: HealthReading, before: DriverFacts, nowMs: number): DriverFacts {
  const { driver, pci } = reading
  if (!driver.ok || !pci.ok) return before
  const own = ownOf(reading)
  const isMissing = own.length > 0 && (!driver.value.isLoaded || own.some(isNouveaus))
  return {
    wasLoaded: before.wasLoaded || driver.value.isLoaded,
    missingSinceMs: isMissing ? (before.missingSinceMs ?? nowMs) : undefined,
  }
}

/** One look, and what is known of the driver after it. */
interface DriverAround {
  readonly reading: HealthReading
  readonly facts: DriverFacts
  readonly config: Pick<Config, 'sustainedMissingMinutes'>
  readonly nowMs: number
}

/** A driver that is missing counts where it has to be there, and once that has lasted. */
function missing(fault: Bad, { reading, facts, config, nowMs }: DriverAround): Said {
  const own = ownOf(reading)
  const { id, reason, message } = fault
  if (!facts.wasLoaded && own.every(({ kind }) => kind === 'display')) {
    const places = own.map(({ place }) => place).join(', ')
    return {
      id,
      level: 'ok',
      message: `${places} drives screens, and the driver of NVIDIA was not loaded in this boot`,
    }
  }
  const lastsMs = nowMs - (facts.missingSinceMs ?? nowMs)
  return lastsMs < config.sustainedMissingMinutes * MINUTE_MS ? { id, level: 'waiting', reason, message } : fault
}

function loaded(around: DriverAround): Said | undefined {
  const { driver, query } = around.reading
  if (!driver.ok) return { id: LOADED, level: 'unknown', reason: driver.reason, message: driver.message }
  const own = ownOf(around.reading)
  // One cause is told once.
  if (!driver.value.isLoaded && own.some(isNouveaus)) return undefined
  if (!driver.value.isLoaded && own.length > 0) {
    const message = `${plural(own.length, 'GPU')} on PCI, and the kernel module nvidia is not loaded; see its installation and the kernel’s log`
    const fault = bad(LOADED, 'DriverNotLoaded', message, 'the NVIDIA driver is not loaded')
    return missing({ ...fault, action: 'restart-service' }, around)
  }
  if (driver.value.isLoaded && query.kind === 'failed' && query.failure.kind === 'no-driver') {
    const message = `nvidia-smi does not reach the driver: ${query.said}`
    const fault = bad(LOADED, 'DriverNotReached', message, 'the NVIDIA driver is not reached')
    return { ...fault, action: 'restart-service' }
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

function nouveau(around: DriverAround): Said | undefined {
  const { pci } = around.reading
  if (!pci.ok) return undefined
  const places = pci.value.filter(isNouveaus).map(({ place }) => place)
  if (places.length === 0) return { id: NOUVEAU, level: 'ok', message: 'nouveau has none' }
  const message = `nouveau has ${places.join(', ')}; keep it from being loaded (modprobe.blacklist=nouveau) and reboot`
  const fault = bad(NOUVEAU, 'NouveauLoaded', message, 'the driver nouveau has a GPU')
  return missing({ ...fault, action: 'reboot-node' }, around)
}

/** All of them. */
export function judgeDriver(around: DriverAround): readonly (Said | undefined)[] {
  return [loaded(around), mismatch(around.reading), nouveau(around)]
}
