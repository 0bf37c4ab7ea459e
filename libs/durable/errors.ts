/** A file that holds more than any that is written here. */
export class FileTooLargeError extends Error {
  readonly code = 'FILE_TOO_LARGE'
  constructor(path: string, maxBytes: number) {
    super(`cannot read ${path}: it is larger than ${maxBytes} bytes; take it away, it is made anew`)
    this.name = 'FileTooLargeError'
  }
}

/** A folder, a device, a pipe where a file is to be. (A link is refused by the system: ELOOP.) */
export class NotPlainFileError extends Error {
  readonly code = 'NOT_A_PLAIN_FILE'
  constructor(path: string) {
    super(`cannot read ${path}: it is no plain file; take it away, it is made anew`)
    this.name = 'NotPlainFileError'
  }
}

/** A record that would be two of them: it holds a line break. A mistake of the caller. */
export class RecordError extends Error {
  readonly code = 'RECORD_HAS_LINE_BREAK'
  constructor(path: string) {
    super(`a record for ${path} holds a line break; encode it without`)
    this.name = 'RecordError'
  }
}

/** A record, or the state of a journal, for which its file has no room. */
export class RecordTooLargeError extends Error {
  readonly code = 'RECORD_TOO_LARGE'
  constructor(name: string, bytes: number, maxBytes: number) {
    super(`cannot write ${bytes} bytes to ${name}: at most ${maxBytes} have room there; cut the record`)
    this.name = 'RecordTooLargeError'
  }
}

const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/** Whether a file system refused something because it, or its user's share of it, is full: what is there can still be read, and made less. */
export function isOutOfRoom(err: unknown): boolean {
  return err instanceof Error && 'code' in err && NO_ROOM.has(err.code)
}
