import { execFileSync } from 'node:child_process'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../../host.ts'
import { createPrograms } from '../../programs/programs.ts'
import { processState, run, tempFolder } from '../../testing.ts'
import { followInTest } from './testing-follow.ts'
import {
  type Fields,
  journalFiles,
  startJournald,
  type WrittenEntry,
  whyNoJournals,
  writeJournal,
} from './testing-journal.ts'

const reason = whyNoJournals()
const OURS = [{ SYSLOG_IDENTIFIER: 'nd' }]
const said = (text: string, more: Fields = {}): Fields => ({ MESSAGE: text, SYSLOG_IDENTIFIER: 'nd', ...more })
const START_US = 1_700_000_000_000_000
const MACHINE = 'abcdefabcdefabcdefabcdefabcdefab'
const FILE = `/var/log/journal/${MACHINE}/system.journal`

async function temp(): Promise<string> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder.path
}

/** A machine with a journald. */
async function machine(storage: 'volatile' | 'persistent' | 'auto' = 'persistent') {
  const root = await temp()
  const journald = await startJournald(root, storage)
  onTestFinished(() => journald[Symbol.asyncDispose]())
  return { root, journald }
}

/** Entries a millisecond apart. */
function entries(count: number, of: (i: number) => Fields = (i) => said(`line ${i}`)): WrittenEntry[] {
  return Array.from({ length: count }, (_, i) => ({ realtimeUs: START_US + i * 1_000, fields: of(i) }))
}

describe.skipIf(reason !== '')(`with a journald ${reason}`, () => {
  test('tells an entry with its time, its boot, its fields and the bytes of its message, and goes on as they come', async () => {
    const { root, journald } = await machine()
    const bytes = Buffer.from('two\nlines, \0 and \xff', 'latin1')
    await journald.say(said('one', { PRIORITY: '3' }), { ...said(''), MESSAGE: bytes })
    const before = Date.now()
    const heard = followInTest(root, { from: 'start', matches: OURS })
    await heard.caughtUp()
    const [first, second] = heard.records()
    expect(first).toMatchObject({
      bytes: Buffer.from('one'),
      cutBytes: 0,
      bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
      fields: { PRIORITY: '3', SYSLOG_IDENTIFIER: 'nd', _TRANSPORT: 'journal' },
    })
    expect(Math.abs(before - first!.realtimeUs / 1_000)).toBeLessThan(10_000)
    expect(second?.bytes).toEqual(bytes)

    await journald.say({ SYSLOG_IDENTIFIER: 'nd', PRIORITY: '4' }, said('other', { SYSLOG_IDENTIFIER: 'other' }))
    await expect.poll(heard.texts, { interval: 5 }).toEqual(['one', bytes.toString(), ''])
    await journald.say(said('last'))
    await expect.poll(heard.texts, { interval: 5 }).toEqual(['one', bytes.toString(), '', 'last'])
    expect(heard.lost()).toEqual([])
  })

  test.for(['volatile', 'persistent'] as const)(
    'goes on over rotations, also of a journal that is %s',
    async (storage) => {
      const { root, journald } = await machine(storage)
      const heard = followInTest(root, { from: 'end', matches: OURS })
      await heard.caughtUp()
      for (const text of ['a', 'b', 'c']) {
        await journald.say(said(text))
        await journald.rotate()
      }
      await journald.say(said('d'))
      await expect.poll(heard.texts, { interval: 5, timeout: 5_000 }).toEqual(['a', 'b', 'c', 'd'])
      expect(heard.lost()).toEqual([])
    },
  )

  test('goes on behind a cursor, whether of an entry or of an end where none was told', async () => {
    const { root, journald } = await machine()
    await journald.say(said('before'))
    const first = followInTest(root, { from: 'end', matches: OURS })
    await first.caughtUp()
    await first.end()
    await journald.say(said('a'), said('other', { SYSLOG_IDENTIFIER: 'other' }), said('b'))
    const second = followInTest(root, { from: first.cursor()!, matches: OURS })
    await second.caughtUp()
    await second.end()
    const third = followInTest(root, { from: second.records()[0]!.cursor, matches: OURS })
    await third.caughtUp()
    expect([first.texts(), second.texts(), third.texts()]).toEqual([[], ['a', 'b'], ['b']])
    expect([...second.lost(), ...third.lost()]).toEqual([])
  })

  test('an entry that was copied to where the journal is kept is known again, also while it is followed', async () => {
    const { root, journald } = await machine('auto')
    await journald.say(said('a'), said('b'))
    const heard = followInTest(root, { from: 'start', matches: OURS })
    await heard.caughtUp()
    await journald.flush()
    await journald.say(said('c'))
    await expect.poll(heard.texts, { interval: 5, timeout: 5_000 }).toEqual(['a', 'b', 'c'])
    const second = followInTest(root, { from: heard.records()[0]!.cursor, matches: OURS })
    await second.caughtUp()
    expect([second.lost(), second.texts()]).toEqual([[], ['b', 'c']])
  })

  test('says that something may be lost where the entry of its cursor was removed', async () => {
    const { root, journald } = await machine()
    await journald.say(said('a'), said('b'))
    const first = followInTest(root, { from: 'start', matches: OURS })
    await first.caughtUp()
    await first.end()
    await journald.say(said('c'))
    await journald.rotate()
    await run('journalctl', `--root=${root}`, '--vacuum-size=1')
    await journald.say(said('d'))
    const second = followInTest(root, { from: first.cursor()!, matches: OURS })
    await second.caughtUp()
    expect(second.events.map(({ kind }) => kind)).toEqual(['lost', 'records', 'caught-up'])
    expect([second.lost(), second.texts()]).toEqual([['vacuumed'], ['d']])
    await second.end()
    const third = followInTest(root, { from: second.cursor()!, matches: OURS })
    await third.caughtUp()
    expect([third.lost(), third.texts()]).toEqual([[], []])
  })

  test('in silence it asks anew, so that its cursor does not age behind what does not concern it', async () => {
    const { root, journald } = await machine()
    const clock = systemClock()
    const soon = { ...clock, after: (ms: number, act: () => void) => clock.after(ms === 600_000 ? 50 : ms, act) }
    const host = createHost({ root, clock: soon, programs: createPrograms(root, clock) })
    const heard = followInTest(root, { from: 'end', matches: OURS }, host)
    await heard.caughtUp()
    const before = heard.cursor()
    await journald.say(said('other', { SYSLOG_IDENTIFIER: 'other' }))
    await expect.poll(heard.cursor, { interval: 5, timeout: 10_000 }).not.toEqual(before)
    await journald.say(said('ours'))
    await expect.poll(heard.texts, { interval: 5, timeout: 5_000 }).toEqual(['ours'])
    expect(heard.lost()).toEqual([])
  })
})

