import { writeFileSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../host.ts'
import { createPrograms } from '../programs/programs.ts'
import { mountHung, processState, tempFolder, whyNoMounts, writeTree } from '../testing.ts'
import { recordKernelLog } from './testing-recorded.ts'
import type { KernelLogEvent, KernelLogOptions, KernelRecord } from './types.ts'

const BOOT = '00000000-0000-4000-8000-000000000001'

/** Follows a log until the test has seen enough. */
function follow(
  root: string,
  options: Partial<KernelLogOptions> & { from: KernelLogOptions['from'] },
  { logs } = createHost({ root }),
) {
  const stop = new AbortController()
  const events: KernelLogEvent[] = []
  const reading = (async () => {
    for await (const event of logs.kernelLog({ ...options, signal: stop.signal })) events.push(event)
  })()
  async function end(): Promise<void> {
    stop.abort()
    await reading
  }
  onTestFinished(end)
  const records = (): KernelRecord[] => events.flatMap((event) => (event.kind === 'records' ? event.records : []))
  return {
    events,
    records,
    texts: () => records().map(({ bytes }) => bytes.toString()),
    lost: () => events.flatMap((event) => (event.kind === 'lost' ? [event.count] : [])),
    caughtUp: () => expect.poll(() => events.some(({ kind }) => kind === 'caught-up'), { interval: 5 }).toBe(true),
    end,
  }
}

async function recorded() {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return { root: folder.path, log: await recordKernelLog(folder.path) }
}

test('tells a record with facility, level, time, number, fields and the bytes that the kernel escaped', async () => {
  const { root, log } = await recorded()
  await log.play([
    { atMs: 1.5, text: 'a\\b\ttab ä', level: 3 },
    { atMs: 2, text: 'pci: error', facility: 4, fields: { SUBSYSTEM: 'pci', DEVICE: '+pci:0000:00:1f.2' } },
  ])
  const heard = follow(root, { from: 'start' })
  await heard.caughtUp()
  expect(heard.records()).toEqual([
    {
      facility: 0,
      level: 3,
      sequence: 0,
      sinceBootUs: 1500,
      bytes: Buffer.from('a\\b\ttab ä'),
      fields: {},
      deviceText: Buffer.from('a\\x5cb\\x09tab \\xc3\\xa4'),
      cursor: { bootId: BOOT, sequence: 0, sinceBootUs: 1500 },
    },
    {
      facility: 4,
      level: 6,
      sequence: 1,
      sinceBootUs: 2000,
      bytes: Buffer.from('pci: error'),
      fields: { SUBSYSTEM: 'pci', DEVICE: '+pci:0000:00:1f.2' },
      deviceText: Buffer.from('pci: error\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:1f.2'),
      cursor: { bootId: BOOT, sequence: 1, sinceBootUs: 2000 },
    },
  ])
})

test('counts what was overwritten before it was read', async () => {
  const { root, log } = await recorded()
  await log.say({ atMs: 1, text: 'a' })
  log.lose(7)
  await log.say({ atMs: 2, text: 'b' })
  const heard = follow(root, { from: 'start' })
  await heard.caughtUp()
  expect(heard.events.map(({ kind }) => kind)).toEqual(['records', 'lost', 'records', 'caught-up'])
  expect(heard.lost()).toEqual([7])
})

test('goes on behind a cursor; what fell out of the log meanwhile is counted', async () => {
  const { root, log } = await recorded()
  await log.play(['a', 'b', 'c'].map((text, i) => ({ atMs: i, text })))
  const first = follow(root, { from: 'start' })
  await first.caughtUp()
  await first.end()
  const second = follow(root, { from: first.records()[1]!.cursor })
  await second.caughtUp()
  expect(second.texts()).toEqual(['c'])

  await log.reboot('00000000-0000-4000-8000-000000000002')
  log.lose(2)
  await log.say({ atMs: 1, text: 'after' })
  const third = follow(root, { from: first.records()[1]!.cursor })
  await third.caughtUp()
  expect([third.texts(), third.lost()]).toEqual([['after'], [2]])
})

test('a cursor without a number goes on by time', async () => {
  const { root, log } = await recorded()
  await log.play(['a', 'b', 'c'].map((text, i) => ({ atMs: i, text })))
  const heard = follow(root, { from: { bootId: BOOT, sinceBootUs: 1000, sequence: null } })
  await heard.caughtUp()
  expect([heard.texts(), heard.lost()]).toEqual([['c'], []])
})

test('from the end only what is said from now on is told', async () => {
  const { root, log } = await recorded()
  await log.say({ atMs: 1, text: 'before' })
  const heard = follow(root, { from: 'end' })
  await heard.caughtUp()
  // Also who was told no record goes on behind what stood there.
  expect(heard.events).toEqual([{ kind: 'caught-up', cursor: { bootId: BOOT, sinceBootUs: 1000, sequence: 0 } }])
  await log.say({ atMs: 2, text: 'after' })
  await expect.poll(heard.texts, { interval: 5 }).toEqual(['after'])
})

test('where the device is closed it goes by what dmesg says', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, {
    'proc/sys/kernel/random/boot_id': BOOT,
    log: '<6>[    0.000000] Linux\n<28>[   12.345678] a: b\n',
    dmesg: '#!/bin/sh\nexec cat "$(dirname "$0")/log"\n',
  })
  const path = process.env['PATH']
  process.env['PATH'] = `${folder.path}:${path}`
  onTestFinished(() => {
    process.env['PATH'] = path
  })
  await chmod(`${folder.path}/dmesg`, 0o755)
  const heard = follow(folder.path, { from: 'start', askMs: 10 })
  await heard.caughtUp()
  expect(heard.records()[1]).toEqual({
    facility: 3,
    level: 4,
    sequence: null,
    sinceBootUs: 12_345_678,
    bytes: Buffer.from('a: b'),
    fields: {},
    deviceText: Buffer.from('a: b'),
    cursor: { bootId: BOOT, sequence: null, sinceBootUs: 12_345_678 },
  })
  await writeFile(`${folder.path}/log.new`, '<28>[   12.345678] a: b\n<4>[   13.000000] c\n')
  await rename(`${folder.path}/log.new`, `${folder.path}/log`)
  await expect.poll(heard.texts, { interval: 5 }).toEqual(['Linux', 'a: b', 'c'])
  expect(heard.lost()).toEqual([])
})

