/** What of a file cannot be followed. */

/** A setting names no log. */
export class LogSettingError extends Error {
  readonly code = 'LOG_SETTING_INVALID'
  /** @param path the file @param key "logPath" */
  constructor(path: string, key: string, problem: string) {
    super(`cannot follow a log by ${path}: ${key}: ${problem}`)
    this.name = 'LogSettingError'
  }
}
