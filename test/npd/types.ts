/** A case: one configuration, through NPD and through ours. */

/** What a case's steps may do while the program runs. */
export interface World {
  /** The case's own folder, in which its files stand. */
  readonly folder: string
  /** Adds lines to a file of the case. */
  append(file: string, ...lines: readonly string[]): Promise<void>
  /** Replaces a file of the case at once. */
  replace(file: string, text: string): Promise<void>
  /** Waits until the API server was told so much, at most 15 s; after that it goes on, and the record shows what is missing. */
  until(what: (told: Told) => boolean): Promise<void>
  /** The same of the text of /metrics; what answered so is what the record has of it, however late that is taken. */
  untilMetrics(what: (text: string) => boolean): Promise<void>
  /** Waits, where nothing tells that something did not happen. */
  pass(ms: number): Promise<void>
}

/** A condition as it was told. */
export interface ToldCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** What the API server was told up to now. */
export interface Told {
  /** Of the last patch, by type. */
  readonly conditions: Readonly<Record<string, ToldCondition>>
  readonly events: readonly { readonly reason: string; readonly message: string; readonly count: number }[]
}

/** Why a difference is meant. */
export interface Allowed {
  /** Begins as the path of the difference does: "metrics.cpu_usage_time". */
  readonly at: string
  /** Number of the bug that is not ours, "newer" for what NPD does since v1.36.0, "stops" where that does not end at SIGTERM. */
  readonly by: `B${number}` | 'newer' | 'stops'
}

/** What is run through both. `{folder}` in texts, files and flags is the case's folder. */
export interface Case {
  /** "filelog: a permanent rule sets its condition". */
  readonly name: string
  /** By name below the folder; what is no text is written as JSON, a name that ends in ".sh" may be run. */
  readonly files?: Readonly<Record<string, unknown>>
  /** Beside those that every case has. */
  readonly flags: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** After its start, until the record is taken. Default: both have told something of every condition or have ended. */
  readonly steps?: (world: World) => Promise<void>
  /** Values of metrics that may differ by so much of themselves, by the beginning of their series. Default: none. */
  readonly tolerance?: Readonly<Record<string, number>>
  /** Flags that ours gets beside. */
  readonly ownFlags?: readonly string[]
  readonly allowed?: readonly Allowed[]
}