/** A machine whose log only dmesg tells, or nobody; what is tried again after long is tried again at once. */
async function closedDevice(lines: readonly string[]) {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const { path } = folder
  await writeTree(path, {
    'proc/sys/kernel/random/boot_id': BOOT,
    log: lines.join(''),
    dmesg: '#!/bin/sh\ncd "$(dirname "$0")" && [ ! -e fails ] && exec cat log\ncat fails >&2\nexit 1\n',
  })
  await chmod(`${path}/dmesg`, 0o755)
  const before = process.env['PATH']
  process.env['PATH'] = `${path}:${before}`
  onTestFinished(() => {
    process.env['PATH'] = before
  })
  const clock = systemClock()
  const soon = { ...clock, after: (ms: number, run: () => void) => clock.after(ms >= 10_000 ? ms / 1000 : ms, run) }
  return {
    path,
    host: createHost({ root: path, clock: soon, programs: createPrograms(path, clock) }),
    async say(...now: string[]): Promise<void> {
      await writeFile(`${path}/new`, now.join(''))
      await rename(`${path}/new`, `${path}/log`)
    },
    /** It has no more of it than it is asked for, in whole lines, and notes how much that was. */
    tellEnds: () =>
      writeFile(
        `${path}/dmesg`,
        '#!/bin/sh\ncd "$(dirname "$0")"\necho $4 >>asked\n[ $(stat -c %s log) -le $4 ] && exec cat log\ntail -c $4 log | tail -n +2\n',
      ),
    /** Each amount that it was asked for, in order; the same again and again counts once. */
    async asked(): Promise<string[]> {
      const all = (await readFile(`${path}/asked`, 'utf8')).trim().split('\n')
      return all.filter((bytes, i) => bytes !== all[i - 1])
    },
    fail: (why = '') => writeFile(`${path}/fails`, why),
    heal: () => rm(`${path}/fails`),
  }
}

const [LINUX, A, B, C] = [
  '<6>[    0.000000] Linux\n',
  '<6>[    1.000000] a\n',
  '<6>[    2.000000] b\n',
  '<6>[    3.000000] c\n',
]

test.for([
  ['start', ['Linux', 'a', 'b', 'c']],
  ['end', ['b', 'c']],
] as const)(
  'a call of dmesg that fails makes nothing new of what was told, or stood there: from the %s',
  async ([from, texts]) => {
    const machine = await closedDevice([LINUX, A])
    const heard = follow(machine.path, { from, askMs: 10 }, machine.host)
    const failed = (): number => heard.events.filter(({ kind }) => kind === 'unreadable').length
    await heard.caughtUp()
    await machine.fail()
    await expect.poll(failed, { interval: 5 }).toBe(1)
    await machine.say(LINUX, A, B)
    await machine.heal()
    await expect.poll(heard.texts, { interval: 5 }).toContain('b')
    await machine.say(A, B, C)
    await expect.poll(heard.texts, { interval: 5 }).toContain('c')
    expect([heard.texts(), heard.lost()]).toEqual([texts, []])
  },
)

