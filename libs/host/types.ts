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

export interface Host {
  /** Prefix of the host's root: "" on the machine itself, "/host" in a container, a folder in tests. */
  readonly root: string
  /**
   * Reads a small text file (at most `maxBytes`, default 1 MiB) below the root.
   * @throws HostReadError naming path, cause, and what to do. A hung read ends after `timeoutMs` (default 5,000).
   */
  readText(path: string, options?: { maxBytes?: number; timeoutMs?: number }): Promise<string>
  /** Names in a folder, sorted. @throws HostReadError */
  list(path: string): Promise<readonly string[]>
  /** undefined where the path does not exist. */
  exists(path: string): Promise<boolean>
  readLink(path: string): Promise<string>
  /** statfs in a helper that a hung mount cannot block the process with. @throws HostReadError with code `TIMEOUT` when hung. */
  statfs(path: string, options?: { timeoutMs?: number }): Promise<FsStat>
  /** Runs a program, argv only, own process group, ended at the deadline. @throws HostExecError only when it cannot be started. */
  exec(file: string, args: readonly string[], options: ExecOptions): Promise<ExecResult>
  /** /proc/sys/kernel/random/boot_id. */
  bootId(): Promise<string>
  hostname(): string
}
