/** The kernel's log, whichever way it is read: what all of them have in common. */
import type { Clock } from '#clock'
import type { Guard } from '../files/guard.ts'
import type { Programs } from '../programs/types.ts'
import { createDmesgMark, type DmesgMark } from './dmesg-mark.ts'
import type { JournalCursor } from './journal/types.ts'
import type { KernelPlace } from './kernel-place.ts'
import type { ParsedRecord } from './kernel-record.ts'
import type { KernelLogEvent, KernelRecord } from './types.ts'

/** What the kernel's log is read with. */
export interface KernelDoor {
  readonly clock: Clock
  readonly root: string
  readonly threads: Guard
  /** For opening the device alone: it goes on while mounts elsewhere hang. */
  readonly deviceThread: Guard
  readonly programs: Programs
  bootId(): Promise<string>
}

/** What is kept when one way to read the log ends, for whichever is next. */
export interface KernelReading {
  readonly at: KernelPlace
  way?: 'device' | 'file' | 'dmesg' | 'journal'
  /** The way that told all that stood there last: what fails from then on is broken, not closed. */
  readBy?: KernelReading['way']
  /** Up to where dmesg's text was told, and how many bytes of it were new at the last time. */
  readonly mark: DmesgMark
  newBytes: number
  /** The last record that dmesg told. */
  lastLine?: ParsedRecord | undefined
  /** Behind what the journal told last. */
  journal?: JournalCursor
}

/** Nothing was read yet. */
export function createKernelReading(at: KernelPlace): KernelReading {
  return { at, mark: createDmesgMark(), newBytes: 0 }
}

/** Goes on by a way: what another told is known by number or time, what the same told is remembered. */
export function goBy(reading: KernelReading, way: NonNullable<KernelReading['way']>): void {
  if (reading.way === way) return
  reading.way = way
  reading.mark.forget()
  reading.lastLine = undefined
  // Of the journal's entries the kernel's are a part, and it goes on where it was left.
  reading.at.goAnotherWay(way !== 'journal')
}

/** Puts records in order behind a place. */
export function* place(at: KernelPlace, parsed: readonly (ParsedRecord | undefined)[]): Generator<KernelLogEvent> {
  let records: KernelRecord[] = []
  for (const each of parsed) {
    const taken = each === undefined ? undefined : at.take(each)
    if (taken === undefined) continue
    if (taken.lost !== 0) {
      if (records.length > 0) yield { kind: 'records', records }
      records = []
      yield { kind: 'lost', count: taken.lost === 'unknown' ? undefined : taken.lost }
    }
    records.push(taken.record)
  }
  if (records.length > 0) yield { kind: 'records', records }
}
