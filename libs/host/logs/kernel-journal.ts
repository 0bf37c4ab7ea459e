/** The kernel's log as the journal keeps it: where neither the device nor dmesg may be read. */

import { followJournal } from './journal/journal.ts'
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

/** The kernel's lines of one boot. @param bootId as the kernel writes it */
function kernelMatch(bootId: string): JournalMatch {
  return { _TRANSPORT: 'kernel', _BOOT_ID: bootId.replaceAll('-', '') }
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
 * Until device and dmesg are to be tried again (`due`); `failed` where the journal may not be read either, or has no line of
 * the kernel: every boot has some, so it is one of a user alone, or of a journald that does not take them in.
 */
export async function* followKernelJournal(
  door: KernelDoor,
  reading: KernelReading,
  { signal }: KernelLogOptions,
): AsyncGenerator<KernelLogEvent, 'due' | 'failed'> {
  goBy(reading, 'journal')
  const due = new AbortController()
  const callOff = door.clock.after(JOURNAL_MS, () => due.abort())
  const options = {
    signal: AbortSignal.any([signal, due.signal]),
    from: reading.journal ?? 'start',
    matches: [kernelMatch(await door.bootId())],
    fields: KERNEL_JOURNAL_FIELDS,
  } as const
  try {
    for await (const event of followJournal(door, options)) {
      if (event.kind === 'unreadable') return 'failed'
      if (event.kind === 'lost') yield event
      if (event.kind === 'records') yield* place(reading.at, event.records.map(toKernelRecord))
      if (event.kind === 'caught-up' && reading.journal === undefined) return 'failed'
      if (event.kind === 'caught-up') yield { kind: 'caught-up', cursor: reading.at.cursor }
      const cursor = event.kind === 'records' ? event.records.at(-1)?.cursor : undefined
      if (cursor !== undefined) reading.journal = cursor
    }
    return 'due'
  } finally {
    callOff()
  }
}
