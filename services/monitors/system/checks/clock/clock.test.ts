import { readFile, symlink } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHost } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture, handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { clock as clockCheck } from './check.ts'
import { schema } from './config.ts'
import { type ClockMemory, clearClock, evaluateClock, FIRST_CLOCK, jumpBetween, recallClock } from './evaluate.ts'
import { type ClockReading, type KernelClock, parseTimex, parseUptime, readClock, type SetOnce } from './source.ts'

const CONFIG = schema.parse({})
const NOW = { wallMs: 1_715_483_652_000, monoMs: 1_000_000 }
const ASK = { architecture: process.arch, timeoutMs: 5_000 }

function runAll(states: readonly Reading<KernelClock | SetOnce>[]) {
  let memory: ClockMemory = FIRST_CLOCK
  return states.map((state, index) => {
    const now = { wallMs: NOW.wallMs + index * 60_000, monoMs: NOW.monoMs + index * 60_000 }
    const verdict = evaluateClock({ state, uptimeMs: observed(now.monoMs) }, CONFIG, memory, now)
    memory = verdict.memory
    return verdict
  })
}

async function captured(name: string): Promise<Reading<KernelClock>> {
  const clock = parseTimex(await readFile(fixture(import.meta.url, `${name}/programs/perl`), 'utf8'))
  if (clock === undefined) throw new Error(`the fixture ${name} makes no sense`)
  return observed(clock)
}

test('a clock that a time service keeps right is healthy', async () => {
  for (const [name, message] of [
    ['well-chrony', 'at most 1.9 ms off, limit 4 s'],
    ['well-timesyncd', 'at most 772 ms off, limit 4 s'],
  ] as const) {
    const state = await captured(name)
    for (const verdict of runAll([state, state, state, state])) {
      expect(findingOf(verdict, 'ClockUnsynchronised')).toMatchObject({ health: 'healthy', reason: 'InSync', message })
      expect(findingOf(verdict, 'ClockUnsynchronised').pending).toBeUndefined()
    }
  }
})

test('a clock that nothing keeps right is a warning at the third check', async () => {
  const state = await captured('sick-unsynchronised')
  const findings = runAll([state, state, state]).map((verdict) => findingOf(verdict, 'ClockUnsynchronised'))
  expect(findings.map((f) => f.pending ?? false)).toEqual([true, true, false])
  expect(findings[2]).toMatchObject({
    health: 'problem',
    severity: 'warning',
    reason: 'NotSynchronised',
    summary: 'the clock is not synchronised',
    message:
      'no time service keeps the clock right; set one up, or see why chronyd, ntpd or systemd-timesyncd does not reach its servers',
  })
  expect(findings[1]?.message).toContain('keeps the clock right (seen in 2 of 3 checks in a row); set one up')
})

test('a time service that has not answered for hours is a problem before the kernel calls it one', async () => {
  const state = await captured('sick-abandoned')
  expect(findingOf(runAll([state, state, state])[2]!, 'ClockUnsynchronised')).toMatchObject({
    health: 'problem',
    severity: 'critical',
    reason: 'ErrorTooLarge',
    message: 'at most 12 s off, limit 10 s',
    summary: 'the clock may be 12 s off',
  })
})

test('reads offsets in microseconds and in nanoseconds', () => {
  expect(parseTimex('-1500 250 0')).toMatchObject({ synchronised: true, offsetMs: -1.5, maxErrorMs: 0.25 })
  expect(parseTimex('-1500000 250 8193')).toMatchObject({ synchronised: true, offsetMs: -1.5 })
  for (const near of ['', '1 2', '1 2 3 4', '1 -2 3', 'a b c', '1.5 2 3']) expect(parseTimex(near)).toBeUndefined()
  expect(parseUptime('9265.57 18107.97\n')).toBe(9_265_570)
  for (const near of ['', '9265.57', 'x y', '-1 0']) expect(parseUptime(near)).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseTimex(text)
      parseUptime(text)
    }),
  )
})

test('asks the real kernel, whatever the root', async () => {
  await using folder = await tempFolder()
  const { state } = await readClock(createHost({ root: folder.path }), ASK)
  expect(state).toMatchObject({ ok: true, value: { source: 'kernel' } })
})

