/** Programs of the host: run to their end, or started to stay. */

import type { PluginAnswer, PluginOptions } from './plugin-types.ts'

/** How a program ended, and what it said. */
export interface RunResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  /** Output beyond `maxOutputBytes` was cut. */
  readonly truncated: boolean
}

/** The same with output as it was written, whatever its encoding. */
export interface RunBytes extends Omit<RunResult, 'stdout' | 'stderr'> {
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** How a program is run to its end. */
export interface RunOptions {
  readonly timeoutMs: number
  /** Of each of stdout and stderr the beginning is kept. Default 64 KiB. */
  readonly maxOutputBytes?: number
  /** Beside PATH and the C locale. */
  readonly env?: Readonly<Record<string, string>>
  /** Instead of PATH, the C locale and `env`: this and nothing else. */
  readonly wholeEnv?: Readonly<Record<string, string | undefined>>
  /** Default "/". */
  readonly cwd?: string
  /** SIGKILL at the deadline, without asking before. Default false. */
  readonly killAtOnce?: boolean
  /** What is there so long after SIGKILL is left behind. Default 1 s. */
  readonly killGraceMs?: number
  /**
   * The program, or what it started in its process group, could not be ended and was left behind; the promise resolves when it has
   * ended after all. Told before the run's own end is. `pid` is its own, and its group's.
   */
  readonly onAbandoned?: (ended: Promise<void>, pid: number) => void
  /** Ends it, as the deadline does. */
  readonly signal?: AbortSignal
  /** In the host's namespaces (nsenter to PID 1) when a prefix is set. Default false. */
  readonly onHost?: boolean
}

/** How a program is asked. */
export type ProbeOptions = Pick<RunOptions, 'timeoutMs' | 'maxOutputBytes' | 'env' | 'onHost'> & {
  /** Asks it to end at once, as the deadline does; the answer comes in the same way. */
  readonly signal?: AbortSignal
  /** How long after it was asked to end its answer is still awaited. Default 1 s. */
  readonly graceMs?: number
}

/** A program that was asked to end and has not. Nothing kills it: who asked it keeps hold of it, and starts no other. */
export interface LateProgram {
  readonly pid: number
  /** It, or what it started in its process group, is still there. */
  readonly isAlive: boolean
  /** Resolves when it has ended after all. Never rejects. */
  readonly ended: Promise<RunResult>
}

/** What became of a probe. */
export type ProbeAnswer =
  /** `timedOut`: it ended because it was asked to. */
  { readonly kind: 'ended'; readonly result: RunResult } | { readonly kind: 'late'; readonly program: LateProgram }

/** How a child ended: by itself with a code, or by a signal. */
export interface ChildExit {
  /** null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** How a child is started. */
export interface ChildOptions {
  /** The whole environment of the child. Default: PATH and the C locale, nothing else. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default "/". */
  readonly cwd?: string
  /** One line of output without its end. Absent: output is thrown away. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Output as it comes, instead of by line. */
  readonly onChunk?: (chunk: Buffer, stream: 'stdout' | 'stderr') => void
  /** stdout is read by `read`, as it is asked for; `onLine` hears stderr alone. Default false. */
  readonly pulled?: boolean
  /** Longer lines are cut, the rest of them is thrown away. Default 16 KiB. */
  readonly maxLineBytes?: number
  /** The child writes to our own stdout and stderr; `onLine` is not used. Default false. */
  readonly inheritOutput?: boolean
  /** The kernel ends the child (SIGKILL) when this process dies, in whatever way. Needs `setpriv`. Default false. */
  readonly dieWithParent?: boolean
  /** Called once, when `exited` resolves. */
  readonly onExit?: (exit: ChildExit) => void
  /** In the host's namespaces (nsenter to PID 1) when a prefix is set. Default false. */
  readonly onHost?: boolean
}

/** A long-running program, in a process group of its own (a Ctrl-C at the terminal does not reach it). */
export interface Child {
  readonly pid: number
  /** Resolves when it has ended. What it left in its process group is ended then, too. Never rejects. */
  readonly exited: Promise<ChildExit>
  /**
   * The next of what it wrote to stdout, where that is `pulled`; undefined at its end, which may come after the program's.
   * Who does not ask stops its writer, once the pipe is full. One call at a time.
   */
  read(): Promise<Buffer | undefined>
  /** Signals the whole group. false when it has already ended. */
  kill(signal: NodeJS.Signals): boolean
  /** SIGTERM, after `graceMs` SIGKILL. Resolves when it has ended: never, while it sleeps where no signal reaches it. */
  stop(graceMs: number): Promise<ChildExit>
  /** Nobody reads it, nor waits for it, any more: this process may end before it. `exited` still tells of its end. */
  leave(): void
}

/**
 * Runs programs, by argument vector: no shell sees them. Each is looked for before it is started, by PATH or at its path, and its
 * folder is looked at: one whose mount hangs is a HostExecError `TIMEOUT`, and nothing else waits for it.
 */
export interface Programs {
  /**
   * The absolute path of what a command here would run; undefined: nothing stands there that may be executed and read.
   * @throws HostExecError `TIMEOUT` where a mount hangs on which it is, or may be, or that of the folder that it runs in
   */
  find(file: string, options?: Pick<ChildOptions, 'env' | 'cwd'>): Promise<string | undefined>
  /**
   * Runs a program to its end: environment of PATH, the C locale and `env`, own process group. At the deadline the group
   * gets SIGTERM, 2 s later SIGKILL; one that does not even end then (uninterruptible sleep) is left behind.
   * @throws HostExecError when it cannot be started. Rejects with the signal's reason when aborted.
   */
  run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult>
  /** As `run`, for output that may be no text. */
  runBytes(file: string, args: readonly string[], options: RunOptions): Promise<RunBytes>
  /**
   * Asks a program that must not be killed, since it holds a device (`nvidia-smi`): at the deadline its group gets
   * SIGTERM, and nothing else ever. One that does not end within `graceMs` then is told as late, and stays the caller's.
   * @throws HostExecError when it cannot be started
   */
  probe(file: string, args: readonly string[], options: ProbeOptions): Promise<ProbeAnswer>
  /**
   * Runs somebody else's program to the end of its output: own process group, input /dev/null. At the deadline the group
   * gets SIGKILL at once. What is there half a second later sleeps uninterruptibly, or has left the group and holds the
   * output: it is left behind, and told with a handle. When aborted it ends in the same way, and rejects with the signal's
   * reason where nothing is left behind.
   */
  runPlugin(file: string, args: readonly string[], options: PluginOptions): Promise<PluginAnswer>
  /**
   * Starts a program that stays, and resolves once it runs.
   * @throws HostExecError when it cannot be started
   */
  start(file: string, args: readonly string[], options?: ChildOptions): Promise<Child>
}
