/** Units of the host's systemd, by its system bus. */
import type { BusAnswer, BusConnection } from './bus/connection.ts'
import { SERVICE_PROPERTIES, serviceOf, unitOf } from './properties.ts'
import { returned, SYSTEMD, type SystemBus, unknown } from './system-bus.ts'
import type { Unit, Units } from './types.ts'
import { unitName, unitPath } from './unit-path.ts'

const UNKNOWN_PROPERTY = 'org.freedesktop.DBus.Error.UnknownProperty'
const NAME_MAX = 200

/** systemd before 235 (Amazon Linux 2, CentOS 7) counts no restarts. */
function isUncounted(answer: BusAnswer, property: string | undefined): boolean {
  return property === 'NRestarts' && answer.kind === 'error' && answer.name === UNKNOWN_PROPERTY
}

/** All of a unit at once: the bus is woken once for it. */
async function askFor(bus: BusConnection, name: string): Promise<Unit> {
  const ask = (member: string, ...args: string[]): Promise<BusAnswer> =>
    bus.call({ destination: SYSTEMD, path: unitPath(name), interface: 'org.freedesktop.DBus.Properties', member, args })
  const [unit, ...service] = await Promise.all([
    ask('GetAll', `${SYSTEMD}.Unit`),
    ...(name.endsWith('.service') ? SERVICE_PROPERTIES.map((each) => ask('Get', `${SYSTEMD}.Service`, each)) : []),
  ])
  const properties = returned(unit)
  const values = service.map((each, at) => (isUncounted(each, SERVICE_PROPERTIES[at]) ? 0 : returned(each)[0]))
  return unitOf(properties, values.length === 0 ? undefined : serviceOf(values))
}

/** @param systemBus the one of the machine whose units are asked for */
export function createUnits(systemBus: SystemBus): Units {
  return {
    async unit(name, options = {}) {
      options.signal?.throwIfAborted()
      const whole = unitName(name)
      const asked = `ask systemd for ${whole ?? JSON.stringify(name.slice(0, NAME_MAX))}`
      const said =
        whole === undefined
          ? unknown(asked, 'refused', 'no unit has such a name')
          : await systemBus.ask(asked, options, (bus) => askFor(bus, whole))
      if (said.kind === 'said') return { kind: 'known', unit: said.value }
      return { kind: 'unknown', reason: said.reason, message: said.message }
    },
  }
}
