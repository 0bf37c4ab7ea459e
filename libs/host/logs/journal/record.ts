/** An entry as it is told. Pure. */
import type { ExportEntry } from './export-format.ts'
import type { JournalRecord } from './types.ts'

/** What journalctl writes of an entry whatever is asked for. */
const CURSOR = '__CURSOR'
const REALTIME = '__REALTIME_TIMESTAMP'
const MONOTONIC = '__MONOTONIC_TIMESTAMP'
const BOOT = '_BOOT_ID'
export const MESSAGE = 'MESSAGE'
/** "0123…": 32 digits, as the kernel writes them with hyphens. */
const BOOT_DIGITS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/

/** @throws SyntaxError for an entry without its cursor or its time */
export function toRecord(entry: ExportEntry, fields: readonly string[]): JournalRecord {
  const textOf = (name: string): string | undefined => entry.get(name)?.bytes.toString('utf8')
  const [cursor, realtime] = [textOf(CURSOR), textOf(REALTIME)]
  if (cursor === undefined || realtime === undefined) throw new SyntaxError('an entry has no cursor, or no time')
  const said: Record<string, string> = {}
  for (const name of fields) {
    const text = textOf(name)
    if (text !== undefined) said[name] = text
  }
  const message = entry.get(MESSAGE)
  return {
    realtimeUs: Number(realtime),
    monotonicUs: Number(textOf(MONOTONIC) ?? 0),
    bootId: (textOf(BOOT) ?? '').replace(BOOT_DIGITS, '$1-$2-$3-$4-$5'),
    bytes: message?.bytes ?? Buffer.alloc(0),
    cutBytes: message?.cutBytes ?? 0,
    fields: Object.freeze(said),
    cursor: { entry: cursor },
  }
}
