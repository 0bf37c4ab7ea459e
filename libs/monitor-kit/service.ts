/** A monitor's definition as a service, and as a process. */
import { mkdir } from 'node:fs/promises'
import type { NodeDoctorConfig } from '#config'
import { probeSocket } from '#rpc'
import { defineService, runWithoutBus, type Service, type ServiceContext, type ServiceDefinition } from '#service'
import { applyFlags, flagsOf, type MonitorFlags } from './flags.ts'
import { createLateMonitor } from './late-place.ts'
import { createMonitor } from './monitor.ts'
import { placeOf } from './place.ts'
import { createPlaceMarks, placesFolder } from './place-marks.ts'
import type { CheckInstance, MonitorDefinition } from './types.ts'
import { instancesHere } from './when.ts'

/** The checks of the configuration that this monitor serves. */
export function instancesOf(definition: MonitorDefinition, config: NodeDoctorConfig): CheckInstance[] {
  return config.monitors
    .filter((entry) => entry.enabled && entry.monitor === definition.name)
    .map(({ name, type, intervalMs, timeoutMs, config: keys, dependsOn, explainedBy, when }) => ({
      name,
      type,
      intervalMs,
      timeoutMs,
      config: keys,
      dependsOn,
      explainedBy,
      when,
    }))
}

/** What of the configuration a monitor works by. */
export interface MonitorSlice extends MonitorFlags {
  /** `settings.kubeconfig`. */
  readonly kubeconfig: string | undefined
}

/**
 * Whether another process has the monitor's own socket; makes the folder of what this one knows, where it is at another. One that cannot be
 * made is said when something cannot be written there.
 */
async function standsBeside(name: string, runDir: string, socket: string | undefined): Promise<boolean> {
  const { apart, runFolder } = placeOf({ name, runDir, socket })
  if (apart === '') return false
  await mkdir(runFolder, { recursive: true, mode: 0o750 }).catch(() => undefined)
  return (await probeSocket(placeOf({ name, runDir }).socketPath)) !== 'nobody'
}

/** The monitor with those of its checks that are meant for this machine; where some are not yet it is made anew once they are. */
async function createHere(definition: MonitorDefinition, context: ServiceContext<MonitorSlice>): Promise<Service> {
  const { config, clock, log, stateDir } = context
  const { checks, kubeconfig, socket, version = context.version } = config
  if (checks.length === 0) log.warn('no check is configured for this monitor')
  const { name } = definition
  const isBeside = await standsBeside(name, context.runDir, socket)
  const { apart } = placeOf({ name, runDir: context.runDir, socket })
  const marks = createPlaceMarks(placesFolder(stateDir, name, apart), { clock, log, host: context.host })
  const make = (here: readonly CheckInstance[]) =>
    createMonitor(definition, { ...context, version, socket, isBeside, kubeconfig, config: here })
  const around = { ...context, marks }
  const judge = async () => {
    const here = await instancesHere(checks, around)
    const away = checks.filter((check) => !here.includes(check))
    return { places: [...new Set(away.flatMap(({ when }) => when ?? []))], make: () => make(here) }
  }
  const now = await judge()
  const monitor = now.make()
  return now.places.length === 0 ? monitor : createLateMonitor(monitor, { context, places: now.places, again: judge })
}

/** A monitor as a service, so that several of them can share a process. */
export function createMonitorService(definition: MonitorDefinition): ServiceDefinition<MonitorSlice> {
  return defineService({
    name: definition.name,
    description: definition.description,
    flags: flagsOf(definition),
    config: (full, flags) => ({
      ...applyFlags(definition, instancesOf(definition, full), flags),
      kubeconfig: full.settings.kubeconfig,
    }),
    create: (context) => createHere(definition, context),
  })
}

/** What a monitor's main does: runs it as a process of its own; several share one. The detector asks them, and they have no bus. */
export function runMonitor(...definitions: readonly MonitorDefinition[]): Promise<never> {
  return runWithoutBus(...definitions.map(createMonitorService))
}
