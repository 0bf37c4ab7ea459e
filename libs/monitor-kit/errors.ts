/** What is wrong with a monitor's definition, or kept a check from looking. */

/** A check or monitor that could not work, refused where it is defined. */
export class DefinitionError extends Error {
  readonly code = 'DEFINITION_INVALID'
  /** @param what 'check "disk-health-check"' */
  constructor(what: string, problem: string) {
    super(`${what} cannot be defined: ${problem}`)
    this.name = 'DefinitionError'
  }
}

/** The configuration gives this monitor a check that it does not have: the catalogue is older than the code, or newer. */
export class CheckUnknownError extends Error {
  readonly code = 'CHECK_UNKNOWN'
  constructor(monitor: string, check: string, type: string, known: readonly string[]) {
    super(
      `monitor ${monitor} cannot run ${check}: it has no check of type ${type}, only ${known.join(', ')}; make the catalogue anew (make generate)`,
    )
    this.name = 'CheckUnknownError'
  }
}

/** A run that its deadline ended; its conditions are unknown. */
export class CheckTimedOutError extends Error {
  readonly code = 'CHECK_TIMED_OUT'
  constructor(check: string, ms: number) {
    super(`check ${check} did not answer within ${ms} ms`)
    this.name = 'CheckTimedOutError'
  }
}

/** A run whose deadline has passed and that still has not ended: no other is started beside it. */
export class CheckHangsError extends Error {
  readonly code = 'CHECK_HANGS'
  constructor(check: string, ms: number) {
    super(`a run of check ${check} has not ended for ${Math.round(ms / 1000)} s; the next is started when it has`)
    this.name = 'CheckHangsError'
  }
}

/** A check said something it has not declared. */
export class UndeclaredError extends Error {
  readonly code = 'UNDECLARED'
  constructor(check: string, types: readonly string[]) {
    super(`check ${check} reported ${types.join(', ')}, which it does not declare`)
    this.name = 'UndeclaredError'
  }
}

/** A check's folder below the state directory cannot be made. */
export class StateFolderError extends Error {
  readonly code = 'STATE_FOLDER_MISSING'
  constructor(path: string, cause: unknown) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    super(`cannot make ${path}: ${why}; mount a folder there that this monitor may write`, { cause })
    this.name = 'StateFolderError'
  }
}

/** A folder does not answer: its file system hangs. */
export class FolderHangsError extends Error {
  readonly code = 'FOLDER_HANGS'
  constructor(ms: number) {
    super(`its folder has not answered within ${ms} ms; look at the mount that it is on`)
    this.name = 'FolderHangsError'
  }
}

/** Whether a cursor is kept, and which, cannot be known now: the disk that it is on fails, or the process has no room to look. */
export class CursorUnreadableError extends Error {
  readonly code = 'CURSOR_UNREADABLE'
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`cannot read where its source was read up to: ${why}; it is tried again`, { cause })
    this.name = 'CursorUnreadableError'
  }
}

/** A check stopped following its source by itself. */
export class FollowEndedError extends Error {
  readonly code = 'FOLLOW_ENDED'
  constructor(check: string) {
    super(`check ${check} stopped following its source`)
    this.name = 'FollowEndedError'
  }
}

/** A check that follows says more than it may without waiting for room. */
export class ToldAheadError extends Error {
  readonly code = 'TOLD_AHEAD'
  constructor(check: string, most: number) {
    super(`check ${check} has told ${most} things ahead without waiting until there is room`)
    this.name = 'ToldAheadError'
  }
}

/** A check names more conditions than may be known of it; those that are known stay. */
export class TooManyConditionsError extends Error {
  readonly code = 'TOO_MANY_CONDITIONS'
  constructor(check: string, most: number) {
    super(
      `check ${check} names more than ${most} conditions; what is beyond them is not told, until it withdraws others`,
    )
    this.name = 'TooManyConditionsError'
  }
}

/** A check told a cursor that cannot be kept. */
export class CursorError extends Error {
  readonly code = 'CURSOR_INVALID'
  constructor(check: string, bytes: number, most: number) {
    const what = bytes === 0 ? 'is nothing that JSON knows' : `is ${bytes} bytes long`
    super(`a cursor of check ${check} ${what}; expected JSON of at most ${most} bytes`)
    this.name = 'CursorError'
  }
}

/** What an instance of a check declares is not what it may declare: nothing of it is taken. */
export class DeclarationError extends Error {
  readonly code = 'DECLARATION_INVALID'
  constructor(check: string, problem: string) {
    super(`check ${check} cannot look: ${problem}`)
    this.name = 'DeclarationError'
  }
}
