import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fakeClock } from '../../clock/testing.ts'
import { createHost } from '../host.ts'
import { tempFolder, writeTree } from '../testing.ts'
import { whyNoJournals, writeJournal } from './journal/testing-journal.ts'
import type { JournalRecord } from './journal/types.ts'
import { toKernelRecord } from './kernel-journal.ts'
import type { KernelCursor, KernelLogEvent, KernelRecord } from './types.ts'

const BOOT = '01234567-89ab-cdef-0123-456789abcdef'
const US = 1_700_000_000_000_000

const entry = (text: string, fields: Record<string, string>): JournalRecord => ({
  realtimeUs: US,
  monotonicUs: 1,
  bootId: BOOT,
  bytes: Buffer.from(text),
  cutBytes: 0,
  fields,
  cursor: { entry: '' },
})

test('an entry is the record that the device had', () => {
  const fields = {
    PRIORITY: '3',
    SYSLOG_FACILITY: '0',
    SYSLOG_IDENTIFIER: 'kernel',
    _KERNEL_DEVICE: '+pci:0000:00:1f.2',
    _KERNEL_SUBSYSTEM: 'pci',
    _SOURCE_MONOTONIC_TIMESTAMP: '1500',
  }
  expect(toKernelRecord(entry('a\\b\ttab ä', fields))).toEqual({
    facility: 0,
    level: 3,
    sequence: null,
    sinceBootUs: 1500,
    bytes: Buffer.from('a\\b\ttab ä'),
    fields: { SUBSYSTEM: 'pci', DEVICE: '+pci:0000:00:1f.2' },
    deviceText: Buffer.from('a\\x5cb\\x09tab \\xc3\\xa4\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:1f.2'),
  })
})

test('what a program wrote has its name in front again, and what has no time is no record', () => {
  const fields = {
    SYSLOG_FACILITY: '3',
    SYSLOG_IDENTIFIER: 'systemd',
    SYSLOG_PID: '1',
    _SOURCE_MONOTONIC_TIMESTAMP: '7',
  }
  expect(toKernelRecord(entry('Started a.', fields))?.bytes.toString()).toBe('systemd[1]: Started a.')
  expect(toKernelRecord(entry('x', { SYSLOG_FACILITY: '0' }))).toBeUndefined()
})

/** A machine whose dmesg is refused, as to a user without rights. */
async function closedMachine(folder: string): Promise<void> {
  await writeTree(folder, {
    'proc/sys/kernel/random/boot_id': BOOT,
    dmesg: '#!/bin/sh\necho "dmesg: read kernel buffer failed: Operation not permitted" >&2; exit 1\n',
  })
  await chmod(join(folder, 'dmesg'), 0o755)
  const path = process.env['PATH']
  process.env['PATH'] = `${folder}:${path}`
  onTestFinished(() => {
    process.env['PATH'] = path
  })
}

test.skipIf(whyNoJournals() !== '')(
  'a journal without a line of the kernel, such as one of a user alone, tells no kernel log',
  async () => {
    await using folder = await tempFolder()
    await closedMachine(folder.path)
    const own = { realtimeUs: US, fields: { MESSAGE: 'own', _TRANSPORT: 'journal' } }
    await writeJournal(join(folder.path, `/var/log/journal/${'a'.repeat(32)}/user-1000.journal`), [own])
    const stop = new AbortController()
    const { logs } = createHost({ root: folder.path })
    for await (const event of logs.kernelLog({ from: 'start', signal: stop.signal })) {
      expect(event).toMatchObject({
        kind: 'unreadable',
        error: { path: '/dev/kmsg', code: 'ENOENT' },
        isClosed: true,
      })
      break
    }
    stop.abort()
  },
)

