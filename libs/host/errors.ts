/** What can go wrong at the machine's door: one class for reading, one for running. */

/** What to do about a failed read, by its code. */
function readAdvice(code: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'check the path, and that settings.hostRoot names where the host is mounted'
    case 'EACCES':
    case 'EPERM':
      return 'run as a user that may read it, or give the container the capability it needs'
    case 'TIMEOUT':
      return 'the file system or device behind it hangs; look at its mount'
    case 'TOO_LARGE':
      return 'it is not the small file that is expected here'
    case 'NOT_A_FILE':
      return 'a folder, a pipe or a device stands there; name a plain file'
    case 'ELOOP':
      return 'its links lead in a circle'
    case 'HELPER_MISSING':
      return 'install coreutils'
    case 'NO_IP':
      return 'install ip (Debian: iproute2)'
    case 'IP_FAILED':
      return 'run it there to see why'
    case 'NO_JOURNALCTL':
      return 'install journalctl (Debian: systemd)'
    case 'DMESG_FAILED':
      return 'run dmesg -S -r there to see why'
    case 'JOURNALCTL_FAILED':
      return 'run journalctl there to see why'
    default:
      return 'see the code'
  }
}

/**
 * A file, folder or file system could not be read. `code` is the system's (`ENOENT`, `EACCES`, `EIO` …), or `TIMEOUT`,
 * `TOO_LARGE`, `HELPER_MISSING` (statfs's helper program), `MALFORMED` (an answer that makes no sense), `NO_JOURNALCTL`,
 * `JOURNALCTL_FAILED`, `DMESG_FAILED`, `NO_IP`, `IP_FAILED`.
 */
export class HostReadError extends Error {
  override readonly name = 'HostReadError'
  readonly code: string
  /** As it was asked for, without the root. */
  readonly path: string

  constructor(options: { action: string; path: string; code: string; detail?: string; cause?: unknown }) {
    const detail = options.detail === undefined ? '' : ` (${options.detail})`
    super(`cannot ${options.action} ${options.path}: ${options.code}${detail}; ${readAdvice(options.code)}`, {
      cause: options.cause,
    })
    this.code = options.code
    this.path = options.path
  }
}

/** A program could not be started. `code` is the system's: `ENOENT`, `EACCES`, `E2BIG`, `EAGAIN`, `ENOEXEC`; `TIMEOUT` where its mount hangs. */
export class HostExecError extends Error {
  override readonly name = 'HostExecError'
  readonly code: string
  readonly file: string

  /** @param options `advice` where more is known than the code says */
  constructor(options: { file: string; code: string; advice?: string | undefined; cause?: unknown }) {
    const advice = options.advice ?? execAdvice(options.code)
    super(`cannot start ${options.file}: ${options.code}; ${advice}`, { cause: options.cause })
    this.code = options.code
    this.file = options.file
  }
}

function execAdvice(code: string): string {
  switch (code) {
    case 'ENOENT':
      return 'install it, or check the path and the working directory'
    case 'EACCES':
      return 'make it, and the interpreter that it names, executable for this user'
    case 'E2BIG':
      return 'its arguments and environment are too long'
    case 'ENOTDIR':
      return 'a part of its path is no folder'
    case 'ELOOP':
      return 'its links, or the interpreters that it names, lead in a circle'
    case 'EAGAIN':
      return 'the limit of processes is reached'
    case 'ENOEXEC':
      return 'build it for this machine, or let it begin with the interpreter that runs it (#!/bin/sh)'
    case 'ETXTBSY':
      return 'somebody writes to it'
    case 'ERR_INVALID_ARG_VALUE':
      return 'leave the NUL out of its arguments and environment'
    case 'TIMEOUT':
      return 'its mount hangs'
    default:
      return 'see the code'
  }
}

/**
 * Why a program did not start, without what it was given, which may be a secret: Node's error has all arguments as a field, and of
 * one with a NUL in it, or a variable, the text in its words.
 */
export function withoutGiven(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause
  const code = codeOf(cause)
  const isOfNode = code.startsWith('ERR_')
  const bare = new Error(
    isOfNode ? 'an argument or a variable of it is none that a program can be given' : cause.message,
  )
  if (!isOfNode && cause.stack !== undefined) bare.stack = cause.stack
  return Object.assign(bare, { code })
}

/** The system's code of a Node error; "UNKNOWN" where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN'
}
