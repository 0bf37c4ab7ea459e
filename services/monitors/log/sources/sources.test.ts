import { appendFile, copyFile, mkdir, rename, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createHost, HostReadError, type JournalEvent, type KernelLogEvent } from '#host'
import { handClock } from '#monitor-kit/testing'
import { recordKernelLog } from '../../../../libs/host/logs/testing-recorded.ts'
import { tempFolder } from '../../../../libs/host/testing.ts'
import { createFileSource, type FileSourceOptions } from './file.ts'
import { createJournalSource } from './journal.ts'
import { createKernelLogSource } from './kmsg.ts'
import { createLineFormat } from './line-format.ts'
import { createSkipList } from './skip-list.ts'
import type { LogLine, LogSource, SourceEvent } from './types.ts'

const ends: (() => unknown)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

async function folder(): Promise<string> {
  const temp = await tempFolder()
  ends.push(() => temp[Symbol.asyncDispose]())
  return temp.path
}

/** Events one after another, for as long as the test goes on. */
function following(source: LogSource, from?: unknown) {
  const stop = new AbortController()
  const events = source.follow({ from, signal: stop.signal })[Symbol.asyncIterator]()
  // What nobody reads on has its files open until it is told that nobody does.
  ends.unshift(async () => {
    stop.abort()
    await events.return?.()
  })
  async function next(kind?: SourceEvent['kind']): Promise<SourceEvent> {
    for (;;) {
      const { value, done } = await events.next()
      if (done === true) throw new Error('it has ended')
      if (kind === undefined || value.kind === kind) return value
    }
  }
  return {
    next,
    /** So many lines. */
    async lines(count: number): Promise<LogLine[]> {
      const lines: LogLine[] = []
      while (lines.length < count) {
        const event = await next('lines')
        if (event.kind === 'lines') lines.push(...event.lines)
      }
      return lines
    },
  }
}

const texts = (lines: readonly LogLine[]) => lines.map(({ bytes }) => bytes.toString())

