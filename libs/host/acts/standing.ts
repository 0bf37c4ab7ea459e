/** What systemd says of a unit that is to be acted on, held against what it must say. */
import { BusMalformedError } from '../units/bus/errors.ts'
import type { BusValue } from '../units/bus/read.ts'
import type { UnitStanding } from './types.ts'

function isList(value: BusValue | undefined): value is readonly BusValue[] {
  return Array.isArray(value)
}

/** By name the values of a dictionary that GetAll returned. @throws BusMalformedError */
export function propertiesOf(values: readonly BusValue[]): ReadonlyMap<string, BusValue> {
  const [entries] = values
  if (!isList(entries)) throw new BusMalformedError('systemd says no properties of the unit')
  const properties = new Map<string, BusValue>()
  for (const entry of entries) {
    const [name, value] = isList(entry) ? entry : []
    if (typeof name === 'string' && value !== undefined) properties.set(name, value)
  }
  return properties
}

/** Lists of units that end with this one (systemd.unit(5)); an old systemd has not all of them. */
const STOPPED_WITH = ['RequiredBy', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo'] as const

/** @param service properties of its service; empty of what is none @throws BusMalformedError */
export function standingOf(unit: ReadonlyMap<string, BusValue>, service: ReadonlyMap<string, BusValue>): UnitStanding {
  const missing = (name: string): BusMalformedError => new BusMalformedError(`systemd says no ${name} of the unit`)
  function text(name: string): string {
    const value = unit.get(name)
    if (typeof value !== 'string') throw missing(name)
    return value
  }
  function truth(name: string): boolean {
    const value = unit.get(name)
    if (typeof value !== 'boolean') throw missing(name)
    return value
  }
  function list(name: string): readonly BusValue[] {
    const value = unit.get(name)
    if (!isList(value)) throw missing(name)
    return value
  }
  const mainPid = service.get('MainPID')
  const result = service.get('Result')
  const bytes = list('InvocationID').filter((byte) => typeof byte === 'number')
  return {
    id: text('Id'),
    names: list('Names').filter((name) => typeof name === 'string'),
    loadState: text('LoadState'),
    activeState: text('ActiveState'),
    subState: text('SubState'),
    invocationId: Buffer.from(bytes).toString('hex'),
    // Its number and its object; the number of none is 0.
    hasJob: list('Job')[0] !== 0,
    canReload: truth('CanReload'),
    refusesStart: truth('RefuseManualStart'),
    refusesStop: truth('RefuseManualStop'),
    stopsWith: STOPPED_WITH.flatMap((name) => {
      const value = unit.get(name)
      return isList(value) ? value.filter((each) => typeof each === 'string') : []
    }),
    mainPid: typeof mainPid === 'number' && mainPid !== 0 ? mainPid : undefined,
    result: typeof result === 'string' ? result : '',
  }
}
