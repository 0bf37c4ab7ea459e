/** What goes wrong in the remediator itself, in words for whoever runs it. */

/** Nothing can be remembered, so nothing is done. */
export class JournalUnusableError extends Error {
  readonly code = 'JOURNAL_UNUSABLE'
  constructor(why: string) {
    super(why)
    this.name = 'JournalUnusableError'
  }
}

/** What was asked of the remediator by a name that nothing has. */
export class NoSuchThingError extends Error {
  readonly code = 'NO_SUCH_THING'
  constructor(message: string) {
    super(message)
    this.name = 'NoSuchThingError'
  }
}

/** What was asked of the remediator is out of its bounds. */
export class OutOfBoundsError extends Error {
  readonly code = 'OUT_OF_BOUNDS'
  constructor(message: string) {
    super(message)
    this.name = 'OutOfBoundsError'
  }
}

/** An act was called off from outside: it is over, and is not gone on with. */
export class CalledOffError extends Error {
  readonly code = 'CALLED_OFF'
  constructor(why: string) {
    super(why)
    this.name = 'CalledOffError'
  }
}

/** It is asked before it works, or works no more. */
export class NotWorkingError extends Error {
  readonly code = 'NOT_WORKING'
  constructor(why: string) {
    super(why)
    this.name = 'NotWorkingError'
  }
}