test('where the kernel cannot be asked, the mark of systemd-timesyncd counts, and without it the clock is unknown', async () => {
  await using folder = await tempFolder()
  const host = createHost({ root: folder.path })
  const deaf = { architecture: 'vax', timeoutMs: 5_000 }
  expect((await readClock(host, deaf)).state).toEqual({
    ok: false,
    reason: 'NoClockSource',
    message:
      'cannot tell whether the clock is synchronised: the call adjtimex has no known number on vax, and there is no /run/systemd/timesync/synchronized; install perl-base in the image',
  })
  await writeTree(folder.path, { 'run/systemd/timesync/synchronized': '' })
  await writeTree(folder.path, { 'proc/uptime': '5.00 4.00\n', 'var/x': '' })
  await symlink('/run', `${folder.path}/var/run`)
  const reading = await readClock(host, deaf)
  expect(reading).toEqual({ state: observed({ source: 'timesyncd' }), uptimeMs: observed(5_000) })
  expect(findingOf(evaluateClock(reading, CONFIG, FIRST_CLOCK, NOW), 'ClockUnsynchronised').health).toBe('healthy')
})

test('a clock that was set is told with its step; time that passed, suspended or not, is none', () => {
  const before = { wallMs: 0, monoMs: 0, uptimeMs: 0 }
  expect(jumpBetween(before, { wallMs: 60_000, monoMs: 60_000, uptimeMs: 60_010 })).toBe(-10)
  expect(jumpBetween(before, { wallMs: 3_660_000, monoMs: 60_000, uptimeMs: 60_000 })).toBe(3_600_000)
  expect(jumpBetween(before, { wallMs: 28_860_000, monoMs: 60_000, uptimeMs: 28_860_000 })).toBe(0)
  expect(jumpBetween(before, { wallMs: 0, monoMs: 60_000, uptimeMs: undefined })).toBe(-60_000)

  const reading: ClockReading = { state: observed({ source: 'timesyncd' }), uptimeMs: unobserved('ReadFailed', 'x') }
  const { memory } = evaluateClock(reading, CONFIG, FIRST_CLOCK, NOW)
  const set = { wallMs: NOW.wallMs + 3_660_000, monoMs: NOW.monoMs + 60_000 }
  expect(evaluateClock(reading, CONFIG, memory, set).events).toEqual([
    { reason: 'ClockJumped', severity: 'warning', message: 'the clock was set forward by 1 h' },
  ])
})

test('never throws', () => {
  const clock = fc.record({
    source: fc.constant('kernel' as const),
    synchronised: fc.boolean(),
    maxErrorMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    offsetMs: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  })
  const state = fc.oneof(clock.map(observed), fc.constant(unobserved('NoClockSource', 'x')))
  fc.assert(
    fc.property(fc.array(state, { maxLength: 5 }), (states) => {
      for (const [index, verdict] of runAll(states).entries()) {
        expect(findingOf(verdict, 'ClockUnsynchronised').health === 'unknown').toBe(!states[index]!.ok)
      }
    }),
  )
})

test('a step of the clock between two processes is told by the second', async () => {
  const memory = heldMemory()
  const clock = handClock()
  const options = { root: '', config: schema.parse({}), memory, clock }
  await startCheck(clockCheck, options).run()
  clock.step(-300_000)
  // The time since boot is this machine's own: it has hardly gone on.
  const { events } = await startCheck(clockCheck, options).run()
  expect(events).toMatchObject([{ reason: 'ClockJumped', message: 'the clock was set back by 5 min' }])
})

test("after a person's word a wrong clock is counted anew", () => {
  const memory = { wrong: { warning: 3, critical: 0 } }
  expect(clearClock(memory, { type: 'ClockUnsynchronised', entity: '' }).wrong.warning).toBe(0)
  expect(clearClock(memory, { type: 'Other', entity: '' })).toBe(memory)
})

test('no facts of an earlier process make it throw', () => {
  fc.assert(fc.property(fc.anything(), (facts) => void recallClock(facts)))
})