describe('the kernel log', () => {
  const bootTime = new Date('2026-11-29T00:00:00Z')

  it('has the times of the kernel, what drivers say beside the text, and nothing of empty records', async () => {
    const root = await folder()
    const kernel = await recordKernelLog(root)
    await kernel.say({
      atMs: 1500,
      text: '  eth0: Link is Down  ',
      fields: { SUBSYSTEM: 'pci', DEVICE: '+pci:0000:00:03.0' },
    })
    await kernel.say({ atMs: 1600, text: '   ' })
    await kernel.say({ atMs: 1700, text: 'a\nb' })
    const { logs } = createHost({ root })
    const [link, escaped] = await following(createKernelLogSource({ logs, bootTime })).lines(2)
    expect(link).toEqual({
      bytes: Buffer.from('eth0: Link is Down'),
      at: new Date('2026-11-29T00:00:01.500Z'),
      key: `${kernel.bootId} 0`,
      cursor: { bootId: kernel.bootId, sinceBootUs: 1_500_000, sequence: 0 },
      alternate: Buffer.from('eth0: Link is Down  \n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:03.0'),
      fields: { SUBSYSTEM: 'pci', DEVICE: '+pci:0000:00:03.0' },
    })
    expect([escaped?.bytes.toString(), escaped?.alternate?.toString()]).toEqual(['a\nb', 'a\\x0ab'])
  })

  it('is what the kernel says where that is asked for: what a program wrote into it is passed by, and not read again', async () => {
    const root = await folder()
    const kernel = await recordKernelLog(root)
    await kernel.say({ atMs: 1, text: 'EXT4-fs error (device sda1): of the kernel' })
    await kernel.say({ atMs: 2, text: 'EXT4-fs error (device sdz1): of a program', level: 2, facility: 1 })
    await kernel.say({ atMs: 3, text: 'systemd[1]: of a service', facility: 3 })
    await kernel.say({ atMs: 4, text: 'of the kernel again' })
    const { logs } = createHost({ root })
    const all = await following(createKernelLogSource({ logs, bootTime })).lines(4)
    expect(all).toHaveLength(4)
    const source = createKernelLogSource({ logs, bootTime, isKernelOnly: true })
    expect(texts(await following(source).lines(2))).toEqual([
      'EXT4-fs error (device sda1): of the kernel',
      'of the kernel again',
    ])
    const behind = following(source, JSON.parse(JSON.stringify(all[0]?.cursor)))
    expect(texts(await behind.lines(1))).toEqual(['of the kernel again'])
  })

  it.each([
    [
      'EPERM',
      true,
      "the kernel's log is closed to this process: /dev/kmsg (EPERM), dmesg and the journal; run it as root or in the group systemd-journal, or give its container the node's journals or /dev/kmsg",
    ],
    ['EIO', undefined, 'cannot open /dev/kmsg: EIO; see the code'],
    [
      'ENOENT',
      undefined,
      'cannot open /dev/kmsg: ENOENT; check the path, and that settings.hostRoot names where the host is mounted',
    ],
  ])('says of what may not be read what to do, and of what fails why: %s', async (code, isClosed, reason) => {
    const error = new HostReadError({ action: 'open', path: '/dev/kmsg', code })
    async function* kernelLog() {
      yield { kind: 'unreadable', error, ...(isClosed === undefined ? {} : { isClosed }) } as const
    }
    const told = await following(createKernelLogSource({ logs: { kernelLog }, bootTime })).next()
    expect(told).toEqual({ kind: 'unreadable', reason, isClosed })
  })

  it('goes on behind a cursor, counts what was overwritten, and takes what is no cursor for none', async () => {
    const root = await folder()
    const kernel = await recordKernelLog(root)
    for (const text of ['one', 'two']) await kernel.say({ atMs: 1, text })
    const { logs } = createHost({ root })
    const source = createKernelLogSource({ logs, bootTime, isSkipped: createSkipList(['noise']) })
    const [one] = await following(source).lines(2)
    kernel.lose(4)
    await kernel.say({ atMs: 2, text: 'noise' })
    await kernel.say({ atMs: 2, text: 'three' })
    const on = following(source, JSON.parse(JSON.stringify(one?.cursor)))
    expect(texts(await on.lines(1))).toEqual(['two'])
    expect(await on.next('lost')).toMatchObject({ count: 4 })
    expect(texts(await on.lines(1))).toEqual(['three'])
    for (const from of [5, { bootId: 1 }, { inode: '1', offset: 2 }]) {
      expect(texts(await following(source, from).lines(2))).toEqual(['one', 'two'])
    }
  })

  it('says of what is lost what became of it: overwritten, or as the journal has it', async () => {
    async function* kernelLog(): AsyncGenerator<KernelLogEvent, undefined> {
      yield { kind: 'lost', count: 2 }
      yield { kind: 'lost', count: undefined, why: 'vacuumed' }
      await Promise.resolve()
    }
    const log = following(createKernelLogSource({ logs: { kernelLog }, bootTime }))
    expect(await log.next()).toMatchObject({ count: 2, why: 'overwritten before they were read' })
    expect(await log.next()).toMatchObject({ why: 'the entry that was read last is not in the journal any more' })
  })
})

function syslogTime(date: Date): string {
  const [, month, day, , time] = date.toString().split(' ')
  return `${month} ${String(Number(day)).padStart(2)} ${time}`
}

