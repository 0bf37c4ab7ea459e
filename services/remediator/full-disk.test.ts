/**
 * The disk of the journal is full: both processes as they are, on a machine of the test's own with a real disk, which is cleaned up without
 * a record, no more often than its cooldown says, whoever is killed.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, statfs, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Remediation } from '#model'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { connectUnix, type RpcClient } from '#rpc'
import { fromProtoRemediation } from '#wire/remediation'
import { startTestBus } from '../../libs/bus/testing.ts'
import { startTestDetector } from '../../libs/bus/testing-detector.ts'
import { fakeClock } from '../../libs/clock/testing.ts'
import { type LoopMount, mountLoop, run, tempFolder } from '../../libs/host/testing.ts'
import { whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { keepLog } from '../../libs/service/testing.ts'
import { someMonitor, someProblem, someRun } from '../../libs/view/testing.ts'
import { act, startMachine } from '../host-actions/testing-machine.ts'
import { type KeptProcess, keepProcess } from './kill/testing-process.ts'
import { openSafety } from './safety/safety.ts'
import { RUNG, SIGHT } from './testing/questions.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`a full disk of the journal: ${why}`)

const MIB = 1024 ** 2
const COOLDOWN_S = 15
const SECTION = `maxRetriesPerMinute: 0, circuitBreakerThreshold: 50, verifyWithin: 1s,
  diskCleanup: { untilUsedPercent: 50, journalMaxBytes: 1048576, images: false, logRoots: [/data/log, /other/log], tempRoots: [] }`
const BLOCK = `strategy: disk-cleanup, path: /data, cooldown: ${COOLDOWN_S}s, maxAttempts: 10`
const PARAMETERS = {
  ...{ untilUsedPercent: '50', journalMaxBytes: '1048576', images: 'false', logRoots: '["/data/log","/other/log"]' },
  ...{ logsOlderThanMs: '259200000', tempRoots: '[]', tempOlderThanMs: '604800000' },
}
const EXT4 = ['mkfs.ext4', '-q', '-F', '-m', '0'] as const

const stack: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of stack.splice(0).toReversed()) await end()
})

/** A disk of its own, until the test is over. */
async function diskOf(sizeMiB: number): Promise<LoopMount> {
  const folder = await tempFolder()
  stack.push(async () => folder[Symbol.asyncDispose]())
  const disk = await mountLoop(folder.path, sizeMiB, EXT4)
  stack.push(async () => disk[Symbol.asyncDispose]())
  return disk
}

/** An old log, which a clean-up deletes. */
async function oldLog(disk: LoopMount, name: string, bytes: number): Promise<void> {
  await mkdir(join(disk.path, 'log'), { recursive: true })
  const path = join(disk.path, 'log', `${name}.log.1`)
  await writeFile(path, Buffer.alloc(bytes))
  const at = Date.now() / 1000 - 90 * 86_400
  await utimes(path, at, at)
}

/** Until not a byte is free. */
async function fill(disk: LoopMount): Promise<void> {
  const script = 'head -c 1G /dev/zero >"$0"; while echo >>"$0"; do :; done'
  await run('sh', '-c', `(${script}) 2>/dev/null; true`, join(disk.path, 'fills'))
  expect((await statfs(disk.path)).bavail).toBe(0)
}

const logsOf = async (disk: LoopMount) => (await readdir(join(disk.path, 'log'))).toSorted()

