/** What a link hands to the session that watches or polls its monitor. */
import type { PersonsWord } from '#model'
import type { Logger } from '#service'
import type { Engine } from '../engine.ts'
import type { MonitorChannel, OpenChannel } from './channel.ts'
import type { KnownMonitor } from './declare.ts'

/** A monitor that was silent for this long is lost: two of its heartbeats. */
export const LOST_AFTER_MS = 10_000
/** How a monitor that does not stream is asked. */
export interface PollOptions {
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly parameters: Readonly<Record<string, string>>
}

export interface LinkOptions {
  readonly known: KnownMonitor
  readonly engine: Engine
  readonly open: OpenChannel
  readonly log: Logger
  readonly monotonicMs: () => number
  readonly version: string
  readonly reportsPerSecond: number
  readonly messageBytes: number
  readonly poll: PollOptions
}

/** What a session tells its link. */
export interface Session {
  readonly channel: MonitorChannel
  readonly signal: AbortSignal
  /** It spoke: it is alive. */
  alive(): void
  /** How long its silence may last from now on before it counts as lost. */
  lostAfter(ms: number): void
  /** How a person's word reaches it from now on: down its stream. */
  tellBy(tell: (word: PersonsWord) => void): void
  /** It failed to answer, `reason` says how. */
  failed(reason: string): void
}
