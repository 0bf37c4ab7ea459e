/** `network-time`: is the clock what the named NTP servers say? */
import { createLook } from '#monitor-kit'
import { defineNetworkCheck } from '../../network-check.ts'
import { doorOf } from '../../probing/door.ts'
import type { Config } from './config.ts'
import { clearTime, evaluateTime, type TimeMemory } from './evaluate.ts'
import { askTime } from './source.ts'

export const time = defineNetworkCheck<Config>({
  type: 'network-time',
  description: 'How far the clock is from the NTP servers that are named; without any nobody is asked',
  leavesNode: true,
  intervalMs: 300_000,
  timeoutMs: 30_000,
  conditions: [
    {
      type: 'ClockOffset',
      description: 'The clock is far from what a named NTP server says',
      label: 'clock not as {entity}',
      healthyReason: 'ClockRight',
      healthyMessage: 'the clock is what the server says',
      recoveryText: '2 checks in a row find the offset, and how wrong it may be, under the limit together',
      source: 'one question by SNTP to each named server',
      warning: '1 s for sure (offsetWarningMs)',
      critical: '10 s for sure (offsetCriticalMs)',
      sustained: '2 checks in a row (sustainedChecks)',
    },
  ],
  metrics: [
    {
      name: 'network_time_offset_seconds',
      help: 'The clock of the server less that of this machine',
      kind: 'gauge',
      unit: 'seconds',
    },
    {
      name: 'network_time_error_seconds',
      help: 'How wrong that offset may be',
      kind: 'gauge',
      unit: 'seconds',
    },
  ],
  create({ host, memory: kept, clock, stopwatch, shared, config }) {
    const door = doorOf(shared)
    const first: TimeMemory = new Map()
    return createLook(kept, {
      first,
      async look({ signal }, memory) {
        const ask = { clock, stopwatch, timeoutMs: config.requestTimeoutMs, signal }
        return evaluateTime(await askTime(host, door, ask, config), config, memory)
      },
      clear: clearTime,
    })
  },
})
