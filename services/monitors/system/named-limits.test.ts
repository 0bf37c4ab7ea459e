/** Whatever is read, in whatever order: reason, severity, limit and number of a finding belong to one another. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Finding } from '#monitor-kit'
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

interface Subject {
  readonly type: string
  /** The last of a row of looks at these numbers, each 0 to 99, judged by these limits. */
  last(numbers: readonly number[], limits: Limits): Finding | undefined
  /** A limit as its message has it. */
  words(limit: number): string
}

/** The last finding of a check that is run over readings one after another. */
function over<Memory>(
  type: string,
  first: Memory,
  evaluate: (number: number, memory: Memory, at: number) => { memory: Memory; findings: readonly Finding[] },
) {
  return (numbers: readonly number[]): Finding | undefined => {
    let memory = first
    let findings: readonly Finding[] = []
    for (const [at, number] of numbers.entries()) ({ memory, findings } = evaluate(number, memory, at))
    return findings.find((finding) => finding.type === type)
  }
}

const percent = (limit: number) => `${short(limit)} %`
const keys = (warningKey: string, criticalKey: string, { warning, critical }: Limits) => ({
  [warningKey]: warning,
  [criticalKey]: critical,
})

function pressure(resource: 'cpu' | 'memory' | 'io', type: string): Subject {
  return {
    type,
    words: percent,
    last(numbers, limits) {
      const config = pressureSchema.parse(keys(`${resource}WarningThreshold`, `${resource}CriticalThreshold`, limits))
      const evaluate = over(type, FIRST_PRESSURE, (number, memory) => {
        const some = observed({ some: number, full: number })
        return evaluatePressure({ cpu: some, memory: some, io: some }, config, memory)
      })
      return evaluate(numbers)
    },
  }
}

function ofMemory(type: 'MemoryLow' | 'SwapHigh'): Subject {
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
      const evaluate = over(type, FIRST_MEMORY, (number, memory, at) => {
        const free = (100 - number) * GIB
        const state = { total: 100 * GIB, available: free, swapTotal: 100 * GIB, swapFree: free }
        return evaluateMemory({ memory: observed(state), oomKills: observed(0) }, config, memory, { monoMs: at })
      })
      return evaluate(numbers)
    },
  }
}

function ofProcesses(type: string, words: Subject['words'], warningKey: string, criticalKey: string): Subject {
  return {
    type,
    words,
    last(numbers, limits) {
      const config = processesSchema.parse(keys(warningKey, criticalKey, limits))
      const evaluate = over(type, FIRST_PROCESSES, (number, memory, at) => {
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

function ofPlace(type: 'DiskFull' | 'InodesLow'): Subject {
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
      const evaluate = over(type, first, (number, memory, at) => {
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

const SUBJECTS: readonly Subject[] = [
  pressure('cpu', 'CPUPressureStall'),
  pressure('memory', 'MemoryPressureStall'),
  pressure('io', 'IOPressureStall'),
  {
    type: 'CPUPressure',
    words: (limit) => limit.toFixed(2),
    last(numbers, limits) {
      const config = cpuSchema.parse(keys('warningLoadFactor', 'criticalLoadFactor', limits))
      const times = { user: 0, system: 0, iowait: 0, steal: 0, idle: 0 }
      const evaluate = over('CPUPressure', FIRST_CPU, (number, memory) => {
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
      const evaluate = over('ClockUnsynchronised', FIRST_CLOCK, (number, memory, at) => {
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

const number = fc.integer({ min: 0, max: 99 })
const limits = fc
  .tuple(fc.integer({ min: 1, max: 97 }), fc.integer({ min: 1, max: 97 }))
  .map(([a, b]): Limits => ({ warning: Math.min(a, b), critical: Math.max(a, b) + 1 }))

/** The limit that a finding speaks of, by its severity; while nothing counts by the number itself. */
function meant({ health, severity, pending }: Finding, reading: number, { warning, critical }: Limits): number {
  if (health === 'problem') return severity === 'critical' ? critical : warning
  return pending === true && reading >= critical ? critical : warning
}

describe.each(SUBJECTS)('$type', ({ type, last, words }) => {
  test('names the limit that its reason and severity speak of, and is over it exactly where it says so', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 8 }), limits, (numbers, limit) => {
        const finding = last(numbers, limit)
        if (finding === undefined) throw new Error(`nothing is said of ${type}`)
        const reading = numbers.at(-1) ?? 0
        const { health, severity, pending, reason, message } = finding
        const named = meant(finding, reading, limit)
        expect(message).toContain(`limit ${words(named)}`)
        expect(reading >= named).toBe(health === 'problem' || pending === true)
        const level = /^Above(Warning|Critical)Limit$/.exec(reason)?.[1]?.toLowerCase()
        if (level !== undefined) expect([health, severity]).toEqual(['problem', level])
        if (health === 'problem' && severity === 'warning') expect(reason).not.toMatch(/Critical/)
        expect(pending === true).toBe(reason === 'NotSustainedYet')
      }),
      { numRuns: 60 },
    )
  })
})