describe.skipIf(why !== '')('a journal whose disk is full', () => {
  /** Both processes; the state folder lies on the disk that the machine knows as /data. */
  async function node() {
    const data = await diskOf(64)
    const other = await diskOf(16)
    const binds = [`${data.path}:/data`, `${other.path}:/other`]
    const machine = await startMachine({}, [BLOCK, `${BLOCK.replace('/data', '/other')}`], { binds, section: SECTION })
    stack.push(async () => machine[Symbol.asyncDispose]())
    const { shared } = machine
    const state = join(shared, 'state')
    // Where it is installed its folder is made with it: on a full disk nobody makes one.
    await mkdir(join(data.path, 'state/remediator'), { recursive: true })
    await mkdir(state)
    await run('mount', '--bind', join(data.path, 'state'), state)
    stack.push(() => run('umount', state))
    await machine.start()
    const bus = await startTestBus({ dir: join(shared, 'run') })
    stack.push(() => bus.close())
    const detector = await startTestDetector(bus)
    let isOver = false
    const saying = (async () => {
      for (; !isOver; await sleep(200)) {
        detector.heartbeat()
        const runs = [someRun({ started: new Date(), durationUs: 1, intervalMs: 30_000, check: 'check-0' })]
        await detector.monitor(someMonitor({ name: 'custom-plugin', runs }))
      }
    })()
    stack.push(async () => {
      isOver = true
      await saying
    })
    const remediator = keepProcess('remediator', {
      ...{ config: join(shared, 'config.yaml'), stepsDir: shared, logFile: join(shared, 'remediator.log') },
    })
    stack.push(() => remediator.stop())
    const opened = new Date()
    await detector.problem(
      someProblem({
        ...{
          source: 'custom-plugin',
          owner: 'custom-plugin',
          check: 'check-0',
          type: 'DiskFull',
          entity: 'disk:/data',
        },
        ...{ fingerprint: 'full', phase: 'opened', generation: 1, opened },
      }),
    )
    return { data, other, machine, remediator, shared }
  }

  async function ask<T>(shared: string, work: (client: RpcClient) => Promise<T>): Promise<T> {
    const client = connectUnix(join(shared, 'run/remediator/remediator.sock'))
    try {
      return await work(client)
    } finally {
      client.close()
    }
  }
  const planOf = (shared: string) =>
    ask(
      shared,
      async (client) => (await client.call(RemediatorService.plan, { problem: '' })).plans[0]?.verdict ?? '',
    ).catch(() => '')
  const recordsOf = (shared: string) =>
    ask(shared, async (client) => {
      const { records } = await client.call(RemediatorService.history, { limit: 1000, fingerprint: '', before: 0 })
      return records.flatMap((record) => fromProtoRemediation(record, new Date(0))?.what ?? []).toReversed()
    })
  const startsOf = (all: readonly Remediation[]) =>
    all.flatMap((what) => (what.kind === 'started' ? [what.attempt] : []))

  async function killed(remediator: KeptProcess): Promise<void> {
    const { starts, pid } = remediator
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    await expect.poll(() => remediator.starts, { timeout: 10_000 }).toBe(starts + 1)
  }

  it('is cleaned up once in a cooldown, whoever is killed, and what was done stands in the journal once that has room', async () => {
    const { data, machine, remediator, shared } = await node()
    await oldLog(data, 'first', MIB)
    await fill(data)
    const patience = { timeout: 40_000, interval: 100 }
    await expect.poll(() => logsOf(data), patience).toEqual([])
    const beganMs = performance.now()
    // It frees less than a journal takes. What is killed now knows of it when it is there again.
    await oldLog(data, 'second', MIB / 2)
    await fill(data)
    for (let kills = 0; kills < 2; kills++) {
      await killed(remediator)
      await expect
        .poll(() => planOf(shared), patience)
        .toBe(`holds back clean up /data: cooldown: it was done, and its cooldown is ${COOLDOWN_S} s`)
    }
    expect(performance.now() - beganMs).toBeLessThan(COOLDOWN_S * 1_000)
    expect(await logsOf(data)).toEqual(['second.log.1'])
    await expect.poll(() => logsOf(data), patience).toEqual([])
    expect(performance.now() - beganMs).toBeGreaterThan((COOLDOWN_S - 1) * 1_000)
    expect(existsSync(join(shared, 'run/remediator-lock/unwritten.json'))).toBe(true)
    expect(await machine.can(act('disk-cleanup', 'disk:/data', PARAMETERS))).toBe('')
    // There is room: all of it is told, in its order, and each once.
    await rm(join(data.path, 'fills'))
    await expect.poll(async () => startsOf(await recordsOf(shared)).length, patience).toBe(2)
    const told = await recordsOf(shared)
    expect(new Set(startsOf(told)).size).toBe(2)
    expect(told.filter(({ kind }) => kind === 'started' || kind === 'ended').map(({ kind }) => kind)).toEqual([
      'started',
      'ended',
      'started',
      'ended',
    ])
    await killed(remediator)
    await expect.poll(async () => startsOf(await recordsOf(shared)).length, patience).toBe(2)
  }, 120_000)

  it('lies on no other disk: that one is not cleaned up without a record', async () => {
    const { machine, other } = await node()
    await oldLog(other, 'old', MIB)
    await fill(other)
    const cleanup = act('disk-cleanup', 'disk:/other', PARAMETERS)
    expect(await machine.can(cleanup)).toBe('')
    expect(await machine.can(cleanup, true)).toBe(
      'the journal of repairs has no room, and does not lie on the disk of /other: to clean up that one frees none for it',
    )
  }, 60_000)
})

