/** A stats file of node-problem-detector that asks for what cannot be. */
export class StatsFileError extends Error {
  override readonly name = 'StatsFileError'
  readonly code = 'BAD_STATS_FILE'

  /** @param path the file @param what what is wrong in it, and what is expected */
  constructor(path: string, what: string, options?: ErrorOptions) {
    super(`${path}: ${what}`, options)
  }
}
