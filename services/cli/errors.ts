/** What a command line, or what it asks for, gets wrong. */

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
