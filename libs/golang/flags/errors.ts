/** A command line that is refused, in the words of Go's pflag. */
export class FlagError extends Error {
  readonly code = 'BAD_FLAG'
  /** A program ends with it, after its usage and the message. */
  readonly exitCode = 2
  constructor(message: string) {
    super(message)
    this.name = 'FlagError'
  }
}

/** A text that is no value of a flag's kind, in the words of Go's strconv, encoding/csv and time. */
export class FlagValueError extends Error {
  readonly code = 'BAD_FLAG_VALUE'
  constructor(message: string) {
    super(message)
    this.name = 'FlagValueError'
  }
}
