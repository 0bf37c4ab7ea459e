/** Files, folders and file systems of the host. */

/** What `statfs(2)` says, in bytes and counts. */
export interface FsStat {
  readonly sizeBytes: number
  readonly freeBytes: number
  /** What an unprivileged user may still use. */
  readonly availableBytes: number
  readonly files: number
  readonly filesFree: number
}

/** How long a file system may be asked, and by whom. */
export interface StatfsOptions {
  readonly timeoutMs?: number
  /**
   * The caller knows that the path and all above it lie on local file systems (ext4, xfs, tmpfs …), whose statfs does
   * no I/O: asked without a helper, a hundred times cheaper. Default false.
   */
  readonly local?: boolean
}

/** How a folder is watched. */
export interface WatchOptions {
  /** Ends it. */
  readonly signal: AbortSignal
  /** Also told when a file in the folder is written, or its mode or times change. Default false: names alone. */
  readonly contents?: boolean
  /** How long a burst of changes may go on before it is told. Default 20 ms. */
  readonly settleMs?: number
  /** At least so long from one telling to the next, except for slow looks. Default 250 ms. */
  readonly gapMs?: number
  /** Told after so long even if the kernel says nothing and nothing is seen to have changed. Default 30 s. */
  readonly lookMs?: number
  /**
   * The net of a longer `lookMs`: so often it is looked whether the folder is another one, or a name in it has come or gone
   * that the kernel did not tell of. Default 30 s.
   */
  readonly netMs?: number
  /** The same where the kernel cannot say anything (no watch to be had, nothing there to watch). Default 1 s. */
  readonly blindLookMs?: number
}

/** The host's files. Paths are absolute, from the host's root; every call has a deadline. */
export interface Files {
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
  /** When a file was written last, or names in a folder came or went. @throws HostReadError */
  modified(path: string, options?: { timeoutMs?: number }): Promise<Date>
  /** Where a symbolic link points to, as it is written. @throws HostReadError */
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
   * Calls `onChange` once at the start, then whenever names in a folder may have changed: an entry came, went or has
   * another name; the folder itself came, went or was replaced, or its parents. What changed is for the caller to look
   * at: what stands there when he is told is all that was told of. Calls never overlap, bursts are one, and what happens
   * during a call is told by another. Folders below it are not watched.
   * @returns resolves when `signal` has ended it and the last call is over; rejects with what `onChange` rejects with
   * @throws TypeError for a relative path
   */
  watch(path: string, onChange: () => void | Promise<void>, options: WatchOptions): Promise<void>
}
