/** What a command line, or what it asks for, gets wrong. */
import { ConfigErrors, type ConfigProblem } from '#config'
import { deniedWords } from '#rpc'

/** A wrong command line or configuration. */
export const EXIT_USAGE = 2
/** More faults are counted, not listed. */
const LISTED_MAX = 200

export class CliUsageError extends Error {
  readonly code = 'CLI_USAGE'
  constructor(message: string) {
    super(message)
    this.name = 'CliUsageError'
  }
}

export class AlreadyRunningError extends Error {
  readonly code = 'ALREADY_RUNNING'
  constructor(runDir: string) {
    super(`Node Doctor already runs on ${runDir}; stop it first, or choose another folder with --run-dir`)
    this.name = 'AlreadyRunningError'
  }
}

/** Somebody's lock of a run directory, which this process may not ask whether it is held. */
export class LockDeniedError extends Error {
  readonly code = 'LOCK_DENIED'
  constructor(runDir: string, path: string) {
    super(
      `cannot tell whether Node Doctor already runs on ${runDir}: no permission to connect to ${path}: ${deniedWords(path)}; start it as root or as that owner, or choose another folder with --run-dir`,
    )
    this.name = 'LockDeniedError'
  }
}

export class NotBuiltError extends Error {
  readonly code = 'NOT_BUILT'
  constructor(path: string) {
    super(`cannot start ${path}: it is not built; run "make build"`)
    this.name = 'NotBuiltError'
  }
}

/** A folder that is needed and cannot be used. */
export class FolderError extends Error {
  readonly code = 'FOLDER_UNUSABLE'
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'FolderError'
  }
}

/** What a command refuses, as its `-o json` says it. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly advice: string
  /** Every fault of a configuration. */
  readonly problems?: readonly ConfigProblem[]
}

/** Errors that say all there is to say; undefined for what nobody expected. */
export function refusalOf(err: unknown): Refusal | undefined {
  if (err instanceof ConfigErrors) {
    const message = (err.message.split('\n')[0] ?? '').replace(/:$/, '')
    const advice = 'Mend every fault that is listed; "node-doctor validate FILE" looks again.'
    return { code: err.code, message, advice, problems: [...err.problems, ...err.inFiles].slice(0, LISTED_MAX) }
  }
  const isPlain =
    err instanceof AlreadyRunningError ||
    err instanceof LockDeniedError ||
    err instanceof NotBuiltError ||
    err instanceof FolderError
  if (isPlain) return { code: err.code, message: err.message, advice: '' }
  return undefined
}
