import fc from 'fast-check'
import { expect, test } from 'vitest'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf } from '#monitor-kit/testing'
import { schema } from './config.ts'
import { type CpuMemory, evaluateCpu, FIRST_CPU } from './evaluate.ts'
import type { CpuReading } from './source.ts'

const CONFIG = schema.parse({})
const TIMES = { user: 100, system: 50, iowait: 10, steal: 0, idle: 1_000 }

function reading(load: number, throttles?: number, times = TIMES): CpuReading {
  return { load: observed(load), stat: observed({ cores: 2, times }), throttles: observed(throttles) }
}

function runAll(readings: readonly CpuReading[]) {
  let memory: CpuMemory = FIRST_CPU
  return readings.map((one) => {
    const verdict = evaluateCpu(one, CONFIG, memory)
    memory = verdict.memory
    return verdict
  })
}

test('load is divided by the processors and held against the limits', () => {
  const finding = findingOf(evaluateCpu(reading(1.42), CONFIG, FIRST_CPU), 'CPUPressure')
  expect(finding).toEqual({
    type: 'CPUPressure',
    entity: '',
    health: 'healthy',
    reason: 'NormalLoad',
    message: 'load 0.71 per core, limit 1.50',
    evidence: {
      value: 0.71,
      unit: '',
      warning: 1.5,
      critical: 3,
      lowIsBad: false,
      label: 'load per core',
      detail: 'Load 1.42 on 2 cores.',
      metric: 'cpu_load_per_core',
    },
  })
})

test('a high load is a problem only at the third check in a row, and pending until then', () => {
  const verdicts = runAll([3.2, 3.4, 3.6].map((load) => reading(load)))
  const findings = verdicts.map((verdict) => findingOf(verdict, 'CPUPressure'))
  expect(findings.map((f) => f.pending ?? false)).toEqual([true, true, false])
  expect(findings[2]).toMatchObject({
    health: 'problem',
    severity: 'warning',
    reason: 'AboveWarningLimit',
    message: 'load 1.80 per core, limit 1.50',
    summary: 'the processors are overloaded: 1.80 tasks per core',
  })
})

test('it turns critical once it was over the critical limit for as long', () => {
  const verdicts = runAll([4, 4, 4, 6.2, 6.2, 6.2].map((load) => reading(load)))
  expect(verdicts.map((v) => findingOf(v, 'CPUPressure').severity)).toEqual([
    undefined,
    undefined,
    'warning',
    'warning',
    'warning',
    'critical',
  ])
})

test('one calm check, or one that saw nothing, starts the count anew', () => {
  const blind: CpuReading = { ...reading(4), load: unobserved('ReadFailed', 'x') }
  for (const between of [reading(1), blind]) {
    const verdicts = runAll([reading(4), reading(4), between, reading(4), reading(4)])
    expect(findingOf(verdicts.at(-1)!, 'CPUPressure')).toMatchObject({ health: 'healthy', pending: true })
  }
})

test('shares of time are told from the second check on', () => {
  const later = { user: 150, system: 60, iowait: 30, steal: 20, idle: 1_000 }
  const [first, second] = runAll([reading(1), reading(1, undefined, later)])
  expect(first!.metrics.map((sample) => sample.name)).toEqual(['cpu_load_per_core'])
  expect(second!.metrics.slice(1).map(({ labels, value }) => [labels['mode'], value])).toEqual([
    ['user', 0.5],
    ['system', 0.1],
    ['iowait', 0.2],
    ['steal', 0.2],
  ])
})

test('heat is a problem when two checks in a row find new slow-downs', () => {
  const verdicts = runAll([3, 10, 20, 20].map((throttles) => reading(1, throttles)))
  const findings = verdicts.map((verdict) => findingOf(verdict, 'CPUThermalThrottled'))
  expect(findings.map((f) => [f.health, f.pending ?? false, f.reason])).toEqual([
    ['healthy', true, 'FirstLook'],
    ['healthy', true, 'NotSustainedYet'],
    ['problem', false, 'ThermalThrottling'],
    ['healthy', false, 'NotThrottled'],
  ])
  expect(findings[2]!.message).toBe('slowed down by heat 10 times since the last check')
})

test('a counter that was reset is a first look again, no problem', () => {
  const verdicts = runAll([10, 20, 1].map((throttles) => reading(1, throttles)))
  expect(findingOf(verdicts[2]!, 'CPUThermalThrottled').reason).toBe('FirstLook')
})

test('never throws, and never sees a problem in what could not be read', () => {
  const number = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER))
  const why = fc.constant(unobserved('ReadFailed', 'x'))
  const times = fc.record({ user: number, system: number, iowait: number, steal: number, idle: number })
  const anyReading: fc.Arbitrary<CpuReading> = fc.record({
    load: fc.oneof(number.map(observed), why),
    stat: fc.oneof(fc.record({ cores: fc.integer({ min: 1, max: 4096 }), times }).map(observed), why),
    throttles: fc.oneof(fc.option(number, { nil: undefined }).map(observed), why),
  })
  fc.assert(
    fc.property(fc.array(anyReading, { maxLength: 6 }), (readings) => {
      for (const [index, verdict] of runAll(readings).entries()) {
        const one = readings[index]!
        if (!one.load.ok || !one.stat.ok) expect(findingOf(verdict, 'CPUPressure').health).toBe('unknown')
        if (!one.throttles.ok) expect(findingOf(verdict, 'CPUThermalThrottled').health).toBe('unknown')
      }
    }),
  )
})

test('a load over its limit says which limit, and for how many checks, before it counts', () => {
  const stat = observed({ cores: 2, times: { user: 0, system: 0, iowait: 0, steal: 0, idle: 0 } })
  const config = schema.parse({})
  let memory = FIRST_CPU
  const messages = [15, 4, 15].map((load) => {
    const verdict = evaluateCpu({ load: observed(load), stat, throttles: observed(undefined) }, config, memory)
    memory = verdict.memory
    return `${verdict.findings[0]?.reason}: ${verdict.findings[0]?.message}`
  })
  expect(messages).toEqual([
    'NotSustainedYet: load 7.50 per core, limit 3.00 (over it in 1 of 3 checks in a row)',
    'NotSustainedYet: load 2.00 per core, limit 1.50 (over it in 2 of 3 checks in a row)',
    'AboveWarningLimit: load 7.50 per core, limit 1.50',
  ])
})
