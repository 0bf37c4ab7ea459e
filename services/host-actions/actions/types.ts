/** What an action of the host is. */
import type { Clock } from '#clock'
import type { Host } from '#host'
import type { HostActs } from '#host/acts'
import type { Act, ActFigure, AttemptOutcome, ProblemSight } from '#model'
import type { WallClock } from '../cleanup/wall-steps.ts'
import type { ApiServers } from '../interface/api-servers.ts'

/** What actions act by. */
export interface Tools {
  readonly host: Host
  readonly acts: HostActs
  readonly clock: Clock
  /** How old files are, where somebody sets the clock of the machine. */
  readonly wallClock: WallClock
  /** Why nobody knows which files are open; "": it can be told. */
  readonly whyOpenUnknown: () => Promise<string>
  /** Where the remediator's journal lies. */
  readonly journalDir: string
  /** Sockets of the container runtime that the configuration names, as the kubelet has them. */
  readonly criSockets: readonly string[]
  /** Our own folders, as this process has them: nothing in them is cleaned up. */
  readonly ownDirs: readonly string[]
  /** No machine is rebooted that is up for less. */
  readonly minUptimeMs: number
  /** Where the API server is; undefined: this machine knows of none. @throws HostReadError */
  readonly apiServers: () => Promise<ApiServers | undefined>
}

/** How an attempt ended, but for what every attempt has. */
export interface Ended {
  readonly outcome: AttemptOutcome
  /** One line, for people. */
  readonly message: string
  readonly output?: string
  readonly isOutputCut?: boolean
  readonly exitCode?: number | undefined
  readonly figures?: readonly ActFigure[]
}

/** What an attempt has to know again after a kill of this process. */
export type Note = Readonly<Record<string, string>>

/** One attempt that is under way. */
export interface Attempt {
  /** "3f2a91c0-17" */
  readonly id: string
  /** As the configuration has it. */
  readonly act: Act
  readonly problem: ProblemSight
  /** How long it may take. */
  readonly deadlineMs: number
  /** Nobody waits any more, since this process ends: the run rejects with its reason, and what can run on does. */
  readonly signal: AbortSignal
  /** It is to be ended. */
  readonly cancel: AbortSignal
  /** What {@link note} was last given, where an earlier process began this attempt; undefined: nothing was done yet. */
  readonly recalled: Note | undefined
  /** Keeps what has to be known again. It is kept once this resolves: only then the act may begin. @throws where it cannot be kept */
  note(note: Note): Promise<void>
}

/** One way to repair something. It throws for its own faults and the signal's reason alone. */
export interface Action {
  /** As a configuration names it. */
  readonly strategy: string
  readonly description: string
  /** It cannot be done on this machine at all, and why; "" where it can. Default: it can. */
  unavailable?(tools: Tools): Promise<string>
  /** Why it may not be done now, in one line; "" where it may. It changes nothing. */
  refusal(act: Act, tools: Tools): Promise<string>
  /**
   * Why it may not be done where the remediator's journal has no room for its record, in one line; "" where it may: it frees the disk on
   * which that journal lies. Default: it may not.
   */
  unrecorded?(act: Act, tools: Tools): Promise<string>
  run(attempt: Attempt, tools: Tools): Promise<Ended>
}
