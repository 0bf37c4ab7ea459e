import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHost } from '#host'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture, startCheck, startFixture } from '#monitor-kit/testing'
import { mountLoop, processState, run, tempFolder, whyNoMounts } from '../../../../../libs/host/testing.ts'
import { processes } from './check.ts'
import { schema } from './config.ts'
import { evaluateProcesses, FIRST_PROCESSES, type ProcessesMemory } from './evaluate.ts'
import {
  type ProcessesReading,
  parseBlocked,
  parseFileNr,
  parseProcessStat,
  parseTasks,
  readProcesses,
  type Scan,
  type StuckProcess,
} from './source.ts'

const CONFIG = schema.parse({})

function reading(part: Partial<ProcessesReading> = {}): ProcessesReading {
  return {
    pids: observed({ used: 1_400, limit: 32_768, limitName: 'kernel.pid_max' }),
    files: observed({ used: 14_112, limit: 2 ** 63 }),
    scan: observed(scan()),
    ...part,
  }
}

function scan(stuck: readonly StuckProcess[] = [], names: readonly [number, string][] = []): Scan {
  return { processes: 300, stuck, names: new Map(names) }
}

function asleep(pid: number, ran = 10): StuckProcess {
  return { pid, name: 'nfs-reader', parent: 900, state: 'D', started: 500, ran }
}

function runAll(readings: readonly ProcessesReading[], everyMs = 30_000) {
  let memory: ProcessesMemory = FIRST_PROCESSES
  return readings.map((one, index) => {
    const verdict = evaluateProcesses(one, CONFIG, memory, 1_000 + index * everyMs)
    memory = verdict.memory
    return verdict
  })
}

test('reads tasks, blocked processes and open files', () => {
  expect(parseTasks('0.17 0.13 0.10 1/99 11608\n')).toEqual({ load: 0.17, tasks: 99 })
  expect(parseBlocked('procs_running 1\nprocs_blocked 3\n')).toBe(3)
  expect(parseFileNr('592\t12\t2470938\n')).toEqual({ used: 580, limit: 2_470_938 })
  for (const near of ['', '0.1 0.1 0.1 many 1', '0.1 0.1']) expect(parseTasks(near)).toBeUndefined()
  for (const near of ['', '1 2', '1 2 0', 'a b c']) expect(parseFileNr(near)).toBeUndefined()
})

test('reads a process whose name is made to confuse', () => {
  const rest = '812 1 1 0 -1 4194560 980 2210 0 4 120 12 7 3 20 0 1 0 4711 17113088 1290'
  expect(parseProcessStat(`99 (a) Z (b) S\n) D ${rest}`)).toEqual({
    pid: 99,
    name: 'a) Z (b) S\n',
    parent: 812,
    state: 'D',
    started: 4_711,
    ran: 132,
  })
  for (const near of ['', '99 (a) D 1 2', `x (a) D ${rest}`, `99 a D ${rest}`])
    expect(parseProcessStat(near)).toBeUndefined()
})

test('the parsers never throw', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseTasks(text)
      parseBlocked(text)
      parseFileNr(text)
      parseProcessStat(text)
      parseProcessStat(`1 (${text}) ${text}`)
    }),
  )
})

test('processes and files are held against what the kernel allows', () => {
  const [verdict] = runAll([reading()])
  expect(findingOf(verdict!, 'PIDsExhausted')).toMatchObject({
    health: 'healthy',
    message: '1,400 of 32,768 possible processes and threads, limit 80 %',
  })
  expect(findingOf(verdict!, 'FileHandlesExhausted').message).toContain('14,112 open files')
  const tight = reading({ pids: observed({ used: 31_400, limit: 32_768, limitName: 'kernel.pid_max' }) })
  expect(findingOf(runAll([tight])[0]!, 'PIDsExhausted')).toMatchObject({
    health: 'problem',
    severity: 'critical',
    summary: '96 % of all processes and threads are taken',
    evidence: { detail: 'kernel.pid_max allows 32,768.' },
  })
})

test('a limit on the root control group counts where it is tighter', async () => {
  const read = await readProcesses(createHost({ root: fixture(import.meta.url, 'sick-group') }), true)
  expect(read.pids).toEqual(observed({ used: 930, limit: 1_000, limitName: 'pids.max of the root control group' }))
})

test('zombies are counted, and who left most of them is named', async () => {
  await using check = await startFixture(processes, {
    folder: fixture(import.meta.url, 'sick-zombies'),
    config: CONFIG,
  })
  expect(findingOf(await check.run(), 'ZombieProcesses')).toMatchObject({
    health: 'problem',
    severity: 'warning',
    message: '130 zombies of 136 processes, limit 100',
    summary: '130 zombie processes',
    evidence: { value: 130, detail: '122 left by java) (x (4711).' },
  })
})

