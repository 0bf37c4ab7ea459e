/** 1, 2, 42: whether there is a driver, and whether it is reached. Pure. */
import { type DriverKnown, type DriverLack, type DriverWord, judgeDriverLack, plural } from '#monitor-kit/evaluate'
import type { Inventory } from '../../../cards/inventory.ts'
import { expectedOf } from '../../../cards/spare.ts'
import type { Bad, Said } from '../../../judging/said.ts'
import type { Config } from '../config.ts'
import type { HealthReading } from '../reading.ts'
import { judgeMismatch } from './mismatch.ts'
import { whyUnseen } from './unseen.ts'

const LOADED = 'driver-loaded'
const NOUVEAU = 'nouveau'

function bad(id: string, reason: string, message: string, summary: string): Bad {
  return { id, level: 'bad', severity: 'critical', reason, message, summary }
}

/** What follows of this look by the rule for every check that says it, and what is known after it; undefined: it was not seen. */
export function driverLack(
  { driver, pci, query }: HealthReading,
  before: DriverKnown,
  { config, nowMs, inventory }: LackAround,
) {
  if (!driver.ok || !pci.ok) return undefined
  const seen = { gpus: pci.value, isLoaded: driver.value.isLoaded, nowMs }
  // A GPU that the loaded driver did not take is missed by its name, as one that nvidia-smi does not show.
  const { sustainedMissingMinutes: sustainedMinutes, expectedGpus } = config
  const expected = { sustainedMinutes, doesCountUnbound: false, ...expectedOf({ inventory, expectedGpus }, query) }
  return judgeDriverLack(seen, expected, before)
}

/** What the rule is given beside the reading. */
export interface LackAround {
  readonly config: Pick<Config, 'sustainedMissingMinutes' | 'expectedGpus'>
  readonly inventory: Pick<Inventory, 'known'>
  /** Since the boot. */
  readonly nowMs: number
}

/** What the driver lacks, in the words of the numbered checks. */
function faultOf({ kind, gpus }: DriverLack): Bad {
  if (kind === 'nouveau') {
    const places = gpus.map(({ place }) => place).join(', ')
    const message = `nouveau has ${places}; keep it from being loaded (modprobe.blacklist=nouveau) and reboot`
    return { ...bad(NOUVEAU, 'NouveauLoaded', message, 'the driver nouveau has a GPU'), action: 'reboot-node' }
  }
  const message = `${plural(gpus.length, 'GPU')} on PCI, and the kernel module nvidia is not loaded; see its installation and the kernel’s log`
  const fault = bad(LOADED, 'DriverNotLoaded', message, 'the NVIDIA driver is not loaded')
  return { ...fault, action: 'restart-service' }
}

/** A driver that is missing counts once that has lasted. */
function lacking(word: DriverWord): Said | undefined {
  if (!('lack' in word)) return undefined
  const { id, reason, message, ...fault } = faultOf(word.lack)
  return word.kind === 'missing' ? { id, reason, message, ...fault } : { id, level: 'waiting', reason, message }
}

/** None of its GPUs has to have it, by a person's word or by what they are there for. */
function unneeded(word: DriverWord | undefined): Said | undefined {
  if (word?.kind === 'excused') {
    const message = 'a person said that no GPU needs the driver of NVIDIA'
    return { id: LOADED, level: 'ok', reason: 'DriverExcused', message }
  }
  if (word?.kind !== 'not-expected') return undefined
  const places = word.gpus.map(({ place }) => place).join(', ')
  const message = `${places} drives screens, and the driver of NVIDIA never had it`
  return { id: LOADED, level: 'ok', reason: 'DriverNotExpected', message }
}

/** Whoever has no way to the driver says nothing of it. */
const NO_CONTROL = {
  id: LOADED,
  level: 'unknown',
  reason: 'NoDevicesHere',
  message:
    'there is no /dev/nvidiactl here, without which nobody reaches the driver that is loaded; run this container with the runtime of NVIDIA (RuntimeClass nvidia, NVIDIA_VISIBLE_DEVICES=all); on a host, nvidia-modprobe makes it',
} as const satisfies Said

function loaded(
  { driver, query, hasControl }: HealthReading,
  lack: Said | undefined,
  word: DriverWord | undefined,
): Said | undefined {
  if (!driver.ok) return { id: LOADED, level: 'unknown', reason: driver.reason, message: driver.message }
  if (lack?.id === LOADED) return lack
  // One cause is told once.
  if (!driver.value.isLoaded && lack !== undefined) return undefined
  const none = driver.value.isLoaded ? undefined : unneeded(word)
  if (none !== undefined) return none
  if (driver.value.isLoaded && query.kind === 'failed' && query.failure.kind === 'no-driver') {
    if (hasControl === false) return NO_CONTROL
    const message = `nvidia-smi does not reach the driver: ${query.said}`
    const fault = bad(LOADED, 'DriverNotReached', message, 'the NVIDIA driver is not reached')
    return { ...fault, action: 'restart-service' }
  }
  const unseen = whyUnseen(query)
  if (unseen !== undefined) return { id: LOADED, level: 'unknown', reason: unseen.reason, message: unseen.message }
  return { id: LOADED, level: 'ok', message: `driver ${driver.value.version ?? 'of some version'} answers` }
}

/**
 * All of them.
 * @param word what the rule says of this look; undefined: it was not seen
 * @param answeredBy version of the module when nvidia-smi answered last in this process
 */
export function judgeDriver(
  reading: HealthReading,
  word: DriverWord | undefined,
  answeredBy: string | undefined,
): readonly (Said | undefined)[] {
  const lack = word === undefined ? undefined : lacking(word)
  const isKnown = word !== undefined && lack?.id !== NOUVEAU
  const nouveau = isKnown
    ? ({ id: NOUVEAU, level: 'ok', message: 'nouveau has none that needs it' } as const)
    : undefined
  const mismatch = judgeMismatch(reading, answeredBy)
  // One cause is told once.
  const isTold = mismatch !== undefined && mismatch.level !== 'ok'
  return [
    isTold ? undefined : loaded(reading, lack, word),
    mismatch,
    nouveau ?? (lack?.id === NOUVEAU ? lack : undefined),
  ]
}
