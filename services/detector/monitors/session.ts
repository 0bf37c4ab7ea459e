/** What a link hands to the session that watches or polls its monitor. */
import type { Clock } from '#clock'
import type { MonitorDeclaration, PersonsWord, Report } from '#model'
import type { BreakerPolicy } from '#pace'
import type { Logger } from '#service'
import type { Engine } from '../engine-types.ts'
import type { MonitorChannel, OpenChannel } from './channel.ts'
import type { KnownMonitor } from './declare.ts'
import type { Intake } from './intake.ts'
import type { Naming } from './naming.ts'
import type { SetAside } from './set-aside.ts'

/** A monitor that is there and silent for this long is lost: two of its heartbeats. */
export const SILENT_AFTER_MS = 10_000
/** How a monitor is asked: the first three, where it does not stream. */
export interface PollOptions {
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly parameters: Readonly<Record<string, string>>
  /** What is done once it fails. */
  readonly retry: BreakerPolicy
  /** A connection that ends between two questions is made anew this often at most, and how long that may take. */
  readonly look: { readonly intervalMs: number; readonly timeoutMs: number }
  /** Nothing is said of its conditions before it has spoken of them. */
  readonly skipInitialStatus: boolean
}

export interface LinkOptions {
  readonly known: KnownMonitor
  readonly engine: Engine
  readonly open: OpenChannel
  readonly log: Logger
  readonly clock: Clock
  readonly reportsPerSecond: number
  readonly messageBytes: number
  readonly poll: PollOptions
  /** Nobody listens on its socket any more. */
  readonly onGone: () => void
  /** Waits while much of this monitor is on its way to the bus. */
  readonly room: (monitor: string, mostMs: number) => Promise<void> | undefined
  /** How long nobody may listen on its socket, once it was there, before it is lost. */
  readonly lostAfterMs: number
  /** How long it may listen and say nothing. {@link SILENT_AFTER_MS}, shorter in tests. */
  readonly silentAfterMs: number
  /** Whether a check or a monitor of this name is on this node, by configuration: others may depend on it. */
  readonly isKnown: (name: string) => boolean
  /** Counts its questions for as long as the detector lives, over every connection. The first is 1. */
  readonly nextSequence: () => number
}

/** What a session tells its link. */
export interface Session {
  readonly channel: MonitorChannel
  readonly signal: AbortSignal
  /** What a polled plug-in's answers named; it outlives the session. */
  readonly naming: Naming
  /** How much of it is taken; it outlives the session too. */
  readonly intake: Intake
  /** What of it the detector failed at; it outlives the session too. */
  readonly aside: SetAside
  /** It spoke for the first time, or says something else of itself. What of it was not taken is told. */
  declare(declaration: MonitorDeclaration, incarnation: number, violations: readonly string[]): void
  /** How it declares itself once more, where something else is on this node: without a word of its own. */
  declareBy(again: () => void): void
  /** It spoke: it is alive. */
  alive(): void
  /** It still listens, which proves no life, and it is not due to speak, until then (default: now) on the monotonic clock. */
  listens(untilMs?: number): void
  /** What it says of itself differs so from what the configuration says. */
  differs(differences: readonly string[]): void
  /** How whoever asks for a look of it has one from now on, where it is polled. */
  askBy(ask: (check: string) => Promise<Report>): void
  /** What of a report is of a look that was asked for is marked so. */
  marked(report: Report): Report
  /** How long its silence may last from now on before it counts as lost. */
  silentAfter(ms: number): void
  /** How a person's word reaches it from now on: down its stream. */
  tellBy(tell: (word: PersonsWord) => void): void
  /** It failed to answer, or its answer cannot be taken. */
  failed(err: unknown): void
  /** Waits until it may be asked again. */
  nextTry(): Promise<void>
}