describe('a line of a file', () => {
  const syslog = {
    timestamp: '^(\\w{3} [ \\d]\\d .{8})',
    message: 'kernel: (\\[.*\\] )?(.*)',
    timestampFormat: 'Jan _2 15:04:05',
  }
  const read = (text: string, now: Date, more = {}) =>
    createLineFormat({ ...syslog, ...more }).read(Buffer.from(text), now)

  it('has its time and its message from the last group of each expression', () => {
    const line = read('Nov 29 08:09:10 node1 kernel: [  1.5] eth0 is down', new Date(2026, 10, 30))
    expect(line).toEqual({ at: new Date(2026, 10, 29, 8, 9, 10), message: Buffer.from('eth0 is down') })
    expect(read('kernel: without time', new Date())).toBeUndefined()
    expect(read('Nov 29 08:09:10 node1 sshd: no message', new Date())).toBeUndefined()
    expect(read('Nov 99 08:09:10 kernel: x', new Date())).toBeUndefined()
    expect(read('Nov 29 08:09:10 kernel: x', new Date(2026, 10, 30), { timestamp: '' })).toBeUndefined()
  })

  it('without a year is of the nearest one, over the turn of the year and both ways', () => {
    const december = 'Dec 31 23:59:59 kernel: x'
    expect(read(december, new Date(2027, 0, 1))?.at).toEqual(new Date(2026, 11, 31, 23, 59, 59))
    expect(read('Jan  1 00:00:01 kernel: x', new Date(2026, 11, 31, 23, 59))?.at).toEqual(new Date(2027, 0, 1, 0, 0, 1))
    expect(read(december, new Date(2027, 0, 1), { isYearOfNow: true })?.at).toEqual(new Date(2027, 11, 31, 23, 59, 59))
  })

  it('has the time that it would have alone, whatever the line before it said, and whenever that was read', () => {
    const second = fc.integer({ min: 0, max: 3 }).map((add) => new Date(2027, 11, 31, 23, 59, 58 + add))
    const said = fc.oneof(
      second.map(syslogTime),
      fc.constantFrom('Feb 29 00:00:00', 'Feb 30 00:00:00', 'no time at all.'),
    )
    const now = fc.oneof(second, fc.constantFrom(new Date(2028, 5, 30), new Date(2028, 6, 2), new Date(2024, 1, 29)))
    fc.assert(
      fc.property(fc.array(fc.tuple(said, now), { minLength: 2 }), fc.boolean(), (lines, isYearOfNow) => {
        const format = createLineFormat({ ...syslog, isYearOfNow })
        for (const [text, at] of lines) {
          const line = `${text} kernel: x`
          expect(format.read(Buffer.from(line), at)).toEqual(read(line, at, { isYearOfNow }))
        }
      }),
    )
  })

  it('keeps its bytes where they are no UTF-8', () => {
    const line = Buffer.concat([Buffer.from('Nov 29 08:09:10 kernel: a'), Buffer.from([0xff, 0x62])])
    const said = createLineFormat(syslog).read(line, new Date(2026, 10, 30))
    expect(said?.message).toEqual(Buffer.from([0x61, 0xff, 0x62]))
  })
})

