/** `system-cpu`: is the node overloaded, is it slowed down by heat? */
import { createLook, defineCheck } from '#monitor-kit'
import type { Config } from './config.ts'
import { clearCpu, evaluateCpu, FIRST_CPU } from './evaluate.ts'
import { createCpuSource } from './source.ts'

export const cpu = defineCheck<Config>({
  type: 'system-cpu',
  description: 'Load per core, sustained, and processors that slow down because of heat',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'CPUPressure',
      description: 'More tasks want to run, or wait for I/O, than the processors can take, for several checks in a row',
      label: 'CPU overloaded',
      healthyReason: 'NormalLoad',
      healthyMessage: 'load per core under its limit',
      recoveryText: '2 checks in a row find the load per core under the warning limit',
      source: '/proc/loadavg (1 minute) divided by the online processors of /proc/stat',
      warning: '1.5 per core (warningLoadFactor)',
      critical: '3 per core (criticalLoadFactor)',
      sustained: '3 checks in a row (sustainedHighLoadChecks)',
    },
    {
      type: 'CPUThermalThrottled',
      description: 'The processors run slower than they could because they are too hot',
      label: 'CPU too hot',
      healthyReason: 'NotThrottled',
      healthyMessage: 'not slowed down by heat',
      recoveryText: '2 checks in a row find no further slow-down',
      source:
        '/sys/devices/system/cpu/cpu*/thermal_throttle/{core,package}_throttle_count; absent on virtual machines and ARM, where this condition is not reported',
      warning: 'any growth of the counters since the last check',
      critical: 'none',
      sustained: '2 checks in a row (sustainedThrottledChecks)',
    },
  ],
  metrics: [
    {
      name: 'cpu_load_per_core',
      help: 'Load average of the last minute per online processor',
      kind: 'gauge',
      unit: '',
      title: 'Load per core',
    },
    {
      name: 'cpu_time_ratio',
      help: 'Share of processor time since the last check, by mode: user, system, iowait, steal',
      kind: 'gauge',
      unit: 'ratio',
    },
    {
      name: 'cpu_throttles_total',
      help: 'How often cores and packages were slowed down by heat since boot',
      kind: 'counter',
      unit: '',
    },
  ],
  create({ host, memory: kept }) {
    const source = createCpuSource(host)
    return createLook(kept, {
      first: FIRST_CPU,
      async look({ config }, memory) {
        const reading = await source.read({ throttles: config.checkThermalThrottle })
        return evaluateCpu(reading, config, memory)
      },
      clear: clearCpu,
    })
  },
})
