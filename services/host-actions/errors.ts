/** What goes wrong here is an attempt's end, in words; only what nobody foresaw is an error. */

const WORDS_MAX = 512

/** An error in one line. */
export function wordsOf(err: unknown): string {
  const text = err instanceof Error ? err.message : String(err)
  return text.replace(/\s+/g, ' ').slice(0, WORDS_MAX)
}

/** The container runtime did not answer; in words of the question's own. */
export class NoAnswerError extends Error {
  readonly code = 'RUNTIME_NO_ANSWER'
  constructor(message: string) {
    super(message)
    this.name = 'NoAnswerError'
  }
}

/** Docker did not answer, or not as its API says. */
export class DockerError extends Error {
  readonly code = 'DOCKER_FAILED'
  constructor(what: string, cause?: unknown) {
    super(`Docker did not ${what}`, { cause })
    this.name = 'DockerError'
  }
}

/** /proc/uptime has no number. */
export class UptimeUnknownError extends Error {
  readonly code = 'UPTIME_UNKNOWN'
  constructor() {
    super('how long the machine is up cannot be told: /proc/uptime has no number')
    this.name = 'UptimeUnknownError'
  }
}
