/** What a plug-in was asked, what it answered, and what a rule makes of that. */
import type { CheckResponse, DescribeResponse, WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { MonitorMetadata, Status } from '#proto/npd/external/v1/external_monitor.ts'

export type Protocol = 'npd.external.v1' | 'nodedoctor.v1'
export type Level = 'must' | 'should'
export type Result = 'pass' | 'fail' | 'skip'

/** What became of one call. */
export type Outcome<T> =
  | { readonly kind: 'answered'; readonly value: T; readonly bytes: number; readonly ms: number; readonly at: Date }
  | { readonly kind: 'failed'; readonly code: string; readonly details: string; readonly ms: number }
  /** `why` is a sentence. */
  | { readonly kind: 'not-asked'; readonly why: string }

/** A demand, and how the plug-in was beside and after it. */
export interface Trial<T> {
  readonly answers: readonly Outcome<T>[]
  /** An ordinary call after it. */
  readonly after: Outcome<unknown>
  /** Another process listens than before: the one that was asked has ended, and was started anew. */
  readonly isAnother: boolean
}

/** The file at the path. */
export interface SocketFacts {
  readonly path: string
  readonly kind: 'socket' | 'link' | 'other'
  readonly mode: number
  readonly gid: number
  /** The groups of this process, 0 among them where it is root. */
  readonly ownGroups: readonly number[]
  /** Connections of others, while it was asked; absent: nobody looked. */
  readonly otherClients?: number
}

/** What was learnt by npd.external.v1. */
export interface ExternalFacts {
  readonly metadata: Outcome<MonitorMetadata>
  readonly first: Outcome<Status>
  readonly second: Outcome<Status>
  readonly atOnce: Trial<Status>
  readonly fields: Trial<unknown>
  readonly unknownParameter: Trial<Status>
  readonly absurd: Trial<Status>
  readonly cancelled: Trial<Status>
  /** Numbered from 1 again. */
  readonly restarted: Outcome<Status>
  readonly idle: Outcome<Status>
}

/** One message of a Watch. */
export interface Heard {
  readonly value: WatchResponse
  readonly at: Date
}

/** What one Watch brought. */
export interface Stream {
  readonly heard: readonly Heard[]
  /** How it failed; "" while it goes on. */
  readonly error: string
}

/** What was learnt by nodedoctor.v1. */
export interface MonitorFacts {
  readonly describe: Outcome<DescribeResponse>
  /** With fields that nobody knows. */
  readonly again: Trial<DescribeResponse>
  readonly all: Outcome<CheckResponse>
  readonly one: Outcome<CheckResponse>
  readonly stranger: Outcome<CheckResponse>
  /** The first stream, and what of it was awaited came. */
  readonly first: Stream
  readonly startMs: number | undefined
  readonly isCheckTold: boolean
  /** How long it was silent, until something came; undefined: nothing came. */
  readonly silentMs: number | undefined
  /** The second one: nothing had been acknowledged. */
  readonly second: Stream
  /** Up to here was acknowledged then; 0: nothing was there to acknowledge. */
  readonly acknowledged: number
  readonly third: Stream
  readonly cleared: Trial<DescribeResponse>
  /** Two of one check. */
  readonly atOnce: Trial<CheckResponse>
  readonly cancelled: Trial<CheckResponse>
}

/** What was learnt at its end. */
export interface EndFacts {
  /** Two of them, sent at once. */
  readonly stops: readonly Outcome<unknown>[]
  /** It listens no more, or another one does. */
  readonly isOver: boolean
  readonly isFileLeft: boolean
  readonly restart: RestartFacts
}

/** What became of a restart. */
export type RestartFacts =
  | { readonly kind: 'not-tried'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'back'; readonly ms: number; readonly wasStale: boolean }

/** Everything that was learnt. */
export interface Facts {
  readonly options: Asked
  readonly socket: SocketFacts
  readonly external: ExternalFacts | undefined
  readonly monitor: MonitorFacts | undefined
  /** Why it speaks npd.external.v1 not, in gRPC's words; where it speaks neither, why. */
  readonly notSpoken: string
  readonly health: Outcome<{ readonly status: number }>
  readonly reflection: Outcome<readonly string[]>
  readonly end: EndFacts
}

/** How a plug-in is asked. */
export interface Asked {
  readonly socket: string
  /** Longest answer of one call. */
  readonly timeoutMs: number
  /** How long the connection is left alone. */
  readonly idleMs: number
  readonly parameters: Readonly<Record<string, string>>
  /** Ends the plug-in. */
  readonly stop: boolean
  /** The action of a plug-in that may be done; absent: none. */
  readonly runs?: string | undefined
  /** Starts it anew. */
  readonly restart: string | undefined
}

/** What a rule makes of the facts. */
export interface Verdict {
  readonly result: Result
  readonly detail: string
}

/** A rule of the contract between a plug-in and who asks it. */
export interface Rule {
  readonly id: string
  readonly level: Level
  /** Whom it binds; absent: everybody. */
  readonly of?: Protocol
  /** A sentence: what is asked, and what goes wrong without. */
  readonly why: string
  judge(facts: Facts): Verdict
}

/** A rule's line of the report. */
export interface RuleResult {
  readonly id: string
  readonly level: Level
  readonly result: Result
  readonly detail: string
}