describe('a file', () => {
  const format = { read: (line: Buffer) => ({ at: new Date(0), message: line }) }

  async function file(more: Partial<FileSourceOptions> = {}) {
    const root = await folder()
    await mkdir(join(root, 'var/log'), { recursive: true })
    const path = join(root, 'var/log/kern.log')
    const source = createFileSource({
      logs: createHost({ root }).logs,
      clock: handClock(),
      path: '/var/log/kern.log',
      format,
      isSkipped: createSkipList(['audit']),
      ...more,
    })
    return { path, source }
  }

  it('is followed as logrotate renames it, and as it copies and empties it', async () => {
    const { path, source } = await file()
    await appendFile(path, 'one\naudit: two\nthree\n')
    const log = following(source)
    expect(texts(await log.lines(2))).toEqual(['one', 'three'])
    await rename(path, `${path}.1`)
    await appendFile(`${path}.1`, 'late\n')
    await appendFile(path, 'four\n')
    expect(texts(await log.lines(2))).toEqual(['late', 'four'])
    await log.next('caught-up')
    await copyFile(path, `${path}.2`)
    await truncate(path)
    await appendFile(path, 'five, in a new file\n')
    const [five] = await log.lines(1)
    expect(five?.bytes.toString()).toBe('five, in a new file')
    await appendFile(path, 'six\n')
    const on = following(source, JSON.parse(JSON.stringify(five?.cursor)))
    const [six] = await on.lines(1)
    expect([six?.bytes.toString(), six?.key === five?.key]).toEqual(['six', false])
  })

  it.each([
    [true, ['one', 'three']],
    [false, ['one', 'half of a', 'three']],
  ])('tells a line that never ended, where not only whole ones count (%s)', async (isWholeOnly, expected) => {
    const { path, source } = await file({ isWholeOnly })
    await appendFile(path, 'one\nhalf of a')
    const log = following(source)
    await log.next('caught-up')
    await rename(path, `${path}.1`)
    await appendFile(path, 'three\n')
    expect(['one', ...texts(await log.lines(expected.length - 1))]).toEqual(expected)
  })

  it('is there where its last line began in the copy that it was emptied into', async () => {
    const { path, source } = await file()
    await appendFile(path, 'one\nhal')
    const log = following(source)
    await log.next('caught-up')
    await copyFile(path, `${path}.1`)
    await truncate(path)
    expect(await log.next()).toMatchObject({ kind: 'caught-up', cursor: { offset: 4 } })
    await appendFile(path, 'f\n')
    expect(texts(await log.lines(1))).toEqual(['half'])
  })

  it.each([
    [true, 'one\r'],
    [false, 'one'],
  ])('has a line’s "\\r" where it is asked for (%s)', async (keepsReturn, expected) => {
    const { path, source } = await file({ keepsReturn })
    await appendFile(path, 'one\r\n')
    expect(texts(await following(source).lines(1))).toEqual([expected])
  })

  it('tells a line that was cut, and that it is not there, once', async () => {
    const { path, source } = await file()
    const log = following(source)
    expect(await log.next()).toMatchObject({
      kind: 'unreadable',
      reason: expect.stringContaining('no such file') as string,
    })
    await appendFile(path, `${'x'.repeat(70_000)}\n`)
    const [line] = await log.lines(1)
    expect([line?.bytes.length, line?.cutBytes]).toEqual([65_536, 70_000 - 65_536])
  })
})

describe('the journal', () => {
  const since = new Date('2026-11-29T00:00:00Z')
  const record = {
    realtimeUs: 1_796_000_000_123_456,
    monotonicUs: 5,
    bootId: 'b',
    bytes: Buffer.from(' Started kubelet \n'),
    cutBytes: 0,
    fields: { _PID: '1' },
    cursor: { entry: 's=1;i=2' },
  }

  it('is asked for the messages of one identifier, from the start or behind a cursor', async () => {
    const asked: unknown[] = []
    const logs = {
      async *journal({ signal: _, ...options }: object & { signal: AbortSignal }): AsyncGenerator<JournalEvent> {
        asked.push(options)
        yield { kind: 'records', records: [record] }
        yield { kind: 'lost', count: undefined, why: 'vacuumed' }
      },
    }
    const source = createJournalSource({
      logs,
      matches: [{ SYSLOG_IDENTIFIER: 'kubelet' }],
      directory: '/var/log/journal',
      since,
    })
    const log = following(source)
    expect(await log.lines(1)).toEqual([
      {
        bytes: Buffer.from('Started kubelet'),
        at: new Date(1_796_000_000_123),
        key: 's=1;i=2',
        cursor: { entry: 's=1;i=2' },
        fields: { _PID: '1' },
      },
    ])
    expect(await log.next()).toMatchObject({ kind: 'lost', count: undefined })
    await following(source, { entry: 's=1;i=2' }).lines(1)
    const common = { matches: [{ SYSLOG_IDENTIFIER: 'kubelet' }], directory: '/var/log/journal' }
    expect(asked).toEqual([
      { ...common, from: { sinceRealtimeUs: since.getTime() * 1000 } },
      { ...common, from: { entry: 's=1;i=2' } },
    ])
  })

  it('cannot be read where nobody reads journals', async () => {
    const source = createJournalSource({ logs: {}, matches: [], directory: '', since })
    expect(await following(source).next()).toMatchObject({ kind: 'unreadable' })
  })
})