test('a process that sleeps uninterruptibly is blocked only after two minutes without progress', () => {
  const findings = runAll(Array.from({ length: 5 }, () => reading({ scan: observed(scan([asleep(8_001)])) }))).map(
    (v) => findingOf(v, 'ProcessesBlocked'),
  )
  expect(findings.map((f) => [f.health, f.pending ?? false])).toEqual([
    ['healthy', true],
    ['healthy', true],
    ['healthy', true],
    ['healthy', true],
    ['problem', false],
  ])
  expect(findings[2]).toMatchObject({
    reason: 'NotSustainedYet',
    message: '1 process in uninterruptible sleep without progress, the longest for 60 s, limit 2 min',
  })
  expect(findings[4]).toMatchObject({
    severity: 'warning',
    reason: 'UninterruptibleSleep',
    message: '1 process in uninterruptible sleep without progress: nfs-reader (8001) for 2 min',
    summary: '1 process hangs in the kernel',
  })
})

test('one that gets on between two looks, or is another one with the same pid, is not blocked', () => {
  const working = Array.from({ length: 8 }, (_, i) => reading({ scan: observed(scan([asleep(8_001, 10 + i)])) }))
  for (const verdict of runAll(working)) expect(findingOf(verdict, 'ProcessesBlocked').health).toBe('healthy')
  const others = Array.from({ length: 8 }, (_, i) =>
    reading({ scan: observed(scan([{ ...asleep(8_001), started: i }])) }),
  )
  for (const verdict of runAll(others)) expect(findingOf(verdict, 'ProcessesBlocked').health).toBe('healthy')
})

test('many blocked processes are critical, and only three are named', () => {
  const many = Array.from({ length: 12 }, (_, i) => asleep(8_000 + i))
  const last = runAll(Array.from({ length: 5 }, () => reading({ scan: observed(scan(many)) })))[4]!
  expect(findingOf(last, 'ProcessesBlocked')).toMatchObject({
    severity: 'critical',
    summary: '12 processes hang in the kernel',
    evidence: {
      detail: 'nfs-reader (8000) for 2 min, nfs-reader (8001) for 2 min, nfs-reader (8002) for 2 min, 9 more.',
    },
  })
})

test('where the load proves that nothing is blocked, processes are not looked at, and zombies stay as they were', async () => {
  const host = createHost({ root: fixture(import.meta.url, 'well-worker') })
  expect((await readProcesses(host, false)).scan).toBeUndefined()
  expect((await readProcesses(host, true)).scan).toMatchObject({ ok: true, value: { processes: 7 } })
  const [verdict] = runAll([reading({ scan: undefined })])
  expect(findingOf(verdict!, 'ProcessesBlocked').health).toBe('healthy')
  expect(verdict!.findings.map(({ type }) => type)).not.toContain('ZombieProcesses')
})

test('after something was wrong it looks twice more, so that recovery is proven', () => {
  const wrong = reading({ scan: observed(scan([asleep(1)])) })
  expect(runAll([wrong, reading(), reading()]).map(({ memory }) => memory.looks)).toEqual([2, 1, 0])
})

test('never throws, and is unknown where nothing was read', () => {
  const number = fc.nat({ max: Number.MAX_SAFE_INTEGER })
  const why = fc.constant(unobserved('ReadFailed', 'x'))
  const stuck = fc.record({
    pid: number,
    name: fc.string(),
    parent: number,
    state: fc.constantFrom('Z' as const, 'D' as const),
    started: number,
    ran: number,
  })
  const limit = number.map((n) => n + 1)
  const any: fc.Arbitrary<ProcessesReading> = fc.record({
    pids: fc.oneof(fc.record({ used: number, limit, limitName: fc.string() }).map(observed), why),
    files: fc.oneof(fc.record({ used: number, limit }).map(observed), why),
    scan: fc.oneof(
      fc.array(stuck).map((all) => observed(scan(all))),
      why,
      fc.constant(undefined),
    ),
  })
  fc.assert(
    fc.property(fc.array(any, { maxLength: 5 }), (readings) => {
      for (const [index, verdict] of runAll(readings).entries()) {
        expect(findingOf(verdict, 'PIDsExhausted').health === 'unknown').toBe(!readings[index]!.pids.ok)
        expect(findingOf(verdict, 'FileHandlesExhausted').health === 'unknown').toBe(!readings[index]!.files.ok)
      }
    }),
  )
})

const reason = whyNoMounts()

describe.skipIf(reason !== '')(`with a real process that hangs ${reason}`, () => {
  test('a write to a frozen file system is found, and is gone when it thaws', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, ['mkfs.ext4', '-q', '-F'])
    await run('fsfreeze', '-f', mount.path)
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => run('fsfreeze', '-u', mount.path).then(() => {}))
    const writer = await createHost({ root: '' }).programs.start('dd', [
      'if=/dev/zero',
      `of=${mount.path}/x`,
      'count=1',
    ])
    await expect.poll(() => processState(writer.pid)).toBe('D')

    const check = startCheck(processes, { root: '', config: { ...CONFIG, scanEveryChecks: 1 } })
    await check.run()
    const finding = findingOf(await check.run(121_000), 'ProcessesBlocked')
    expect(finding).toMatchObject({ health: 'problem' })
    expect(finding.message).toContain(`dd (${writer.pid}) for 2 min`)

    await cleanup.disposeAsync()
    await writer.exited
    expect(findingOf(await check.run(), 'ProcessesBlocked').message).not.toContain('dd (')
  })
})