test('where dmesg told the log and fails, it is told once what dmesg says, and not what the device said', async () => {
  const machine = await closedDevice([LINUX, A])
  const heard = follow(machine.path, { from: 'start', askMs: 10 }, machine.host)
  await heard.caughtUp()
  await machine.fail('dmesg: read kernel buffer failed: Operation not permitted\nmore')
  const failures = () => heard.events.filter((event) => event.kind === 'unreadable')
  await expect.poll(() => failures().length, { interval: 5 }).toBe(1)
  await machine.say(LINUX, A, B)
  await machine.heal()
  await expect.poll(heard.texts, { interval: 5 }).toContain('b')
  expect(failures().map(({ error, isClosed }) => [error.message, isClosed])).toEqual([
    [
      'cannot ask dmesg: DMESG_FAILED (exit code 1: dmesg: read kernel buffer failed: Operation not permitted); run dmesg -S -r there to see why',
      undefined,
    ],
  ])
})

test('the device is tried again while dmesg is asked, and goes on behind what that has told', async () => {
  const machine = await closedDevice([LINUX, A, B])
  const heard = follow(machine.path, { from: 'start', askMs: 10 }, machine.host)
  await heard.caughtUp()
  const log = await recordKernelLog(machine.path)
  await log.play([LINUX, A, B, C].map((_, i) => ({ atMs: i * 1000, text: `device ${i}` })))
  await expect.poll(() => heard.texts().at(-1), { interval: 5 }).toBe('device 3')
  expect(heard.texts()).toEqual(['Linux', 'a', 'b', 'device 3'])
  expect(heard.records().at(-1)).toMatchObject({ sequence: 3 })
})

/** Lines as dmesg has them, one in each second. */
const many = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `<6>[${from + i}.000000] line ${from + i}\n`)
const textsOf = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `line ${from + i}`)

test('dmesg is asked for the end of the log, and for all of it where what is new is more', async () => {
  const machine = await closedDevice(many(0, 5000))
  await machine.tellEnds()
  const heard = follow(machine.path, { from: 'start', askMs: 10 }, machine.host)
  await heard.caughtUp()
  await machine.say(...many(100, 5001))
  await expect.poll(heard.texts, { interval: 5 }).toContain('line 5000')
  expect(await machine.asked()).toEqual(['8388608', '32768'])
  await machine.say(...many(200, 9000))
  await expect.poll(heard.texts, { interval: 5 }).toContain('line 8999')
  expect(heard.texts()).toEqual(textsOf(0, 9000))
  expect((await machine.asked()).slice(0, 3)).toEqual(['8388608', '32768', '8388608'])
  expect(heard.lost()).toEqual([])
})

test('lines that dmesg does not have any more when it is asked again are told as lost, once', async () => {
  const machine = await closedDevice(many(0, 5000))
  await machine.tellEnds()
  const heard = follow(machine.path, { from: 'start', askMs: 10 }, machine.host)
  await heard.caughtUp()
  await machine.say(...many(5100, 9000))
  await expect.poll(heard.texts, { interval: 5 }).toContain('line 8999')
  await machine.say(...many(5200, 9001))
  await expect.poll(heard.texts, { interval: 5 }).toContain('line 9000')
  expect(heard.texts()).toEqual([...textsOf(0, 5000), ...textsOf(5100, 9001)])
  expect(heard.lost()).toEqual([undefined])
})

test('of a log that somebody empties lines are lost once, and nothing before there are others', async () => {
  const machine = await closedDevice([LINUX, A])
  const heard = follow(machine.path, { from: 'start', askMs: 1 }, machine.host)
  await heard.caughtUp()
  await machine.say()
  const turns = (): number => heard.events.filter(({ kind }) => kind === 'caught-up').length
  const before = turns()
  await expect.poll(turns, { interval: 5 }).toBeGreaterThan(before + 2)
  expect(heard.lost()).toEqual([])
  await machine.say(C)
  await expect.poll(heard.texts, { interval: 5 }).toEqual(['Linux', 'a', 'c'])
  expect(heard.lost()).toEqual([undefined])
})

test.each([
  ['behind the last that was told', BOOT, 4_999_999, [undefined]],
  ['with the last that was told', BOOT, 5_000_000, []],
  ['late in another boot', 'before', 9_000_000, [undefined]],
] as const)(
  'after a restart, where dmesg has no numbers, a log that begins %s: lines lost',
  async (_, bootId, sinceBootUs, lost) => {
    const machine = await closedDevice(many(5, 8))
    const heard = follow(machine.path, { from: { bootId, sinceBootUs, sequence: null }, askMs: 10 }, machine.host)
    await heard.caughtUp()
    expect([heard.texts().at(-1), heard.lost()]).toEqual(['line 7', lost])
  },
)

test('after a reboot a log that begins at the boot has lost nothing', async () => {
  const machine = await closedDevice([LINUX, A])
  const heard = follow(machine.path, { from: { bootId: 'before', sinceBootUs: 9, sequence: null } }, machine.host)
  await heard.caughtUp()
  expect([heard.texts(), heard.lost()]).toEqual([['Linux', 'a'], []])
})

