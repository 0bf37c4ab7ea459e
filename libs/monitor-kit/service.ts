/** A monitor's definition as a service, and as a process. */
import type { NodeDoctorConfig } from '#config'
import { defineService, runWithoutBus, type ServiceDefinition } from '#service'
import { createMonitor } from './monitor.ts'
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
export interface MonitorSlice {
  readonly checks: readonly CheckInstance[]
  /** `settings.kubeconfig`. */
  readonly kubeconfig: string | undefined
}

/** A monitor as a service, so that several of them can share a process. */
export function createMonitorService(definition: MonitorDefinition): ServiceDefinition<MonitorSlice> {
  return defineService({
    name: definition.name,
    description: definition.description,
    config: (full) => ({ checks: instancesOf(definition, full), kubeconfig: full.settings.kubeconfig }),
    async create(context) {
      const { checks, kubeconfig } = context.config
      if (checks.length === 0) context.log.warn('no check is configured for this monitor')
      return createMonitor(definition, { ...context, kubeconfig, config: await instancesHere(checks, context) })
    },
  })
}

/** What a monitor's main does: runs it as a process of its own; several share one. The detector asks them, and they have no bus. */
export function runMonitor(...definitions: readonly MonitorDefinition[]): Promise<never> {
  return runWithoutBus(...definitions.map(createMonitorService))
}