describe.skipIf(reason !== '')(`with journals that were written elsewhere ${reason}`, () => {
  test.for(['plain', 'compact'] as const)(
    'reads those of another machine (%s), its large entries compressed',
    async (kind) => {
      const root = await temp()
      const large = 'x'.repeat(100_000)
      await writeJournal(
        join(root, FILE),
        entries(3, (i) => said(i === 1 ? large : `line ${i}`)),
        kind,
      )
      const heard = followInTest(root, { from: 'start', directory: '/var/log/journal' })
      await heard.caughtUp()
      expect(heard.texts()).toEqual(['line 0', large.slice(0, 65_536), 'line 2'])
      expect(heard.records().map(({ cutBytes }) => cutBytes)).toEqual([0, 100_000 - 65_536, 0])
      expect(heard.records()[2]).toMatchObject({
        realtimeUs: START_US + 2_000,
        bootId: '01234567-89ab-cdef-0123-456789abcdef',
      })
    },
  )

  test('filters by identifier, unit and transport, from a time on, with the fields that are asked for', async () => {
    const root = await temp()
    const of = (i: number): Fields => ({
      ...said(`${i}`, { SYSLOG_IDENTIFIER: ['kubelet', 'containerd', 'kernel'][i % 3]! }),
      _SYSTEMD_UNIT: i % 2 === 0 ? 'kubelet.service' : 'other.service',
      _TRANSPORT: i % 3 === 2 ? 'kernel' : 'journal',
      _UDEV_SYSNAME: 'eth0',
    })
    await writeJournal(join(root, FILE), entries(12, of))
    async function texts(options: Partial<Parameters<typeof followInTest>[1]>): Promise<string[]> {
      const heard = followInTest(root, { from: 'start', ...options })
      await heard.caughtUp()
      await heard.end()
      return heard.texts()
    }
    expect(await texts({ matches: [{ SYSLOG_IDENTIFIER: 'kubelet' }] })).toEqual(['0', '3', '6', '9'])
    expect(
      await texts({ matches: [{ _SYSTEMD_UNIT: 'kubelet.service', SYSLOG_IDENTIFIER: ['kubelet', 'kernel'] }] }),
    ).toEqual(['0', '2', '6', '8'])
    expect(await texts({ matches: [{ _TRANSPORT: 'kernel' }, { SYSLOG_IDENTIFIER: 'kubelet' }] })).toHaveLength(8)
    expect(await texts({ from: { sinceRealtimeUs: START_US + 9_001 } })).toEqual(['10', '11'])
    const heard = followInTest(root, { from: 'start', fields: ['_UDEV_SYSNAME', 'NOT_THERE'] })
    await heard.caughtUp()
    expect(heard.records()[0]?.fields).toEqual({ _UDEV_SYSNAME: 'eth0' })
  })

  test('what is in a damaged file is told as lost, once, and the rest is read', async () => {
    const root = await temp()
    await writeJournal(join(root, FILE), entries(3))
    const other = join(root, `/var/log/journal/${MACHINE}/other.journal`)
    await writeJournal(other, entries(3))
    await truncate(other, 100_000)
    const heard = followInTest(root, { from: 'start' })
    await heard.caughtUp()
    expect([heard.lost(), heard.texts()]).toEqual([['damaged'], ['line 0', 'line 1', 'line 2']])
  })

  test('entries whose bytes are damaged are told as lost, and those around them are read', async () => {
    const root = await temp()
    const path = join(root, FILE)
    await writeJournal(path, entries(1_000))
    const bytes = await readFile(path)
    const used = bytes.findLastIndex((byte) => byte !== 0)
    bytes.fill(0xa5, used - 2_000, used - 1_000)
    await writeFile(path, bytes)
    const heard = followInTest(root, { from: 'start' })
    await heard.caughtUp()
    expect(heard.lost()).toEqual(['damaged'])
    expect(heard.texts().length).toBeGreaterThan(900)
    expect(heard.texts().at(-1)).toBe('line 999')
  })

  test('a journal of which no file can be read is unreadable, with what journalctl says', async () => {
    const root = await temp()
    const path = join(root, FILE)
    await writeJournal(path, entries(1))
    const bytes = await readFile(path)
    bytes.writeUInt32LE(0xff_ff_ff_ff, 12)
    await writeFile(path, bytes)
    const heard = followInTest(root, { from: 'start' })
    await expect.poll(() => heard.events.length, { interval: 5 }).toBe(1)
    expect(heard.events).toMatchObject([{ kind: 'unreadable', error: { code: 'JOURNALCTL_FAILED' } }])
    expect(String(heard.events[0]?.kind === 'unreadable' && heard.events[0].error.message)).toBe(
      `cannot follow /var/log/journal: JOURNALCTL_FAILED (Journal file ${path} uses an unsupported feature, ignoring file.); run journalctl there to see why`,
    )
  })

  test('a cursor that says nothing, or of another journal, is lost, and all is told', async () => {
    const root = await temp()
    await writeJournal(join(root, FILE), entries(2))
    const id = 'a'.repeat(32)
    for (const entry of ['rubbish', `s=${id};i=1;b=${id};m=1;t=ffffffffffffff;x=1`]) {
      const heard = followInTest(root, { from: { entry } })
      await heard.caughtUp()
      expect([heard.lost(), heard.texts()]).toEqual([['vacuumed'], ['line 0', 'line 1']])
      await heard.end()
    }
  })

  test('who does not ask stops the reading; one that is killed meanwhile loses nothing and tells nothing twice', async () => {
    const root = await temp()
    const count = 30_000
    await writeJournal(join(root, FILE), entries(count))
    const stop = new AbortController()
    const texts: string[] = []
    const kinds: string[] = []
    let isKilled = false
    for await (const event of createHost({ root }).logs.journal({ from: 'start', signal: stop.signal })) {
      if (event.kind !== 'records') kinds.push(event.kind)
      if (event.kind === 'caught-up') break
      if (event.kind !== 'records') continue
      texts.push(...event.records.map(({ bytes }) => bytes.toString()))
      if (isKilled) continue
      isKilled = true
      const [pid] = journalctls(root)
      await expect.poll(() => processState(pid!), { interval: 20 }).toBe('S')
      const io = await readFile(`/proc/${pid}/io`, 'utf8')
      expect(Number(/wchar: (\d+)/.exec(io)?.[1])).toBeLessThan(1_000_000)
      process.kill(pid!, 'SIGKILL')
    }
    stop.abort()
    expect(kinds).toEqual(['unreadable', 'caught-up'])
    expect(texts).toHaveLength(count)
    expect(texts.every((text, i) => text === `line ${i}`)).toBe(true)
    await expect.poll(() => journalctls(root), { interval: 5 }).toEqual([])
  })

  test('who asks again after long is told where entries have gone meanwhile', async () => {
    const root = await temp()
    await writeJournal(join(root, FILE), entries(3))
    const clock = systemClock()
    let aheadMs = 0
    const ahead = { ...clock, monotonicMs: () => clock.monotonicMs() + aheadMs }
    const host = createHost({ root, clock: ahead, programs: createPrograms(root, clock) })
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    const kinds: string[] = []
    for await (const event of host.logs.journal({ from: 'end', signal: stop.signal })) {
      kinds.push(event.kind)
      if (kinds.length === 1) {
        const later = entries(2).map((entry) => ({ ...entry, realtimeUs: entry.realtimeUs + 1_000_000 }))
        await writeJournal(join(root, `/var/log/journal/${MACHINE}/later.journal`), later)
      }
      if (event.kind === 'records' && aheadMs === 0) {
        aheadMs = 61_000
        for (const file of await journalFiles(root)) await run('rm', join(root, file))
        const last = entries(1).map((entry) => ({ ...entry, realtimeUs: entry.realtimeUs + 2_000_000 }))
        await writeJournal(join(root, FILE), last)
      } else if (event.kind === 'records') break
    }
    expect(kinds).toEqual(['caught-up', 'records', 'lost', 'records'])
  })
})

