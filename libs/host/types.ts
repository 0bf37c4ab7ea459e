/**
 * The only door to the machine. Everything that reads /proc, /sys, /dev or runs a program goes through a {@link Host},
 * rooted at a configurable prefix, so that tests point at a captured tree and a container at `/host`.
 */

/** What `statfs(2)` says, in bytes and counts. */
export interface FsStat {
  readonly sizeBytes: number
  readonly freeBytes: number
  /** What an unprivileged user may still use. */
  readonly availableBytes: number
  readonly files: number
  readonly filesFree: number
}

export interface StatfsOptions {
  readonly timeoutMs?: number
  /**
   * The caller knows that the path and all above it lie on local file systems (ext4, xfs, tmpfs …), whose statfs does
   * no I/O: asked without a helper, a hundred times cheaper. Default false.
   */
  readonly local?: boolean
}

export interface ExecResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  /** Output beyond `maxOutputBytes` was cut. */
  readonly truncated: boolean
}

export interface ExecOptions {
  readonly timeoutMs: number
  /** Each of stdout and stderr. Default 64 KiB. */
  readonly maxOutputBytes?: number
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** In the host's namespaces (nsenter to PID 1) when a prefix is set. Default false. */
  readonly onHost?: boolean
}

/** How a child ended: by itself with a code, or by a signal. */
export interface ChildExit {
  /** null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ChildOptions {
  /** The whole environment of the child. Default: PATH and the C locale, nothing else. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default "/". */
  readonly cwd?: string
  /** One line of output without its end. Absent: output is thrown away. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Longer lines are cut, the rest of them is thrown away. Default 16 KiB. */
  readonly maxLineBytes?: number
  /** The child writes to our own stdout and stderr; `onLine` is not used. Default false. */
  readonly inheritOutput?: boolean
  /** The kernel ends the child (SIGKILL) when this process dies, in whatever way. Needs `setpriv`. Default false. */
  readonly dieWithParent?: boolean
  /** Called once, when `exited` resolves. */
  readonly onExit?: (exit: ChildExit) => void
}

/** A long-running program, in a process group of its own (a Ctrl-C at the terminal does not reach it). */
export interface Child {
  readonly pid: number
  /** Resolves when it has ended. What it left in its process group is ended then, too. Never rejects. */
  readonly exited: Promise<ChildExit>
  /** Signals the whole group. false when it has already ended. */
  kill(signal: NodeJS.Signals): boolean
  /** SIGTERM, after `graceMs` SIGKILL. Resolves when it has ended. */
  stop(graceMs: number): Promise<ChildExit>
}

export interface Host {
  /** Prefix of the host's root: "" on the machine itself, "/host" in a container, a folder in tests. */
  readonly root: string
  /**
   * Reads a small text file (at most `maxBytes`, default 1 MiB) below the root.
   * @throws HostReadError naming path, cause, and what to do. A hung read ends after `timeoutMs` (default 5,000).
   */
  readText(path: string, options?: { maxBytes?: number; timeoutMs?: number }): Promise<string>
  /**
   * Many small files of /proc and /sys at once (the `stat` of each process), ten times cheaper than one by one.
   * undefined for one that cannot be read or is gone; at most 4 KiB of each.
   * @throws TypeError for a path elsewhere, which might hang
   */
  readEach(paths: readonly string[]): Promise<readonly (string | undefined)[]>
  /** Names in a folder, sorted. @throws HostReadError */
  list(path: string): Promise<readonly string[]>
  /** false where there is no such path. @throws HostReadError when that cannot be told. */
  exists(path: string): Promise<boolean>
  readLink(path: string): Promise<string>
  /** The path with all symbolic links followed below the root, without the root. @throws HostReadError */
  realPath(path: string): Promise<string>
  /**
   * statfs that a hung mount cannot block the process with: a helper program asks, and is left behind when it hangs.
   * A path that hangs is not asked again until that helper has ended.
   * @throws HostReadError with code `TIMEOUT` when hung (after `timeoutMs`, default 5,000).
   */
  statfs(path: string, options?: StatfsOptions): Promise<FsStat>
  /**
   * Runs a program: argv only, environment of PATH, the C locale and `env`, own process group. At the deadline the group
   * gets SIGTERM, 2 s later SIGKILL; one that does not even end then (uninterruptible sleep) is left behind.
   * @throws HostExecError when it cannot be started. Rejects with the signal's reason when aborted.
   */
  exec(file: string, args: readonly string[], options: ExecOptions): Promise<ExecResult>
  /** /proc/sys/kernel/random/boot_id. */
  bootId(): Promise<string>
  hostname(): string
}
