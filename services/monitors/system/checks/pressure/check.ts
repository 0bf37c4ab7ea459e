/** `system-pressure`: how long do tasks wait for processors, memory and I/O? */
import { createLook, defineCheck } from '#monitor-kit'
import type { Config } from './config.ts'
import { clearPressure, evaluatePressure, FIRST_PRESSURE } from './evaluate.ts'
import { readPressures } from './source.ts'

export const pressure = defineCheck<Config>({
  type: 'system-pressure',
  description: 'Time that tasks lose waiting for processors, memory and I/O (pressure stall information)',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'CPUPressureStall',
      description: 'Some task is kept waiting for a processor almost all the time',
      label: 'waiting for CPU',
      healthyReason: 'LittleWaiting',
      healthyMessage: 'little waiting for processors',
      recoveryText: '2 checks in a row find less waiting than the warning limit',
      source: '/proc/pressure/cpu, some avg60; Unknown (PressureNotSupported) where the kernel keeps no such figures',
      warning: '75 % of a minute (cpuWarningThreshold)',
      critical: '95 % of a minute (cpuCriticalThreshold)',
      sustained: '3 checks in a row (sustainedPressureChecks)',
    },
    {
      type: 'MemoryPressureStall',
      description: 'No task gets on, because all wait for memory: the node thrashes',
      label: 'waiting for memory',
      healthyReason: 'LittleWaiting',
      healthyMessage: 'little waiting for memory',
      recoveryText: '2 checks in a row find less waiting than the warning limit',
      source:
        '/proc/pressure/memory, full avg60; Unknown (PressureNotSupported) where the kernel keeps no such figures',
      warning: '10 % of a minute (memoryWarningThreshold)',
      critical: '40 % of a minute (memoryCriticalThreshold)',
      sustained: '3 checks in a row (sustainedPressureChecks)',
    },
    {
      type: 'IOPressureStall',
      description: 'No task gets on, because all wait for I/O',
      label: 'waiting for I/O',
      healthyReason: 'LittleWaiting',
      healthyMessage: 'little waiting for I/O',
      recoveryText: '2 checks in a row find less waiting than the warning limit',
      source: '/proc/pressure/io, full avg60; Unknown (PressureNotSupported) where the kernel keeps no such figures',
      warning: '60 % of a minute (ioWarningThreshold)',
      critical: '90 % of a minute (ioCriticalThreshold)',
      sustained: '3 checks in a row (sustainedPressureChecks)',
    },
  ],
  metrics: [
    {
      name: 'pressure_cpu_waiting_ratio',
      help: 'Share of the last minute in which some task waited for a processor',
      kind: 'gauge',
      unit: 'ratio',
      title: 'Waiting for CPU',
    },
    {
      name: 'pressure_memory_waiting_ratio',
      help: 'Share of the last minute in which some task waited for memory',
      kind: 'gauge',
      unit: 'ratio',
      title: 'Waiting for memory',
    },
    {
      name: 'pressure_memory_stalled_ratio',
      help: 'Share of the last minute in which all tasks waited for memory',
      kind: 'gauge',
      unit: 'ratio',
    },
    {
      name: 'pressure_io_waiting_ratio',
      help: 'Share of the last minute in which some task waited for I/O',
      kind: 'gauge',
      unit: 'ratio',
      title: 'Waiting for I/O',
    },
    {
      name: 'pressure_io_stalled_ratio',
      help: 'Share of the last minute in which all tasks waited for I/O',
      kind: 'gauge',
      unit: 'ratio',
    },
  ],
  create: ({ memory: kept }) =>
    createLook(kept, {
      first: FIRST_PRESSURE,
      look: async ({ host, config }, memory) => evaluatePressure(await readPressures(host), config, memory),
      clear: clearPressure,
    }),
})
