/** Whatever is read, in whatever order: reason, severity, limit and number of a finding belong to one another. */

import { expect, test } from 'vitest'
import type { Finding } from '#monitor-kit'
import { type LimitedCondition, lastOver, wrongLimit } from '#monitor-kit/contract'
import { bytes, duration, type Limits, observed, short } from '#monitor-kit/evaluate'
import { schema as clockSchema } from './checks/clock/config.ts'
import { evaluateClock, FIRST_CLOCK } from './checks/clock/evaluate.ts'
import { schema as cpuSchema } from './checks/cpu/config.ts'
import { evaluateCpu, FIRST_CPU } from './checks/cpu/evaluate.ts'
import { schema as diskSchema } from './checks/disk/config.ts'
import { type DeviceMemory, judgeDevice } from './checks/disk/io.ts'
import { FIRST_PLACE, judgePlace, type PlaceMemory } from './checks/disk/space.ts'
import { schema as memorySchema } from './checks/memory/config.ts'
import { evaluateMemory, FIRST_MEMORY } from './checks/memory/evaluate.ts'
import { schema as pressureSchema } from './checks/pressure/config.ts'
import { evaluatePressure, FIRST_PRESSURE } from './checks/pressure/evaluate.ts'
import { schema as processesSchema } from './checks/processes/config.ts'
import { evaluateProcesses, FIRST_PROCESSES } from './checks/processes/evaluate.ts'

const GIB = 1_073_741_824
const NONE = { warning: 99, critical: 99 }

const percent = (limit: number) => `${short(limit)} %`
const keys = (warningKey: string, criticalKey: string, { warning, critical }: Limits) => ({
  [warningKey]: warning,
  [criticalKey]: critical,
})

function pressure(resource: 'cpu' | 'memory' | 'io', type: string): LimitedCondition {
  return {
    type,
    words: percent,
    last(numbers, limits) {
      const config = pressureSchema.parse(keys(`${resource}WarningThreshold`, `${resource}CriticalThreshold`, limits))
      const evaluate = lastOver(type, FIRST_PRESSURE, (number, memory) => {
        const some = observed({ some: number, full: number })
        return evaluatePressure({ cpu: some, memory: some, io: some }, config, memory)
      })
      return evaluate(numbers)
    },
  }
}

function ofMemory(type: 'MemoryLow' | 'SwapHigh'): LimitedCondition {
  const isSwap = type === 'SwapHigh'
  return {
    type,
    words: isSwap ? percent : (limit) => bytes(100 * GIB * (1 - limit / 100)),
    last(numbers, limits) {
      const config = memorySchema.parse(
        isSwap
          ? keys('swapWarningThreshold', 'swapCriticalThreshold', limits)
          : keys('warningThreshold', 'criticalThreshold', limits),
      )
      const evaluate = lastOver(type, FIRST_MEMORY, (number, memory, at) => {
        const free = (100 - number) * GIB
        const state = { total: 100 * GIB, available: free, swapTotal: 100 * GIB, swapFree: free }
        return evaluateMemory({ memory: observed(state), oomKills: observed(0) }, config, memory, { monoMs: at })
      })
      return evaluate(numbers)
    },
  }
}

function ofProcesses(
  type: string,
  words: LimitedCondition['words'],
  warningKey: string,
  criticalKey: string,
): LimitedCondition {
  return {
    type,
    words,
    last(numbers, limits) {
      const config = processesSchema.parse(keys(warningKey, criticalKey, limits))
      const evaluate = lastOver(type, FIRST_PROCESSES, (number, memory, at) => {
        const zombie = { name: 'sh', parent: 1, state: 'Z', started: 1, ran: 1 } as const
        const stuck = Array.from({ length: number }, (_, pid) => ({ ...zombie, pid }))
        const use = observed({ used: number, limit: 100, limitName: 'kernel.pid_max' })
        const scan = observed({ processes: 100, stuck, names: new Map<number, string>() })
        return evaluateProcesses({ pids: use, files: use, scan }, config, memory, at)
      })
      return evaluate(numbers)
    },
  }
}

