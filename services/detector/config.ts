/** What of the configuration the detector goes by: whoever compares two of these knows whether it has anything to do. */
import {
  isSwitchedOn,
  type MonitorEntry,
  type NodeDoctorConfig,
  type NpdFile,
  type PluginEntry,
  type RefusedKey,
  refusedKeys,
} from '#config'
import { readersOf, SERVICES, type ServiceTable } from '#service-table'

/** Of a check: where its monitor belongs, and by which names others may depend on it. */
export type CheckPlace = Pick<MonitorEntry, 'name' | 'monitor' | 'enabled' | 'when'>

/** The detector's slice of the configuration. */
export interface DetectorConfig extends Pick<NodeDoctorConfig, 'bus' | 'detector' | 'catalog' | 'missing'> {
  readonly settings: Pick<NodeDoctorConfig['settings'], 'runDir' | 'nodeName'>
  readonly monitors: readonly CheckPlace[]
  /** Without the place in the file, which moves with every line above it. */
  readonly plugins: readonly Omit<PluginEntry, 'origin'>[]
  /** Files of `npd` that cannot be used, and why. */
  readonly badNpdFiles: readonly Pick<NpdFile, 'path' | 'faults'>[]
  /** Keys without an effect, which one process of the node tells in its log. */
  readonly refused: readonly RefusedKey[]
  /** Readers of the bus that are switched off: nothing is kept for them. */
  readonly absentReaders: readonly string[]
}

/** Takes the detector's slice. Pure: two configurations that ask the same of it give equal slices. */
export function detectorSlice(full: NodeDoctorConfig): DetectorConfig {
  const { settings, bus, detector, monitors, plugins, npd, catalog, missing } = full
  return {
    settings: { runDir: settings.runDir, nodeName: settings.nodeName },
    bus,
    detector,
    monitors: monitors.map(({ name, monitor, enabled, when }) => ({ name, monitor, enabled, when })),
    plugins: plugins.map(({ origin: _where, ...plugin }) => plugin),
    badNpdFiles: npd.files.filter(({ faults }) => faults.length > 0).map(({ path, faults }) => ({ path, faults })),
    catalog,
    missing,
    refused: refusedKeys(full),
    absentReaders: absentReaders(full, SERVICES),
  }
}

function absentReaders(full: NodeDoctorConfig, table: ServiceTable): string[] {
  const names = readersOf(table).map(({ name }) => name)
  return names.filter((name) => {
    const { switches = [] } = table[name] ?? {}
    return switches.length > 0 && !switches.some((key) => isSwitchedOn(full, key))
  })
}