describe.skipIf(process.getuid?.() !== 0)('records for which there is no room', () => {
  const started = (attempt: string): Remediation => ({
    ...{ kind: 'started', attempt, problem: SIGHT, act: { ...RUNG.act, strategy: 'disk-cleanup' }, mode: 'act' },
    ...{ number: 1, of: 3, cooldownMs: 1, verifyWithinMs: 1 },
  })
  const ended = (attempt: string): Remediation => ({
    ...{ kind: 'ended', attempt, outcome: 'failed', message: '', output: '', isOutputCut: false },
    ...{ durationMs: 1, figures: [] },
  })

  it('count, outlive a kill, and are written in their order; what announces an act is refused, and so is all that a person says', async () => {
    const disk = await diskOf(16)
    const folder = await tempFolder()
    stack.push(async () => folder[Symbol.asyncDispose]())
    const clock = fakeClock()
    const { log } = keepLog('remediator')
    const open = () =>
      openSafety({
        ...{ dir: join(disk.path, 'remediator'), machineId: 'm1', bootId: 'b1', version: '1', clock, log },
        ...{ onRecord: () => undefined, segmentBytes: MIB, unwrittenPath: join(folder.path, 'unwritten.json') },
      })
    const first = await open()
    await first.write(started('a-1'))
    await first.close()
    // As a backup restores it that leaves out zeros: from here on it takes room.
    await truncate(join(disk.path, 'remediator/journal.0'), 4096)
    await truncate(join(disk.path, 'remediator/journal.0'), MIB)
    await fill(disk)
    const full = await open()
    await full.write({ kind: 'paused', by: 'ann', why: 'x' }).catch(() => undefined)
    while (!full.isFull) await full.write({ kind: 'tick' }).catch(() => undefined)
    expect(full.trouble).toMatch(/^the journal cannot be written: ENOSPC/)
    await full.write(ended('a-1'))
    await expect(full.write(started('a-2'))).rejects.toThrow('ENOSPC')
    await expect(full.write({ kind: 'paused', by: 'ann', why: 'x' })).rejects.toThrow('ENOSPC')
    expect(await full.writeBehind(started('b-1'), () => false)).toBe(false)
    expect(await full.writeBehind(started('b-1'), () => true)).toBe(true)
    expect(full.state.ledgers.act.open.map(({ attempt }) => attempt)).toEqual(['b-1'])
    expect(full.state.ledgers.act.starts).toHaveLength(2)
    await full.close()
    const again = await open()
    expect(again.isFull).toBe(true)
    expect(again.startOf('b-1')).toMatchObject({ attempt: 'b-1' })
    expect(again.state.ledgers.act.starts).toHaveLength(2)
    await rm(join(disk.path, 'fills'))
    await again.write({ kind: 'tick' })
    expect([again.trouble, again.isFull]).toEqual([undefined, false])
    const kinds = again.ring.all().map(({ what: { kind } }) => kind)
    expect(kinds.slice(kinds.indexOf('ended'))).toEqual(['ended', 'started', 'began', 'tick'])
    expect(again.state.ledgers.act.starts).toHaveLength(2)
    await again.close()
  }, 20_000)

  it('are as few as what was done, however often this process begins meanwhile', async () => {
    const disk = await diskOf(16)
    const folder = await tempFolder()
    stack.push(async () => folder[Symbol.asyncDispose]())
    const unwrittenPath = join(folder.path, 'unwritten.json')
    const { log } = keepLog('remediator')
    const open = () =>
      openSafety({
        ...{ dir: join(disk.path, 'remediator'), machineId: 'm1', bootId: 'b1', version: '1', clock: fakeClock(), log },
        ...{ onRecord: () => undefined, unwrittenPath },
      })
    for (let starts = 0; starts < 70; starts++) await (await open()).close()
    const last = await open()
    stack.push(() => last.close())
    expect(last.isFull).toBe(true)
    expect(await last.writeBehind(started('b-1'), () => true)).toBe(true)
    await last.write(ended('b-1'))
    expect(JSON.parse(await readFile(unwrittenPath, 'utf8'))).toHaveLength(3)
  }, 40_000)
})
