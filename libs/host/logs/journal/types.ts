/** The journal of systemd, as it is followed. */
import type { HostReadError } from '../../errors.ts'

/** How far a journal has been read. Plain data, to be kept and handed back. */
export interface JournalCursor {
  /** The journal's own word for an entry: `s=…;i=…;b=…;m=…;t=…;x=…`. */
  readonly entry: string
}

/** Each named field has one of these values (`SYSLOG_IDENTIFIER`, `_SYSTEMD_UNIT`, `_TRANSPORT`); all of them have to. */
export type JournalMatch = Readonly<Record<string, string | readonly string[]>>

/** An entry of a journal. */
export interface JournalRecord {
  /** When journald had it: microseconds since 1970 on the wall clock. */
  readonly realtimeUs: number
  /** The same on the clock of the boot. */
  readonly monotonicUs: number
  /** As the kernel writes it, with hyphens. */
  readonly bootId: string
  /** Its MESSAGE, as it was written: it need not be text, and may hold line breaks. Empty where the entry has none. */
  readonly bytes: Buffer
  /** How many bytes of a longer message were thrown away. */
  readonly cutBytes: number
  /** Of `fields` those that the entry has; of one that it has several times the last. At most 4 KiB of each. */
  readonly fields: Readonly<Record<string, string>>
  /** Who begins here reads the next entry first. */
  readonly cursor: JournalCursor
}

/**
 * Why something of a journal was not read: the entry of the cursor is not there any more, and what stood behind it may
 * have gone with it (`vacuumed`); a file of the journal is corrupted, or written in a way that this journalctl cannot
 * read (`damaged`).
 */
export type JournalLoss = 'vacuumed' | 'damaged'

/** What a journal tells, in order. */
export type JournalEvent =
  | { readonly kind: 'records'; readonly records: readonly JournalRecord[] }
  /** Entries may be gone, unread: how many nobody knows. */
  | { readonly kind: 'lost'; readonly count: undefined; readonly why: JournalLoss }
  /**
   * Everything that stood there was told; next comes what is written from now on. Who begins at the cursor reads that
   * first, also where no entry was told yet; undefined where the journal is empty.
   */
  | { readonly kind: 'caught-up'; readonly cursor: JournalCursor | undefined }
  /**
   * It cannot be read; told once, and tried on. `error.code`: ENOENT (there is no journal), EACCES, NO_JOURNALCTL,
   * JOURNALCTL_FAILED (the detail is what it said).
   */
  | { readonly kind: 'unreadable'; readonly error: HostReadError }

/** How a journal is followed. */
export interface JournalOptions {
  /** Ends it. */
  readonly signal: AbortSignal
  /**
   * Where to begin: with the oldest entry there is, with what is written from now on, behind what was read, or with the
   * first entry that is not older than a time of the wall clock.
   */
  readonly from: 'start' | 'end' | JournalCursor | { readonly sinceRealtimeUs: number }
  /** Entries that fit any of these. Default: all. */
  readonly matches?: readonly JournalMatch[]
  /**
   * The folder of the journals, from the host's root (`/var/log/journal`); whichever machine's they are. Default: all that
   * journald keeps there, in /var/log/journal and /run/log/journal.
   */
  readonly directory?: string
  /** What of an entry is told beside its message. Default: {@link JOURNAL_FIELDS}. */
  readonly fields?: readonly string[]
  /** Longer messages are cut and the rest is counted. Default 64 KiB. */
  readonly maxMessageBytes?: number
}
