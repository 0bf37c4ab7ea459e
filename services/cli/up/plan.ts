/** Which processes make the set of this configuration. */
import { isSwitchedOn, type NodeDoctorConfig } from '#config'
import { type BuiltService, builtServices, SERVICES, type ServiceTable, socketOf } from '#service-table'

export interface PlannedService {
  readonly name: string
  readonly socket: string
  /** Stopped in this order, lowest first: the detector ends the bus, so it goes last. */
  readonly stopOrder: number
}

/** Monitors that some configured check is served by. One without a row of its own is stopped with the others. */
function wantedMonitors({ monitors }: NodeDoctorConfig): string[] {
  const served = monitors.filter(({ enabled, monitor }) => enabled && monitor !== '').map(({ monitor }) => monitor)
  return [...new Set(served)].sort()
}

function isWanted({ switches }: BuiltService, config: NodeDoctorConfig): boolean {
  return switches.length === 0 || switches.some((key) => isSwitchedOn(config, key))
}

/** @param only names of services; undefined for all that the configuration asks for */
export function planServices(
  config: NodeDoctorConfig,
  only?: readonly string[],
  table: ServiceTable = SERVICES,
): PlannedService[] {
  const { runDir } = config.settings
  const wanted = builtServices(table).filter((service) => service.kind !== 'monitor' && isWanted(service, config))
  const [first, others] = [wanted.filter(({ kind }) => kind === 'core'), wanted.filter(({ kind }) => kind !== 'core')]
  const monitors = wantedMonitors(config).map((name) => ({
    name,
    kind: 'monitor' as const,
    stopOrder: table[name]?.stopOrder ?? 1,
  }))
  return [...first, ...monitors, ...others]
    .map((service) => ({ name: service.name, socket: socketOf(service, runDir), stopOrder: service.stopOrder }))
    .filter(({ name }) => only === undefined || only.includes(name))
}
