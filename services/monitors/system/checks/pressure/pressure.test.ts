import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHost } from '#host'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture } from '#monitor-kit/testing'
import { schema } from './config.ts'
import { evaluatePressure, FIRST_PRESSURE, type PressureMemory } from './evaluate.ts'
import { type PressureReading, parsePressure, readPressures } from './source.ts'

const CONFIG = schema.parse({})
const CALM = { some: 1, full: 0.5 }

function reading(values: Partial<Record<'cpu' | 'memory' | 'io', { some: number; full: number }>>): PressureReading {
  return {
    cpu: observed(values.cpu ?? CALM),
    memory: observed(values.memory ?? CALM),
    io: observed(values.io ?? CALM),
  }
}

function runAll(readings: readonly PressureReading[]) {
  let memory: PressureMemory = FIRST_PRESSURE
  return readings.map((one) => {
    const verdict = evaluatePressure(one, CONFIG, memory)
    memory = verdict.memory
    return verdict
  })
}

test('reads the averages of a minute; an older kernel has no line "full" for the processors', () => {
  const some = 'some avg10=0.11 avg60=1.74 avg300=1.53 total=63785275\n'
  expect(parsePressure(`${some}full avg10=0.00 avg60=0.50 avg300=0.00 total=0\n`)).toEqual({ some: 1.74, full: 0.5 })
  expect(parsePressure(some)).toEqual({ some: 1.74, full: 0 })
  for (const near of ['', 'some avg10=1 avg60=', 'some avg10=0.1 avg60=101.00 avg300=1 total=1\n', `x${some}`]) {
    expect(parsePressure(near)).toBeUndefined()
  }
  fc.assert(fc.property(fc.string(), (text) => void parsePressure(`some avg10=${text}`)))
})

test('waiting is a problem when it lasts: pending, pending, problem', () => {
  const busy = reading({ io: { some: 80, full: 70 } })
  const findings = runAll([busy, busy, busy]).map((verdict) => findingOf(verdict, 'IOPressureStall'))
  expect(findings.map((f) => f.pending ?? false)).toEqual([true, true, false])
  expect(findings[2]).toMatchObject({
    health: 'problem',
    severity: 'warning',
    message: 'every task waited for I/O 70 % of the last minute, limit 60 %',
    summary: 'every task waits for I/O 70 % of the time',
    evidence: { value: 70, unit: '%', detail: 'Some task waited 80 % of it.', metric: 'pressure_io_stalled_ratio' },
  })
})

test('processors are judged by "some", memory and I/O by "full"', () => {
  const one = { some: 99, full: 0 }
  const last = runAll(Array.from({ length: 3 }, () => reading({ cpu: one, memory: one, io: one })))[2]!
  expect(last.findings.map((f) => [f.type, f.health])).toEqual([
    ['CPUPressureStall', 'problem'],
    ['MemoryPressureStall', 'healthy'],
    ['IOPressureStall', 'healthy'],
  ])
})

test('a kernel without pressure figures is unknown, and it is said what to do', async () => {
  const host = createHost({ root: fixture(import.meta.url, 'hostile-no-psi') })
  const verdict = evaluatePressure(await readPressures(host), CONFIG, FIRST_PRESSURE)
  expect(findingOf(verdict, 'CPUPressureStall')).toMatchObject({
    health: 'unknown',
    reason: 'PressureNotSupported',
    message:
      'this kernel keeps no pressure figures (/proc/pressure/cpu: ENOENT); boot it with psi=1, build it with CONFIG_PSI, or take system-pressure out of the configuration',
  })
})

test('one figure that cannot be understood leaves the others', async () => {
  const calm = reading({})
  const verdict = evaluatePressure({ ...calm, memory: unobserved('SourceMalformed', 'x') }, CONFIG, FIRST_PRESSURE)
  expect(verdict.findings.map(({ health }) => health)).toEqual(['healthy', 'unknown', 'healthy'])
})

test('reads this machine', async () => {
  const reading = await readPressures(createHost({ root: '' }))
  expect(reading.cpu).toMatchObject({ ok: true })
})

test('never throws', () => {
  const value = fc.double({ min: 0, max: 100, noNaN: true })
  const one = fc.oneof(
    fc.record({ some: value, full: value }).map(observed),
    fc.constant(unobserved('ReadFailed', 'x')),
  )
  fc.assert(
    fc.property(fc.array(fc.record({ cpu: one, memory: one, io: one }), { maxLength: 5 }), (readings) => {
      for (const { findings } of runAll(readings)) expect(findings).toHaveLength(3)
    }),
  )
})
