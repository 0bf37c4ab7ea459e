/** What systemd says of a unit, held against what it must say. */
import { BusMalformedError } from './bus/errors.ts'
import type { BusValue } from './bus/read.ts'
import type { Unit, UnitService } from './types.ts'

/** Of a service these alone: to tell all of them systemd reads a dozen files of its cgroup. In this order. */
export const SERVICE_PROPERTIES = ['Result', 'MainPID', 'NRestarts', 'ExecMainStatus'] as const

function texts(properties: ReadonlyMap<BusValue, BusValue>, name: string): string {
  const value = properties.get(name)
  if (typeof value !== 'string') throw new BusMalformedError(`systemd says no ${name} of the unit`)
  return value
}

function wholeNumber(value: BusValue | undefined, name: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new BusMalformedError(`systemd says no ${name} of it`)
  return value
}

/** Microseconds since 1970; 0: never. */
function timeOf(value: BusValue | undefined): Date | undefined {
  if (typeof value !== 'bigint') throw new BusMalformedError('systemd says no ActiveEnterTimestamp of the unit')
  const at = new Date(Number(value / 1000n))
  return value === 0n || Number.isNaN(at.getTime()) ? undefined : at
}

/** The dictionary of GetAll(org.freedesktop.systemd1.Unit). @throws BusMalformedError */
export function unitOf(values: readonly BusValue[], service: UnitService | undefined): Unit {
  const entries = values[0]
  if (!Array.isArray(entries)) throw new BusMalformedError('systemd says no properties of the unit')
  const properties = new Map<BusValue, BusValue>()
  for (const entry of entries as readonly BusValue[]) {
    const [name, value] = Array.isArray(entry) ? (entry as readonly BusValue[]) : []
    if (name !== undefined && value !== undefined) properties.set(name, value)
  }
  return {
    name: texts(properties, 'Id'),
    loadState: texts(properties, 'LoadState'),
    activeState: texts(properties, 'ActiveState'),
    subState: texts(properties, 'SubState'),
    activeEnteredAt: timeOf(properties.get('ActiveEnterTimestamp')),
    fileState: texts(properties, 'UnitFileState'),
    service,
  }
}

/** The values of {@link SERVICE_PROPERTIES}. @throws BusMalformedError */
export function serviceOf([result, mainPid, restarts, exitStatus]: readonly (BusValue | undefined)[]): UnitService {
  if (typeof result !== 'string') throw new BusMalformedError('systemd says no Result of the service')
  return {
    result,
    mainPid: wholeNumber(mainPid, 'MainPID') || undefined,
    restarts: wholeNumber(restarts, 'NRestarts'),
    exitStatus: wholeNumber(exitStatus, 'ExecMainStatus'),
  }
}