/** The journalctls that read below a root. */
function journalctls(root: string): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines
    .filter((line) => / journalctl .*--merge/.test(line) && line.includes(root))
    .map((line) => Number.parseInt(line, 10))
}

describe('where it cannot be read', () => {
  /** A journalctl of the test's own. */
  async function withJournalctl(script: string): Promise<string> {
    const folder = await temp()
    await writeFile(`${folder}/journalctl`, `#!/bin/sh\necho "$@" >> ${folder}/calls\n${script}\n`, { mode: 0o755 })
    const path = process.env['PATH']
    process.env['PATH'] = `${folder}:${path}`
    onTestFinished(() => {
      process.env['PATH'] = path
    })
    await run('mkdir', '-p', `${folder}/var/log/journal`)
    return folder
  }
  const calls = async (folder: string): Promise<number> =>
    (await readFile(`${folder}/calls`, 'utf8')).split('\n').length - 1

  test('no journalctl is told once, with what to do', async () => {
    const root = await temp()
    await run('mkdir', '-p', `${root}/var/log/journal`)
    const path = process.env['PATH']
    process.env['PATH'] = '/nonexistent'
    const heard = followInTest(root, { from: 'start' })
    await expect
      .poll(() => heard.events.length, { interval: 5 })
      .toBe(1)
      .finally(() => {
        process.env['PATH'] = path
      })
    const [event] = heard.events
    expect(event?.kind === 'unreadable' && event.error.message).toBe(
      'cannot follow /var/log/journal: NO_JOURNALCTL; install journalctl (Debian: systemd)',
    )
  })

  test.each(['no folder', 'an empty folder'])(
    'no journal (%s) is told once, and one that comes is read',
    async (what) => {
      const root = await temp()
      if (what === 'an empty folder') await run('mkdir', '-p', `${root}/var/log/journal`)
      const clock = systemClock()
      const soon = { ...clock, after: (ms: number, act: () => void) => clock.after(Math.min(ms, 50), act) }
      const host = createHost({ root, clock: soon, programs: createPrograms(root, clock) })
      const heard = followInTest(root, { from: 'start' }, host)
      await expect.poll(() => heard.events.length, { interval: 5 }).toBe(1)
      expect(heard.events).toMatchObject([{ kind: 'unreadable', error: { code: 'ENOENT' } }])
      if (reason !== '') return
      await writeJournal(join(root, FILE), entries(1))
      await expect.poll(heard.texts, { interval: 5, timeout: 10_000 }).toEqual(['line 0'])
      expect(heard.events.filter(({ kind }) => kind === 'unreadable')).toHaveLength(1)
    },
  )

  test('one that fails, or ends when it should follow, is asked again later and later', async () => {
    for (const script of ['echo "Failed to do it: I/O error" >&2; exit 1', 'echo "File /a added." >&2; exit 0']) {
      const folder = await withJournalctl(script)
      const waits: number[] = []
      const clock = systemClock()
      const noted = {
        ...clock,
        after(ms: number, act: () => void) {
          // Only what is left to chance is no whole number.
          if (Number.isInteger(ms)) return clock.after(ms, act)
          waits.push(ms)
          return clock.after(1, act)
        },
      }
      const host = createHost({ root: folder, clock: noted, programs: createPrograms(folder, clock) })
      const heard = followInTest(folder, { from: 'end' }, host)
      await expect.poll(() => waits.length, { interval: 5, timeout: 10_000 }).toBeGreaterThanOrEqual(4)
      await heard.end()
      expect(waits[3]).toBeGreaterThanOrEqual(4_000)
      expect(await calls(folder)).toBeLessThan(25)
      expect(heard.events.find(({ kind }) => kind === 'unreadable')).toMatchObject({
        error: { code: 'JOURNALCTL_FAILED' },
      })
    }
  })

  test('a relative folder and impossible matches are refused at once', () => {
    const { logs } = createHost({ root: '' })
    const options = { from: 'start', signal: AbortSignal.abort() } as const
    expect(() => logs.journal({ ...options, directory: 'a' })).toThrow('the path "a" is not absolute')
    expect(() => logs.journal({ ...options, matches: [{ a: '1' }] })).toThrow('"a" is no name of a field')
  })
})
