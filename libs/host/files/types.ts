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

export interface StatfsOptions {
  readonly timeoutMs?: number
  /**
   * The caller knows that the path and all above it lie on local file systems (ext4, xfs, tmpfs …), whose statfs does
   * no I/O: asked without a helper, a hundred times cheaper. Default false.
   */
  readonly local?: boolean
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
}
