import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHost } from '#host'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture } from '#monitor-kit/testing'
import { schema } from './config.ts'
import { evaluateMemory, FIRST_MEMORY, type MemoryMemory } from './evaluate.ts'
import { type MemoryReading, type MemoryState, parseMeminfo, parseOomKills, readMemory } from './source.ts'

const CONFIG = schema.parse({})
const GIB = 1_073_741_824

function reading(state: Partial<MemoryState>, oomKills = 0): MemoryReading {
  const memory = { total: 128 * GIB, available: 64 * GIB, swapTotal: 0, swapFree: 0, ...state }
  return { memory: observed(memory), oomKills: observed(oomKills) }
}

function runAll(readings: readonly MemoryReading[]) {
  let memory: MemoryMemory = FIRST_MEMORY
  return readings.map((one) => {
    const verdict = evaluateMemory(one, CONFIG, memory, { monoMs: 0 })
    memory = verdict.memory
    return verdict
  })
}

test('reads what is available, and refuses what makes no sense', () => {
  const text =
    'MemTotal:       24731708 kB\nMemFree: 1 kB\nMemAvailable:   24331888 kB\nSwapTotal: 8 kB\nSwapFree: 9 kB\n'
  expect(parseMeminfo(text)).toEqual({
    total: 24_731_708 * 1024,
    available: 24_331_888 * 1024,
    swapTotal: 8192,
    swapFree: 8192,
  })
  for (const near of [
    '',
    'MemTotal: 10 kB\n',
    'MemTotal: 10 kB\nMemAvailable: 11 kB\n',
    'MemTotal: 0 kB\nMemAvailable: 0 kB\n',
  ]) {
    expect(parseMeminfo(near)).toBeUndefined()
  }
  expect(parseOomKills('nr_free_pages 5\noom_kill 3\n')).toBe(3)
  expect(parseOomKills('oom_kill_disable 3\n')).toBeUndefined()
})

test('the parsers never throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      parseMeminfo(`MemTotal:${a} kB\nMemAvailable:${b}`)
      parseOomKills(`oom_kill ${a}`)
    }),
  )
})

test('reads a captured machine and this one', async () => {
  const captured = await readMemory(createHost({ root: fixture(import.meta.url, 'well-worker') }))
  expect(captured).toMatchObject({ memory: { ok: true, value: { total: 131_708_928 * 1024 } }, oomKills: { value: 3 } })
  expect(await readMemory(createHost({ root: '' }))).toMatchObject({ memory: { ok: true }, oomKills: { ok: true } })
})

test('memory that is available is told with its limit, in the words of the page', () => {
  expect(findingOf(evaluateMemory(reading({}), CONFIG, FIRST_MEMORY, { monoMs: 0 }), 'MemoryLow')).toMatchObject({
    health: 'healthy',
    reason: 'EnoughMemory',
    message: '64 GiB of 128 GiB available, limit 19.2 GiB',
    evidence: {
      value: 64,
      unit: 'GiB',
      warning: 19.2,
      critical: 6.4,
      lowIsBad: true,
      metric: 'memory_available_bytes',
    },
  })
})

test('little memory is pending at the first check, a problem at the second, critical over the critical limit', () => {
  const findings = runAll([15, 15, 5, 5, 60].map((gib) => reading({ available: gib * GIB }))).map((v) =>
    findingOf(v, 'MemoryLow'),
  )
  expect(findings.map((f) => [f.health, f.pending ?? false, f.severity])).toEqual([
    ['healthy', true, undefined],
    ['problem', false, 'warning'],
    ['problem', false, 'warning'],
    ['problem', false, 'critical'],
    ['healthy', false, undefined],
  ])
  expect(findings[3]).toMatchObject({
    message: '5 GiB of 128 GiB available, limit 6.4 GiB',
    summary: 'only 5 GiB of memory left',
  })
})

test('a node without swap is healthy, a full swap is not', () => {
  expect(findingOf(evaluateMemory(reading({}), CONFIG, FIRST_MEMORY, { monoMs: 0 }), 'SwapHigh')).toMatchObject({
    health: 'healthy',
    reason: 'NoSwap',
    message: 'no swap is set up',
  })
  const full = reading({ swapTotal: 8 * GIB, swapFree: 1 * GIB })
  expect(findingOf(runAll([full, full])[1]!, 'SwapHigh')).toMatchObject({
    health: 'problem',
    severity: 'critical',
    message: '87.5 % of 8 GiB swap used, limit 80 %',
    summary: 'swap is 88 % full',
  })
})

test('killings are told once, with their number; what was before the first check is not', () => {
  const verdicts = runAll([7, 7, 9, 9].map((kills) => reading({}, kills)))
  expect(verdicts.map(({ events }) => events)).toEqual([
    [],
    [],
    [
      {
        reason: 'OOMKill',
        severity: 'warning',
        entity: '',
        message: 'the kernel killed 2 processes for want of memory',
        count: 2,
      },
    ],
    [],
  ])
})

test('killings during a failed reading are told at the next one', () => {
  const blind: MemoryReading = { ...reading({}), oomKills: unobserved('ReadFailed', 'x') }
  const verdicts = runAll([reading({}, 1), blind, reading({}, 2)])
  expect(verdicts[2]!.events).toMatchObject([{ reason: 'OOMKill', count: 1 }])
})

test('killings are not told when the configuration says so', () => {
  const { memory } = evaluateMemory(reading({}, 1), CONFIG, FIRST_MEMORY, { monoMs: 0 })
  const quiet = { ...CONFIG, checkOOMKills: false }
  expect(evaluateMemory(reading({}, 5), quiet, memory, { monoMs: 0 }).events).toEqual([])
})

test('never throws, and is unknown where nothing was read', () => {
  const size = fc.nat({ max: Number.MAX_SAFE_INTEGER })
  const state = fc.record({ total: size.map((n) => n + 1), available: size, swapTotal: size, swapFree: size })
  const why = fc.constant(unobserved('ReadFailed', 'x'))
  const any: fc.Arbitrary<MemoryReading> = fc.record({
    memory: fc.oneof(state.map(observed), why),
    oomKills: fc.oneof(size.map(observed), why),
  })
  fc.assert(
    fc.property(fc.array(any, { maxLength: 5 }), (readings) => {
      for (const [index, verdict] of runAll(readings).entries()) {
        const unknown = !readings[index]!.memory.ok
        for (const { health } of verdict.findings) expect(health === 'unknown').toBe(unknown)
      }
    }),
  )
})
