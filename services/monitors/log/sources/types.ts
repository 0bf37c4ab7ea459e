/** A log as a stream of lines, wherever it is kept. */

/** A line of a log. */
export interface LogLine {
  /** Of its text, without a line break at the end; it need not be UTF-8. */
  readonly bytes: Buffer
  /** When it was written, by its source. */
  readonly at: Date
  /** What it is known by at its source: boot id and sequence, journal cursor, inode and offset. */
  readonly key: string
  /** JSON; who begins here reads the next line first. */
  readonly cursor: unknown
  /** As node-problem-detector has its text, where that is another: of the kernel's log with the lines of its fields. */
  readonly alternate?: Buffer
  /** What the source says of it beside its text: `SUBSYSTEM`, `DEVICE`. */
  readonly fields?: Readonly<Record<string, string>>
  /** How many bytes of a longer line were thrown away. Default 0 */
  readonly cutBytes?: number
}

/** It cannot be read; told once, and tried on. */
export interface Unreadable {
  readonly kind: 'unreadable'
  readonly reason: string
  /** Nothing is broken: whoever runs this may not read it, or it is not where this runs. Default: false */
  readonly isClosed?: boolean
}

/** Lines that were read and are not told, the last of those that were read among them. */
export interface Skipped {
  readonly count: number
  /** Who begins here reads on behind them. */
  readonly cursor: unknown
}

/** What a log tells, in order. */
export type SourceEvent =
  /** `skipped`: there were others, behind the last of these; of a batch of which none is told, they are all there is. */
  | { readonly kind: 'lines'; readonly lines: readonly LogLine[]; readonly skipped?: Skipped }
  /** Everything that stood there was told; next comes what is written from now on. */
  | { readonly kind: 'caught-up'; readonly cursor: unknown }
  /** Something is gone that nobody has read; undefined where nobody knows how much. */
  | { readonly kind: 'lost'; readonly count: number | undefined; readonly why: string }
  | Unreadable

/** How a log is followed. */
export interface SourceOptions {
  /** A cursor of a line or of `caught-up`; undefined: from the oldest line there is. */
  readonly from: unknown
  /** Ends it. */
  readonly signal: AbortSignal
}

/** A log that can be followed. What is told is told when it is asked for. */
export interface LogSource {
  follow(options: SourceOptions): AsyncIterable<SourceEvent>
  /** Whether the line of a key stood in another log than a line of this one: none of that log comes again. Default: it did not */
  isOfAnother?(key: string, line: LogLine): boolean
}