test('a long log is handed on in small pieces', async () => {
  const machine = await closedDevice(many(0, 5000))
  const heard = follow(machine.path, { from: 'start', askMs: 10 }, machine.host)
  await heard.caughtUp()
  expect(heard.texts()).toEqual(textsOf(0, 5000))
  const sizes = heard.events.flatMap((event) => (event.kind === 'records' ? [event.records.length] : []))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(128)
})

test('says once why it cannot be read, by any way', async () => {
  await using folder = await tempFolder()
  await mkdir(join(folder.path, 'dev'))
  const heard = follow(folder.path, { from: 'start' })
  await expect.poll(() => heard.events.length, { interval: 5 }).toBe(1)
  expect(heard.events).toMatchObject([{ kind: 'unreadable', error: { code: 'ENOENT' } }])
})

const isOpen = (() => {
  try {
    writeFileSync('/dev/kmsg', '<7>node-doctor: a test of the kernel log begins\n')
    return true
  } catch {
    return false
  }
})()

test.skipIf(!isOpen)('follows the real device, goes on behind a cursor, and leaves no child behind', async () => {
  const tag = `nd-test-${process.pid}-${Date.now()}`
  const say = (text: string): void => writeFileSync('/dev/kmsg', `<12>${tag} ${text}\n`)
  const mine = (texts: readonly string[]): string[] =>
    texts.filter((text) => text.startsWith(tag)).map((text) => text.slice(tag.length + 1))
  const first = follow('', { from: 'end' })
  await first.caughtUp()
  for (let i = 0; i < 300; i++) say(`line ${i}`)
  await expect.poll(() => mine(first.texts()).length, { interval: 5 }).toBe(300)
  expect(mine(first.texts())).toEqual(Array.from({ length: 300 }, (_, i) => `line ${i}`))
  const last = first.records().findLast(({ bytes }) => bytes.toString().startsWith(tag))!
  expect(last).toMatchObject({ facility: 1, level: 4 })
  expect(last.cursor.bootId).toBe(await createHost({ root: '' }).bootId())
  await first.end()

  say('while nobody listened')
  const second = follow('', { from: last.cursor })
  await second.caughtUp()
  say('and now')
  await expect.poll(() => mine(second.texts()), { interval: 5 }).toEqual(['while nobody listened', 'and now'])
  expect(second.lost()).toEqual([])
  const readers = await childrenNamed('cat')
  await second.end()
  for (const pid of readers) await expect.poll(() => processState(pid)).toMatch(/gone|Z|X/)
})

test.skipIf(!isOpen)(
  'follows what the real dmesg says: each line once, the first ones of the log among them',
  async () => {
    await using folder = await tempFolder()
    await writeTree(folder.path, { 'proc/sys/kernel/random/boot_id': BOOT })
    const tag = `nd-test-dmesg-${process.pid}-${Date.now()}`
    const heard = follow(folder.path, { from: 'start', askMs: 10 })
    await heard.caughtUp()
    const mine = (): string[] => heard.texts().filter((text) => text.startsWith(tag))
    for (const each of ['a', 'b', 'c']) {
      writeFileSync('/dev/kmsg', `<12>${tag} ${each}\n`)
      await expect.poll(() => mine().at(-1), { interval: 5 }).toBe(`${tag} ${each}`)
    }
    expect([mine(), heard.lost()]).toEqual([['a', 'b', 'c'].map((each) => `${tag} ${each}`), []])
    await heard.end()
    // The device has records: a line of each is the least.
    const device = follow('', { from: 'start' })
    await device.caughtUp()
    const oldest = device.records()[0]?.sinceBootUs ?? Number.NaN
    expect(heard.records()[0]?.sinceBootUs).toBeLessThanOrEqual(oldest)
  },
)

test.skipIf(!isOpen || whyNoMounts() !== '')('mounts that hang elsewhere do not keep the device closed', async () => {
  await using folder = await tempFolder()
  const host = createHost({ root: '' })
  await using mounts = new AsyncDisposableStack()
  for (const path of ['a', 'b'].map((name) => join(folder.path, name))) {
    mounts.use(await mountHung(path))
    await expect(host.files.readText(join(path, 'file'), { timeoutMs: 50 })).rejects.toThrow('TIMEOUT')
  }
  const heard = follow('', { from: 'start' }, host)
  await heard.caughtUp()
  expect(heard.records().at(-1)).toMatchObject({ sequence: expect.any(Number) as number })
  await heard.end()
})

async function childrenNamed(name: string): Promise<number[]> {
  const pids = (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8'))
    .trim()
    .split(' ')
    .map(Number)
  const names = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')))
  return pids.filter((_, i) => names[i]?.trim() === name)
}
