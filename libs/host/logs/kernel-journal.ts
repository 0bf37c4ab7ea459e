/** The kernel's log as the journal keeps it: where neither the device nor dmesg may be read. */

import { readFile } from 'node:fs/promises'
import { followJournal, hasJournalEntry, oldestEntry } from './journal/journal.ts'
import type { JournalMatch, JournalRecord } from './journal/types.ts'
import { goBy, type KernelDoor, type KernelReading, place } from './kernel-reading.ts'
import type { ParsedRecord } from './kernel-record.ts'
import type { KernelLogEvent, KernelLogOptions } from './types.ts'

/** How often device and dmesg are tried while the journal is followed. */
const JOURNAL_MS = 600_000
/** What of an entry makes a record of the kernel's log (systemd.journal-fields(7)). */
const KERNEL_JOURNAL_FIELDS = [
  'PRIORITY',
  'SYSLOG_FACILITY',
  'SYSLOG_IDENTIFIER',
  'SYSLOG_PID',
  '_KERNEL_DEVICE',
  '_KERNEL_SUBSYSTEM',
  '_SOURCE_MONOTONIC_TIMESTAMP',
] as const
/** There is none, it may not be read, or there is nothing to read it with. What else fails is broken. */
const CLOSED = ['ENOENT', 'EACCES', 'NO_JOURNALCTL']
/** What proves that journald takes what the kernel says, whenever it was. */
const OF_KERNEL: readonly JournalMatch[] = [{ _TRANSPORT: 'kernel' }]
/** A boot's first lines, of which the kernel's are most, are written within this. */
const FIRST_LINES_MS = 300_000
/** The kernel's lines of one boot. @param bootId as the kernel writes it */
function kernelMatch(bootId: string): JournalMatch {
  return { _TRANSPORT: 'kernel', _BOOT_ID: bootId.replaceAll('-', '') }
}

/** Whether the kernel's own threads are processes here: the second that a machine starts is their parent, and no container has it. */
async function isMachine(root: string): Promise<boolean> {
  const stat = await readFile(`${root}/proc/2/stat`, 'latin1').catch(() => '')
  return stat.startsWith('2 (kthreadd) ')
}

/**
 * Whether silence of the kernel in the journal means anything: it has, or had, lines of the kernel. Those of a node that runs for
 * months are vacuumed: what is oldest there is of this boot then, and far behind its beginning. So it may be of a
 * container, too, where no kernel's line ever comes.
 */
async function takesKernelLines(door: KernelDoor, bootId: string, signal: AbortSignal): Promise<boolean> {
  if (await hasJournalEntry(door, OF_KERNEL, signal)) return true
  if (!(await isMachine(door.root)) || signal.aborted) return false
  const oldest = await oldestEntry(door, signal)
  const isOfBoot = oldest?.bootId === bootId.replaceAll('-', '')
  return oldest !== undefined && isOfBoot && oldest.sinceBootUs / 1000 > FIRST_LINES_MS
}

/** As the kernel writes what cannot be printed, and "\". */
function escaped(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^ -[\]-~]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** What a program wrote into the device has its name and number in front there; journald makes fields of them. */
function prefixOf({ SYSLOG_IDENTIFIER: name, SYSLOG_PID: pid }: JournalRecord['fields']): string {
  if (name === undefined) return ''
  return pid === undefined ? `${name}: ` : `${name}[${pid}]: `
}

/** An entry as the device had it; undefined for one that does not say when the kernel wrote it. Its number is not kept. */
export function toKernelRecord({ bytes: message, fields }: JournalRecord): ParsedRecord | undefined {
  const sinceBootUs = Number(fields['_SOURCE_MONOTONIC_TIMESTAMP'] ?? Number.NaN)
  if (!Number.isSafeInteger(sinceBootUs)) return undefined
  const facility = Number(fields['SYSLOG_FACILITY'] ?? 0)
  const bytes = facility === 0 ? message : Buffer.concat([Buffer.from(prefixOf(fields)), message])
  const said: Record<string, string> = {}
  if (fields['_KERNEL_SUBSYSTEM'] !== undefined) said['SUBSYSTEM'] = fields['_KERNEL_SUBSYSTEM']
  if (fields['_KERNEL_DEVICE'] !== undefined) said['DEVICE'] = fields['_KERNEL_DEVICE']
  const lines = Object.entries(said).map(([name, value]) => `\n ${name}=${escaped(Buffer.from(value))}`)
  return {
    sequence: null,
    facility,
    level: Number(fields['PRIORITY'] ?? 6),
    sinceBootUs,
    bytes,
    fields: Object.freeze(said),
    deviceText: Buffer.from(escaped(bytes) + lines.join(''), 'latin1'),
  }
}

/**
 * Until device and dmesg are to be tried again (`due`); `closed` where the journal may not be read either, or nothing shows that
 * it takes what the kernel says (it is one of a user alone, or of a container). Of one that was read once all that fails is told, and it is tried on; of one that was not all ways are.
 *
 * @throws HostReadError where it fails otherwise, and was not read yet
 */
export async function* followKernelJournal(
  door: KernelDoor,
  reading: KernelReading,
  { signal }: KernelLogOptions,
): AsyncGenerator<KernelLogEvent, 'due' | 'closed'> {
  goBy(reading, 'journal')
  const bootId = await door.bootId()
  const due = new AbortController()
  const callOff = door.clock.after(JOURNAL_MS, () => due.abort())
  const options = {
    signal: AbortSignal.any([signal, due.signal]),
    from: reading.journal ?? 'start',
    matches: [kernelMatch(bootId)],
    fields: KERNEL_JOURNAL_FIELDS,
  } as const
  try {
    for await (const event of followJournal(door, options)) {
      if (event.kind === 'unreadable' && reading.journal === undefined) {
        if (CLOSED.includes(event.error.code)) return 'closed'
        throw event.error
      }
      if (event.kind === 'unreadable' || event.kind === 'lost') yield event
      if (event.kind === 'records') yield* place(reading.at, event.records.map(toKernelRecord))
      const last = event.kind === 'records' ? event.records.at(-1)?.cursor : undefined
      if (last !== undefined) reading.journal = last
      if (event.kind !== 'caught-up') continue
      const isProven = reading.journal !== undefined || (await takesKernelLines(door, bootId, options.signal))
      if (options.signal.aborted) break
      if (!isProven) return 'closed'
      if (event.cursor !== undefined) reading.journal = event.cursor
      yield { kind: 'caught-up', cursor: reading.at.cursor }
    }
    return 'due'
  } finally {
    callOff()
  }
}