function ofPlace(type: 'DiskFull' | 'InodesLow'): LimitedCondition {
  return {
    type,
    words: percent,
    last(numbers, { warning, critical }) {
      const isSpace = type === 'DiskFull'
      const [space, inodes] = isSpace ? [{ warning, critical }, NONE] : [NONE, { warning, critical }]
      const limits = {
        warningThreshold: space.warning,
        criticalThreshold: space.critical,
        inodeWarningThreshold: inodes.warning,
        inodeCriticalThreshold: inodes.critical,
      }
      const first: PlaceMemory = FIRST_PLACE
      const evaluate = lastOver(type, first, (number, memory, at) => {
        const free = 100 - number
        const sizes = { sizeBytes: 100 * GIB, freeBytes: free * GIB, availableBytes: free * GIB }
        const stat = observed({ ...sizes, files: 100, filesFree: free })
        const where = { path: '/var', limits, access: 'writable', turned: false, sealed: false } as const
        const place = { ...where, space: stat, meantWritable: undefined, fileSystem: 'ext4' }
        return judgePlace(place, memory, { wall: new Date(0), monoMs: at * 60_000 })
      })
      return evaluate(numbers)
    },
  }
}

const CONDITIONS: readonly LimitedCondition[] = [
  pressure('cpu', 'CPUPressureStall'),
  pressure('memory', 'MemoryPressureStall'),
  pressure('io', 'IOPressureStall'),
  {
    type: 'CPUPressure',
    words: (limit) => limit.toFixed(2),
    last(numbers, limits) {
      const config = cpuSchema.parse(keys('warningLoadFactor', 'criticalLoadFactor', limits))
      const times = { user: 0, system: 0, iowait: 0, steal: 0, idle: 0 }
      const evaluate = lastOver('CPUPressure', FIRST_CPU, (number, memory) => {
        const stat = observed({ times, cores: 2 })
        return evaluateCpu({ load: observed(number * 2), stat, throttles: observed(undefined) }, config, memory)
      })
      return evaluate(numbers)
    },
  },
  ofMemory('MemoryLow'),
  ofMemory('SwapHigh'),
  ofProcesses('PIDsExhausted', percent, 'pidWarningThreshold', 'pidCriticalThreshold'),
  ofProcesses('FileHandlesExhausted', percent, 'fileWarningThreshold', 'fileCriticalThreshold'),
  ofProcesses('ZombieProcesses', String, 'zombieWarningCount', 'zombieCriticalCount'),
  {
    type: 'ClockUnsynchronised',
    words: duration,
    last(numbers, limits) {
      const config = clockSchema.parse(keys('maxErrorWarningMs', 'maxErrorCriticalMs', limits))
      const evaluate = lastOver('ClockUnsynchronised', FIRST_CLOCK, (number, memory, at) => {
        const state = observed({ source: 'kernel', synchronised: true, maxErrorMs: number, offsetMs: 0 } as const)
        return evaluateClock({ state, uptimeMs: observed(at) }, config, memory, { wallMs: at, monoMs: at })
      })
      return evaluate(numbers)
    },
  },
  ofPlace('DiskFull'),
  ofPlace('InodesLow'),
  {
    type: 'DiskSlow',
    words: (limit) => `${limit} ms`,
    last(numbers, limits) {
      const config = diskSchema.parse(keys('slowWarningMs', 'slowCriticalMs', limits))
      let memory: DeviceMemory | undefined
      let [completed, waitedMs] = [0, 0]
      let finding: Finding | undefined
      // The first look has nothing to compare with.
      for (const [at, number] of [0, ...numbers].entries()) {
        completed += 100
        waitedMs += 100 * number
        const counters = { completed, waitedMs, busyMs: waitedMs, inFlight: 0 }
        ;({ memory, finding } = judgeDevice('vda', counters, memory, config, at * 30_000))
      }
      return finding
    },
  },
]

test.each(CONDITIONS)(
  '$type names the limit that its reason and severity speak of, and is over it where it says so',
  (condition) => {
    expect(wrongLimit(condition)).toBeUndefined()
  },
)
