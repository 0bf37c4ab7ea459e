/** Programs of somebody else's that are run for their exit code and what they say: plug-ins. */
import type { HostExecError } from '../errors.ts'

/** How a plug-in is run. */
export interface PluginOptions {
  readonly timeoutMs: number
  /** Of each of stdout and stderr the beginning is kept, the rest read and thrown away. Default 4,096. */
  readonly maxOutputBytes?: number
  /** Of our own environment: all of it, or these names alone. Default all. */
  readonly inherit?: 'all' | readonly string[]
  /** Beside what it inherits, or in its place. */
  readonly env?: Readonly<Record<string, string>>
  /** Default "/". */
  readonly cwd?: string
  /**
   * What it leaves in its process group ends with it, and half a second after its end its exit code counts, and what was read by
   * then. Default false: who holds its output is waited for up to the deadline, and one that does not goes on.
   */
  readonly killsRest?: boolean
  /** Ends it, as the deadline does. What cannot be ended is told all the same. */
  readonly signal?: AbortSignal
}

/** How a plug-in ended, and what it said. */
export interface PluginResult {
  /** null when a signal ended it, or nothing did. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /**
   * Whether that signal had the kernel write a core dump. Node is not told: it is so where the signal is one that does,
   * and this process's limit (`ulimit -c`) and `kernel.core_pattern` let it.
   */
  readonly coreDumped: boolean
  readonly stdout: Buffer
  readonly stderr: Buffer
  /** Output was cut. */
  readonly truncated: boolean
  /** The deadline came before its output had ended. It may have ended before that, with a code of its own. */
  readonly timedOut: boolean
}

/** What is left of a plug-in that could not be ended. It is watched, and nothing kills it any more. */
export interface AbandonedPlugin {
  readonly pid: number
  /**
   * `uninterruptible`: it, or what is in its process group, sleeps where no signal reaches it, whether or not that holds its output.
   * `stranger`: it has ended; what it started has left the group and holds its output.
   */
  readonly why: 'uninterruptible' | 'stranger'
  readonly isAlive: boolean
  /**
   * Reads nothing of it any more: who goes on writing is ended by that (SIGPIPE), where he does not see to it. Absent: there is
   * nothing that is read.
   */
  letGo?(): void
  /** Resolves when it has ended after all, and nobody holds its output. Never rejects. */
  readonly ended: Promise<PluginResult>
}

/**
 * Why a plug-in did not start: there is no such file (`missing`), no interpreter or loader of it, no folder to run it in; it
 * may not be executed; it is neither a program for this machine nor a script that names its interpreter; somebody writes
 * to it (`busy`); the limit of processes, files or memory is reached (`no-room`); its mount hangs, or nobody knows whether it does (`hung`); or another, by `error.code`.
 */
export type NotStartedWhy =
  | 'missing'
  | 'interpreter-missing'
  | 'folder-missing'
  | 'not-executable'
  | 'bad-format'
  | 'busy'
  | 'no-room'
  | 'hung'
  | 'other'

/** What became of a plug-in. */
export type PluginAnswer =
  | { readonly kind: 'ended'; readonly result: PluginResult }
  /**
   * Past the deadline, called off, or, where what it leaves ends with it, past its end by itself (not `timedOut`); `result` is
   * what is known then. Start no other beside one that is `uninterruptible` while `program.isAlive`.
   */
  | { readonly kind: 'abandoned'; readonly result: PluginResult; readonly program: AbandonedPlugin }
  | { readonly kind: 'not-started'; readonly why: NotStartedWhy; readonly error: HostExecError }
