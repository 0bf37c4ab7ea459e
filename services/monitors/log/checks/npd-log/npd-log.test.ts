import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { aborted } from '#clock'
import { createHost, HostReadError } from '#host'
import { type HandClock, handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { recordKernelLog } from '../../../../../libs/host/logs/testing-recorded.ts'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { npdLog } from './check.ts'
import { type Config, schema } from './config.ts'

const RULES = [
  { type: 'temporary', reason: 'OOMKilling', pattern: 'Killed process .*' },
  { type: 'temporary', reason: 'Pair', pattern: 'first\\nsecond' },
  { type: 'permanent', condition: 'KernelDeadlock', reason: 'DockerHung', pattern: 'task docker.* hung' },
]
const CONDITIONS = [{ type: 'KernelDeadlock', reason: 'KernelHasNoDeadlock', message: 'kernel has no deadlock' }]
const FILE = { path: '/config/kernel-monitor.json', lookback: '24h', source: 'kernel-monitor', conditions: CONDITIONS }

function configOf(more: object = {}): Config {
  return schema.parse({ ...FILE, plugin: 'kmsg', rules: RULES, ...more })
}

const folders: AsyncDisposable[] = []
afterAll(() => Promise.all(folders.map((folder) => folder[Symbol.asyncDispose]())))

/** A machine that was booted an hour before the clock's beginning, and what its processes remember. */
async function machine() {
  const folder = await tempFolder()
  folders.push(folder)
  await writeTree(folder.path, { 'proc/uptime': '3600.25 1.00\n' })
  const kernel = await recordKernelLog(folder.path)
  const memory = heldMemory()
  const clock = handClock()
  const bootMs = clock.now().getTime() - 3_600_000
  const start = (config: Config, host = createHost({ root: folder.path })) =>
    startCheck(npdLog, { root: folder.path, config, memory, clock, host })
  return { root: folder.path, kernel, clock, memory, bootMs, start }
}

type Started = Awaited<ReturnType<typeof machine>>['start']
type Following = ReturnType<ReturnType<Started>['follow']>
type Told = Awaited<ReturnType<Following['next']>>

/** What is told until something is. */
async function until(following: Following, is: (told: Told) => boolean): Promise<Told> {
  for (;;) {
    const told = await following.next()
    if (is(told)) return told
  }
}

const reasonsOf = ({ events = [] }: Told) => events.map(({ reason }) => reason)
const deadlock = (told: Told) => told.findings.find(({ type }) => type === 'KernelDeadlock')
const hasEvent = (reason: string) => (told: Told) => reasonsOf(told).includes(reason)
/** As it comes back from the file that it is kept in. */
const keptOf = ({ cursor }: Told): unknown => JSON.parse(JSON.stringify(cursor))

describe('a file of the kernel log', () => {
  it('says its conditions as it has them, then what rules find, with the times of the lines', async () => {
    const { kernel, start, bootMs } = await machine()
    await kernel.say({ atMs: 5000, text: 'nothing special' })
    await using following = start(configOf()).follow()
    const first = await following.next()
    expect(first.findings).toEqual([
      { type: 'LogSourceUnreadable', health: 'healthy', reason: 'LogSourceRead', message: 'the log is read' },
      { type: 'KernelDeadlock', health: 'healthy', reason: 'KernelHasNoDeadlock', message: 'kernel has no deadlock' },
    ])
    await kernel.say({ atMs: 6000, text: 'task docker:7 hung' })
    const told = await until(following, hasEvent('DockerHung'))
    expect(told.events).toMatchObject([
      {
        severity: 'warning',
        message: 'Node condition KernelDeadlock is now: True, reason: DockerHung, message: "task docker:7 hung"',
        at: new Date(bootMs + 6000),
        source: 'kernel-monitor',
      },
    ])
    expect(deadlock(told)).toMatchObject({
      health: 'problem',
      message: 'task docker:7 hung',
      since: new Date(bootMs + 6000),
    })
    const values = Object.fromEntries(
      (told.metrics ?? []).map(({ labels, value }) => [Object.values(labels).join(), value]),
    )
    expect(values).toMatchObject({ DockerHung: 1, OOMKilling: 0, 'KernelDeadlock,DockerHung': 1 })
  })

  it('reads from the start that the file asks for, and not what is older', async () => {
    const { kernel, start, bootMs } = await machine()
    for (const atMs of [1000, 1_800_000]) await kernel.say({ atMs, text: `Killed process ${atMs}` })
    await using following = start(configOf({ lookback: '45m' })).follow()
    const { events } = await until(following, hasEvent('OOMKilling'))
    expect(events?.map(({ at }) => at)).toEqual([new Date(bootMs + 1_800_000)])
  })

  it('goes on where it was after a kill: each line once, a condition as it was, a pair over the gap', async () => {
    const { kernel, start, bootMs } = await machine()
    await kernel.say({ atMs: 1000, text: 'task docker:7 hung' })
    await kernel.say({ atMs: 2000, text: 'first' })
    const config = configOf({ lookback: '2h' })
    await using before = start(config).follow()
    const told = await until(before, hasEvent('DockerHung'))
    await before.stop()
    await kernel.say({ atMs: 3000, text: 'second' })
    await using after = start(config).follow(keptOf(told))
    const again = await after.next()
    expect(reasonsOf(again)).toEqual([])
    expect(deadlock(again)).toMatchObject({ health: 'problem', reason: 'DockerHung', message: 'task docker:7 hung' })
    expect(deadlock(again)?.since).toEqual(new Date(bootMs + 1000))
    const pair = await until(after, hasEvent('Pair'))
    expect(pair.events).toMatchObject([{ message: 'first\nsecond', at: new Date(bootMs + 2000) }])
  })

  it('goes on after a restart also where the clock was set back since it began', async () => {
    const { kernel, start, clock } = await machine()
    const config = configOf({ lookback: '0' })
    await using before = start(config).follow()
    const first = await before.next()
    await before.stop()
    clock.step(-86_400_000)
    await using after = start(config).follow(keptOf(first))
    await after.next()
    await kernel.say({ atMs: 3_700_000, text: 'Killed process 7' })
    const { events } = await until(after, hasEvent('OOMKilling'))
    expect(events?.map(({ message }) => message)).toEqual(['Killed process 7'])
  })

  it('gives an event that is told again after a kill the same key', async () => {
    const { kernel, start } = await machine()
    const config = configOf()
    await using before = start(config).follow()
    const first = await before.next()
    await kernel.say({ atMs: 1000, text: 'Killed process 1' })
    const [told] = (await until(before, hasEvent('OOMKilling'))).events ?? []
    await before.stop()
    await using after = start(config).follow(keptOf(first))
    const [again] = (await until(after, hasEvent('OOMKilling'))).events ?? []
    expect(again?.key).toBe(told?.key)
    expect(again?.key).not.toBeUndefined()
  })

  it('begins anew after a reboot, but with what a reboot does not end', async () => {
    for (const reboot of [true, false]) {
      const { kernel, start, root } = await machine()
      const config = configOf({ recover: { KernelDeadlock: { reboot } } })
      await kernel.say({ atMs: 1000, text: 'task docker:7 hung' })
      await using before = start(config).follow()
      const told = await until(before, hasEvent('DockerHung'))
      await before.stop()
      await kernel.reboot('00000000-0000-4000-8000-000000000002')
      await writeTree(root, { 'proc/uptime': '60.00 1.00\n' })
      await kernel.say({ atMs: 1000, text: 'Killed process 2' })
      await using after = start(config).follow(keptOf(told))
      const first = await after.next()
      expect(deadlock(first)?.health).toBe(reboot ? 'healthy' : 'problem')
      if (!hasEvent('OOMKilling')(first)) await until(after, hasEvent('OOMKilling'))
    }
  })

  it('lets go of what a person cleared, for good', async () => {
    const { kernel, start } = await machine()
    const config = configOf()
    await kernel.say({ atMs: 1000, text: 'task docker:7 hung' })
    const check = start(config)
    await using before = check.follow()
    await until(before, hasEvent('DockerHung'))
    check.clear('KernelDeadlock')
    const cleared = await before.next()
    expect(deadlock(cleared)).toMatchObject({ health: 'healthy', reason: 'KernelHasNoDeadlock' })
    await kernel.say({ atMs: 2000, text: 'task docker:8 hung' })
    const again = await until(before, hasEvent('DockerHung'))
    expect(deadlock(again)).toMatchObject({ health: 'problem', message: 'task docker:8 hung' })
    await before.stop()
    await using after = start(config).follow(keptOf(cleared))
    expect(deadlock(await after.next())?.health).toBe('healthy')
  })

  it('lets go of what a person cleared between two lives, and of nothing that is raised later', async () => {
    const { kernel, start } = await machine()
    const check = start(configOf())
    check.clear('KernelDeadlock')
    await kernel.say({ atMs: 1000, text: 'task docker:7 hung' })
    await using before = check.follow()
    const raised = await until(before, hasEvent('DockerHung'))
    await before.stop()
    await using after = check.follow(keptOf(raised))
    expect(deadlock(await after.next())?.health).toBe('problem')
    await after.stop()
    const last = check.follow(keptOf(raised))
    check.clear('KernelDeadlock')
    expect(deadlock(await until(last, (told) => deadlock(told) !== undefined))?.health).toBe('healthy')
    await last.stop()
  })

  it('counts no end of a condition as a problem, also where it has the reason of one', async () => {
    const { kernel, start } = await machine()
    const conditions = [{ type: 'KernelDeadlock', reason: 'DockerHung', message: 'it is not' }]
    const recover = { KernelDeadlock: { match: 'docker is well' } }
    await using following = start(configOf({ conditions, recover })).follow()
    for (const text of ['task docker:7 hung', 'docker is well']) await kernel.say({ atMs: 1000, text })
    const severities: unknown[] = []
    const told = await until(following, ({ events = [] }) => {
      severities.push(...events.map(({ severity }) => severity))
      return severities.length === 2
    })
    expect(severities).toEqual(['warning', 'info'])
    expect(told.metrics).toContainEqual({ name: 'problem_counter', labels: { reason: 'DockerHung' }, value: 1 })
  })

  it('tells lost lines, and takes no absence for proof in which there were any', async () => {
    const { kernel, start, clock } = await machine()
    const check = start(configOf({ recover: { KernelDeadlock: { absentFor: '10m' } } }))
    await kernel.say({ atMs: 1000, text: 'task docker:7 hung' })
    await using following = check.follow()
    await until(following, hasEvent('DockerHung'))
    clock.pass(599_000)
    kernel.lose(3)
    await kernel.say({ atMs: 601_000, text: 'whatever' })
    const lost = await until(following, hasEvent('LogLinesLost'))
    expect(lost.events).toMatchObject([{ message: '3 lines of the log were lost: overwritten before they were read' }])
    const turn = await check.run(1000)
    expect(turn).toMatchObject({ findings: [{ type: 'LogSourceUnreadable', health: 'healthy' }], partial: false })
    expect(turn.metrics).toContainEqual({ name: 'log_lines_lost_total', labels: { check: 'npd-log' }, value: 3 })
    await check.run(599_000)
    let gone: Told | undefined
    void until(following, (told) => deadlock(told)?.health === 'healthy').then((told) => {
      gone = told
    })
    // It is known as soon as all that stands there is read.
    const look = async () => {
      await check.run(1000)
      return gone?.events
    }
    await expect.poll(look).toMatchObject([{ severity: 'info', reason: 'KernelHasNoDeadlock' }])
  })

  it('takes no absence for proof while lines wait unread', async () => {
    const { kernel, start, clock } = await machine()
    const check = start(configOf({ recover: { KernelDeadlock: { absentFor: '1m' } } }))
    await using following = check.follow()
    await kernel.say({ atMs: 1000, text: 'task docker:7 hung' })
    await until(following, hasEvent('DockerHung'))
    const go = following.hold()
    await kernel.say({ atMs: 2000, text: 'Killed process 1' })
    await until(following, hasEvent('OOMKilling'))
    await kernel.say({ atMs: 3000, text: 'task docker:7 hung' })
    clock.pass(90_000)
    await check.run()
    go()
    await kernel.say({ atMs: 4000, text: 'Killed process 2' })
    const healths: (string | undefined)[] = []
    await until(following, (told) => {
      healths.push(deadlock(told)?.health)
      return hasEvent('OOMKilling')(told)
    })
    expect(healths).not.toContain('healthy')
  })

  it('tells fifty texts of each second of the log: what was written while nobody read is told whole', async () => {
    const { kernel, start } = await machine()
    for (let index = 0; index < 120; index++) {
      await kernel.say({ atMs: 1000 + index * 50, text: `Killed process ${index}` })
    }
    await using following = start(configOf()).follow()
    const told: string[] = []
    await until(following, (each) => {
      told.push(...(each.events ?? []).map(({ message }) => message))
      return told.length >= 120
    })
    expect(told).toEqual(Array.from({ length: 120 }, (_, index) => `Killed process ${index}`))
  })

  it('tells fifty texts of a rule in a second, counts all, and says how many it did not tell', async () => {
    const { kernel, start, clock } = await machine()
    for (let index = 0; index < 60; index++) await kernel.say({ atMs: 1000, text: `Killed process ${index}` })
    // The last record of a recorded log comes after all others.
    await kernel.say({ atMs: 1000, text: 'whatever' })
    await using following = start(configOf()).follow()
    let told = 0
    const tick = setInterval(() => clock.pass(1000), 50)
    const last = await until(following, (each) => {
      told += reasonsOf(each).filter((reason) => reason === 'OOMKilling').length
      return hasEvent('LogTextsUntold')(each)
    })
    clearInterval(tick)
    expect(told).toBe(50)
    expect(last.events?.at(-1)?.message).toBe(
      'rule OOMKilling matched 10 times more than are told of a second; counted, not told',
    )
    expect(last.metrics).toContainEqual({ name: 'problem_counter', labels: { reason: 'OOMKilling' }, value: 60 })
  })
})

describe('a kernel log that is closed to this process', () => {
  it('is no problem, and nothing is known of its conditions', async () => {
    const { start, root } = await machine()
    const host = createHost({ root })
    const error = new HostReadError({ action: 'open', path: '/dev/kmsg', code: 'EACCES' })
    async function* kernelLog({ signal }: { readonly signal: AbortSignal }) {
      yield { kind: 'unreadable', error, isClosed: true } as const
      await aborted(signal)
    }
    const closed = { ...host, logs: { ...host.logs, kernelLog: kernelLog as typeof host.logs.kernelLog } }
    const check = start(configOf(), closed)
    await using following = check.follow()
    const { findings } = await following.next()
    expect(findings.map(({ type, health, reason }) => [type, health, reason])).toEqual([
      ['LogSourceUnreadable', 'unknown', 'LogSourceClosed'],
      ['KernelDeadlock', 'unknown', 'LogSourceClosed'],
    ])
    expect(await check.run(0)).toMatchObject({ findings: [{ health: 'unknown' }], partial: true })
  })
})

describe('a log file', () => {
  const file = {
    plugin: 'filelog',
    logPath: '/var/log/kern.log',
    pluginConfig: {
      timestamp: '^.{15}',
      message: 'kernel: \\[.*\\] (.*)',
      timestampFormat: 'Jan _2 15:04:05',
    },
    skipList: ['audit'],
  }

  function stamp(clock: HandClock): string {
    const [, month, day, , time] = clock.now().toString().split(' ')
    return `${month} ${String(Number(day)).padStart(2)} ${time}`
  }

  it('that is not there is told, and read from its beginning once it is made', async () => {
    const { root, start, clock } = await machine()
    const check = start(configOf(file))
    await using following = check.follow()
    const missing = await following.next()
    expect(missing.findings).toMatchObject([
      { type: 'LogSourceUnreadable', health: 'problem' },
      { type: 'KernelDeadlock', health: 'unknown', reason: 'LogSourceUnreadable' },
    ])
    expect(await check.run(0)).toMatchObject({ findings: [{ health: 'problem' }], partial: true })
    await mkdir(join(root, 'var/log'), { recursive: true })
    const line = (text: string) => `${stamp(clock)} node1 kernel: [  12.5] ${text}\n`
    await appendFile(
      join(root, 'var/log/kern.log'),
      `${line('audit: Killed process 1')}no time at all\n${line('Killed process 2')}`,
    )
    const told = await until(following, hasEvent('OOMKilling'))
    expect(told.events?.map(({ message }) => message)).toEqual(['Killed process 2'])
    expect(told.findings.map(({ health }) => health)).toEqual(['healthy', 'healthy'])
    expect(told.metrics).toContainEqual({ name: 'log_lines_unformatted_total', labels: { check: 'npd-log' }, value: 1 })
    await rm(join(root, 'var/log/kern.log'))
  })
})

describe('a log file of which no line is looked at', () => {
  const offsetOf = (cursor: unknown) =>
    (cursor as { place?: { from?: { offset?: number } } } | undefined)?.place?.from?.offset

  it('is read on behind its end: what is rotated away meanwhile was not lost', async () => {
    const { root, start, clock } = await machine()
    await mkdir(join(root, 'var/log'), { recursive: true })
    const path = join(root, 'var/log/app.log')
    await writeFile(path, '')
    const layout = { timestamp: '^\\d+-\\S+', message: '.*', timestampFormat: '2006-01-02T15:04:05Z07:00' }
    const config = configOf({ plugin: 'filelog', logPath: '/var/log/app.log', pluginConfig: layout })
    await using following = start(config).follow()
    await following.next()
    await appendFile(path, 'no time here\n'.repeat(500))
    const tick = setInterval(() => clock.pass(1000), 20)
    onTestFinished(() => clearInterval(tick))
    const behind = { place: { from: { offset: 'no time here\n'.length * 500 } } }
    const told = await until(following, ({ cursor }) => offsetOf(cursor) === behind.place.from.offset)
    expect(told.cursor).toMatchObject(behind)
  })
})

describe('what cannot be followed', () => {
  it.each([
    [{ lookback: '5' }, 'time: missing unit in duration "5"'],
    [{ rules: [{ pattern: 'a(' }] }, 'missing closing )'],
    [{ plugin: 'filelog' }, 'logPath: expected the absolute path of a file'],
    [{ plugin: 'journald' }, 'pluginConfig.source: empty source is not allowed'],
  ])('%j is refused with why', async (more, why) => {
    const { start } = await machine()
    expect(() => start(configOf(more))).toThrow(why)
  })
})
