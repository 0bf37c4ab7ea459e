/** What keeps the command from starting, with the exit code that node-problem-detector has for it. */
export class NpdStartError extends Error {
  readonly code = 'NPD_START'
  readonly exitCode: number
  constructor(message: string, exitCode: number) {
    super(message)
    this.name = 'NpdStartError'
    this.exitCode = exitCode
  }
}

/** A command line that makes no sense; a panic there. */
export const EXIT_USAGE = 2
/** A configuration that leaves nothing to do; klog's Fatal there. */
export const EXIT_FATAL = 255