test.skipIf(whyNoJournals() !== '')(
  'where device and dmesg are closed the kernel log goes on by the journal, behind whatever told it before',
  async () => {
    await using folder = await tempFolder()
    await closedMachine(folder.path)
    const kernel = (i: number, fields: Record<string, string>) => ({
      realtimeUs: US + i * 1_000_000,
      fields: { MESSAGE: `line ${i}`, PRIORITY: '4', SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel', ...fields },
    })
    const from = (i: number) => ({ _TRANSPORT: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: `${i * 1_000_000}` })
    const other = kernel(3, { _TRANSPORT: 'journal', _SOURCE_MONOTONIC_TIMESTAMP: '3000000' })
    const entries = [kernel(1, from(1)), kernel(2, from(2)), other, kernel(4, from(4))]
    await writeJournal(join(folder.path, `/var/log/journal/${'a'.repeat(32)}/system.journal`), entries)

    async function read(begin: 'start' | KernelCursor): Promise<KernelRecord[]> {
      const stop = new AbortController()
      const events: KernelLogEvent[] = []
      for await (const event of createHost({ root: folder.path }).logs.kernelLog({
        from: begin,
        signal: stop.signal,
      })) {
        events.push(event)
        if (event.kind !== 'records') break
      }
      stop.abort()
      expect(events.at(-1)?.kind).toBe('caught-up')
      return events.flatMap((event) => (event.kind === 'records' ? event.records : []))
    }
    const all = await read('start')
    expect(all.map(({ bytes }) => bytes.toString())).toEqual(['line 1', 'line 2', 'line 4'])
    expect(all[0]?.cursor).toEqual({ bootId: BOOT, sinceBootUs: 1_000_000, sequence: null })
    const behind = await read({ bootId: BOOT, sinceBootUs: 1_000_000, sequence: 4711 })
    expect(behind.map(({ bytes }) => bytes.toString())).toEqual(['line 2', 'line 4'])
  },
)

describe.skipIf(whyNoJournals() !== '')('where device and dmesg are closed', () => {
  const SYSTEM = `/var/log/journal/${'a'.repeat(32)}/system.journal`
  const kernelLine = {
    realtimeUs: US,
    fields: { MESSAGE: 'line', _TRANSPORT: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: '1000000' },
  }

  /** Follows it until a test has seen what it waits for. */
  async function* follow(root: string): AsyncGenerator<KernelLogEvent, undefined> {
    const stop = new AbortController()
    try {
      yield* createHost({ root }).logs.kernelLog({ from: 'start', signal: stop.signal })
    } finally {
      stop.abort()
    }
  }

  const HOUR_US = 3_600_000_000
  /** The second process of a machine, or of a container on it. */
  const second = (folder: string, name: string) =>
    writeTree(folder, { 'proc/2/stat': `2 (${name}) S 0 0 0 0 -1 1 1 1\n` })
  const byRoot = (sinceUs: number) => ({
    realtimeUs: US + sinceUs,
    fields: { MESSAGE: 'Started a unit.', _TRANSPORT: 'journal', _UID: '0' },
  })
  const TOLD = { kind: 'caught-up', cursor: undefined }
  const CLOSED = { kind: 'unreadable', isClosed: true }

  test("a system's journal whose lines of the kernel were vacuumed is read: its oldest entry is behind the boot's first minutes", async () => {
    await using folder = await tempFolder()
    await closedMachine(folder.path)
    await second(folder.path, 'kthreadd')
    await writeJournal(join(folder.path, SYSTEM), [byRoot(HOUR_US), byRoot(2 * HOUR_US)])
    expect((await follow(folder.path).next()).value).toEqual(TOLD)
  })

  test('one that has what root said since the boot, and no line of the kernel, is none that takes them', async () => {
    await using folder = await tempFolder()
    await closedMachine(folder.path)
    await second(folder.path, 'kthreadd')
    await writeJournal(join(folder.path, SYSTEM), [byRoot(1_000_000), byRoot(HOUR_US)])
    expect((await follow(folder.path).next()).value).toMatchObject(CLOSED)
  })

  test('one of a container, whenever it began, is none either', async () => {
    await using folder = await tempFolder()
    await closedMachine(folder.path)
    await second(folder.path, 'systemd-journal')
    await writeJournal(join(folder.path, SYSTEM), [byRoot(HOUR_US)])
    expect((await follow(folder.path).next()).value).toMatchObject(CLOSED)
  })

  test('one whose lines of the kernel are of an earlier boot is read', async () => {
    await using folder = await tempFolder()
    await closedMachine(folder.path)
    await writeTree(folder.path, { 'proc/sys/kernel/random/boot_id': '11111111-89ab-cdef-0123-456789abcdef' })
    await writeJournal(join(folder.path, SYSTEM), [kernelLine])
    expect((await follow(folder.path).next()).value).toEqual(TOLD)
  })

  /** A journalctl that fails as long as there is a file "broken". */
  async function breakableJournalctl(folder: string): Promise<{ mend(): Promise<void>; break(): Promise<void> }> {
    const broken = join(folder, 'broken')
    const real = '/usr/bin/journalctl'
    const script = `#!/bin/sh\nif [ -e ${broken} ]; then echo "Failed to map it: Input/output error" >&2; exit 1; fi\n${real} "$@" & child=$!\nwhile kill -0 $child 2>/dev/null && [ ! -e ${broken} ]; do sleep 0.05; done\n[ -e ${broken} ] || { wait $child; exit; }\nkill $child; echo "Failed to iterate: Input/output error" >&2; exit 1\n`
    await writeTree(folder, { journalctl: script })
    await chmod(join(folder, 'journalctl'), 0o755)
    return { mend: () => rm(broken), break: () => writeFile(broken, '') }
  }

  test('a journal that breaks is a broken log and no closed one, with its own error, and is read on', async () => {
    await using folder = await tempFolder()
    await closedMachine(folder.path)
    const journalctl = await breakableJournalctl(folder.path)
    await writeJournal(join(folder.path, SYSTEM), [kernelLine])
    await journalctl.break()
    const log = follow(folder.path)
    const failed = { path: '/var/log/journal', code: 'JOURNALCTL_FAILED' }
    const first = (await log.next()).value
    expect(first).toMatchObject({ kind: 'unreadable', error: failed })
    expect(first).not.toHaveProperty('isClosed')
    await journalctl.mend()
    expect((await log.next()).value).toMatchObject({ kind: 'records' })
    expect((await log.next()).value).toMatchObject({ kind: 'caught-up' })
    await journalctl.break()
    expect((await log.next()).value).toMatchObject({ kind: 'unreadable', error: failed })
    await journalctl.mend()
    expect((await log.next()).value).toMatchObject({ kind: 'caught-up' })
    await log.return(undefined)
  })

  test('a journal that goes after it was read is a broken log', async () => {
    await using folder = await tempFolder()
    await closedMachine(folder.path)
    const journalctl = await breakableJournalctl(folder.path)
    await writeJournal(join(folder.path, SYSTEM), [kernelLine])
    const log = follow(folder.path)
    expect((await log.next()).value).toMatchObject({ kind: 'records' })
    expect((await log.next()).value).toMatchObject({ kind: 'caught-up' })
    await rm(join(folder.path, '/var/log/journal'), { recursive: true })
    await journalctl.break()
    const isGone = (event: KernelLogEvent | undefined) => event?.kind === 'unreadable' && event.error.code === 'ENOENT'
    let told: KernelLogEvent | undefined
    while (!isGone(told)) {
      told = (await log.next()).value
      expect(told).toMatchObject({ kind: 'unreadable' })
      expect(told).not.toHaveProperty('isClosed')
    }
    await log.return(undefined)
  })

  test('a dmesg that fails after it was asked well is a broken log, and is asked again after 10 s', async () => {
    await using folder = await tempFolder()
    await closedMachine(folder.path)
    const isBroken = join(folder.path, 'broken')
    const script = `#!/bin/sh\n[ ! -e ${isBroken} ] && echo "<4>[    1.000000] line"\n`
    await writeFile(join(folder.path, 'dmesg'), script)
    const clock = fakeClock()
    const stop = new AbortController()
    const log = createHost({ root: folder.path, clock }).logs.kernelLog({
      from: 'start',
      signal: stop.signal,
      askMs: 10,
    })
    expect((await log.next()).value).toMatchObject({ kind: 'records' })
    expect((await log.next()).value).toMatchObject({ kind: 'caught-up' })
    await writeFile(isBroken, '')
    const next = log.next()
    await clock.advance(10)
    const told = (await next).value
    expect(told).toMatchObject({ kind: 'unreadable', error: { path: 'dmesg', code: 'DMESG_FAILED' } })
    expect(told).not.toHaveProperty('isClosed')
    await rm(isBroken)
    const again = log.next()
    await clock.advance(10_000)
    expect((await again).value).toMatchObject({ kind: 'caught-up' })
    stop.abort()
  })
})
