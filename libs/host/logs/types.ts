/** The host's logs: files that grow, the kernel's, and the journal. */
import type { HostReadError } from '../errors.ts'
import type { JournalEvent, JournalLoss, JournalOptions } from './journal/types.ts'

/** By what a file is known again: how many of its first bytes (at most 1 KiB), and their CRC-32 in hexadecimal. */
export interface LogHead {
  readonly bytes: number
  readonly crc: string
}

/** How far a file has been read: behind the end of a line. Plain data, to be kept and handed back. */
export interface TailCursor {
  readonly inode: string
  /** Bytes from the file's beginning. */
  readonly offset: number
  /** Of what was read: where that is little, what has not ended yet is part of it. */
  readonly head: LogHead
  /** It is a copy of this file, in which the line that begins there goes on. Default: it goes on where it began */
  readonly goesOnIn?: string
  /** Where nothing stood in it: when it was made or emptied, in milliseconds. What was copied since then was never seen. */
  readonly emptyMs?: number
}

/** A line of a file, without its end. */
export interface TailLine {
  /** As it was written; it need not be text. */
  readonly bytes: Buffer
  /** How many bytes of a longer line were thrown away. */
  readonly cutBytes: number
  /** false for the last of a file that was rotated away before the line ended. */
  readonly isWhole: boolean
  /** Who begins here reads the next line first. */
  readonly cursor: TailCursor
}

/**
 * Why something of a log was not read: the file was emptied and there is no copy; the file of the cursor is not there any
 * more; the log was rotated more than once meanwhile, and what it was rotated into is compressed; what it was rotated into
 * cannot be read.
 */
export type TailLoss = 'truncated' | 'not-found' | 'compressed' | 'unreadable'

/** What a tail tells, in order. */
export type TailEvent =
  | { readonly kind: 'lines'; readonly lines: readonly TailLine[] }
  /** What stood between what was read and what comes next is gone, unread: how much nobody knows. */
  | { readonly kind: 'lost'; readonly why: TailLoss }
  /**
   * Everything that stood there was told; next comes what is written from now on. Who begins at the cursor reads that
   * first, also where no line was told yet; of a line whose beginning stands in the copy of an emptied file it names that.
   * undefined where there is no file.
   */
  | { readonly kind: 'caught-up'; readonly cursor: TailCursor | undefined }
  /** It cannot be read; told once, and tried on. */
  | { readonly kind: 'unreadable'; readonly error: HostReadError }

/** How a file is followed. */
export interface TailOptions {
  /** Ends it. */
  readonly signal: AbortSignal
  /** Where to begin: with the file's first line, with what is written from now on, or behind what was read. */
  readonly from: 'start' | 'end' | TailCursor
  /** Longer lines are cut and the rest is counted. Default 64 KiB. */
  readonly maxLineBytes?: number
  /** A line ends with "\n" alone: what stands in front of it, also "\r", is part of it. Default false. */
  readonly keepsReturn?: boolean
  /** At least so long from one look at the file to the next. Default 50 ms. */
  readonly gapMs?: number
  /** The net: looked at after so long even if the kernel says nothing. Default 5 s. */
  readonly lookMs?: number
}

/** How far the kernel's log has been read. Plain data, to be kept and handed back. */
export interface KernelCursor {
  /** A kernel log is one boot's. */
  readonly bootId: string
  /** Microseconds since boot, of the last record. */
  readonly sinceBootUs: number
  /** Its number; null where the log was read in a way that knows none. */
  readonly sequence: number | null
}

/** A record of the kernel's log. */
export interface KernelRecord {
  /** Counted from boot, without gaps; null where the log was read in a way that knows none. */
  readonly sequence: number | null
  /** 0 is the kernel; 1 to 23 are those of syslog(3), said by whoever wrote into /dev/kmsg. */
  readonly facility: number
  /** 0 (emergency) to 7 (debug). */
  readonly level: number
  /** Microseconds on the kernel's clock, which stands still while the machine sleeps. */
  readonly sinceBootUs: number
  /** The message. The kernel's escapes (`\x0a`) are the bytes again. */
  readonly bytes: Buffer
  /** What drivers say of a device: `SUBSYSTEM`, `DEVICE`. */
  readonly fields: Readonly<Record<string, string>>
  /** Message and fields as the device has them, line by line, with the kernel's escapes: as others who read it match them. */
  readonly deviceText: Buffer
  /**
   * It may be no record, but one more line of the one before: read by dmesg, which has lines alone, with that one's time, facility and level.
   * Where a record holds a line break in a name, what is behind it is whatever who chose the name likes.
   */
  readonly mayBePart?: boolean
  /** Who begins here reads the next record first. */
  readonly cursor: KernelCursor
}

/** What the kernel's log tells, in order. */
export type KernelLogEvent =
  | { readonly kind: 'records'; readonly records: readonly KernelRecord[] }
  /**
   * Records that were overwritten before they were read; undefined where their number cannot be known. `why`: where they
   * were read from the journal, what became of them there.
   */
  | { readonly kind: 'lost'; readonly count: number | undefined; readonly why?: JournalLoss }
  /**
   * Everything that stood there was told; next comes what is written from now on. Who begins at the cursor reads that
   * first, also where no record was told yet; undefined where there was none.
   */
  | { readonly kind: 'caught-up'; readonly cursor: KernelCursor | undefined }
  /**
   * It cannot be read; told once, and tried on: `error` is of the way that failed. `isClosed`: nothing is broken, but
   * device, dmesg and the journal may not be read, or are not there; `error` is the device's. Where dmesg told the log
   * before, it is that of dmesg (DMESG_FAILED; the detail is what it said).
   */
  | { readonly kind: 'unreadable'; readonly error: HostReadError; readonly isClosed?: boolean }

/** How the kernel's log is followed. */
export interface KernelLogOptions {
  /** Ends it. */
  readonly signal: AbortSignal
  /** Where to begin: with the oldest record there is, with what is written from now on, or behind what was read. */
  readonly from: 'start' | 'end' | KernelCursor
  /** How often `dmesg` is asked where /dev/kmsg cannot be opened. Default 2.2 s. */
  readonly askMs?: number
}

/**
 * The host's logs. What is told is told when it is asked for: who does not ask stops the reading, and what is written
 * meanwhile waits where it stands. All end when their signal does.
 */
export interface Logs {
  /**
   * Follows a file over its rotations: renamed and made anew, or copied and emptied. It need not be there yet. Each line
   * is told once, in order; what is gone unread is told as lost.
   * @throws TypeError for a relative path
   */
  tail(path: string, options: TailOptions): AsyncIterableIterator<TailEvent>
  /**
   * Follows the kernel's log: /dev/kmsg below the root, where it may be opened (below a recorded root it is a plain
   * file); else what `dmesg` reads, and where that may not either, the kernel's entries of the journal.
   */
  kernelLog(options: KernelLogOptions): AsyncIterableIterator<KernelLogEvent>
  /**
   * Follows what systemd-journald writes, over its rotations, as `journalctl` reads it: each entry that matches is told
   * once, in order.
   * @throws TypeError for a relative directory, and for a match or the name of a field that no journal can have
   */
  journal(options: JournalOptions): AsyncIterableIterator<JournalEvent>
}
