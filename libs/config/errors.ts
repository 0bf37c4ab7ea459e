/** What is wrong with a configuration. */

import { cut } from './secrets.ts'

/** One fault, with the place where it stands. */
export interface ConfigProblem {
  /** Where a reader finds it: "config.yaml:6:5", "NODE_DOCTOR_LOG_LEVEL", "--set bus.port=0"; "" for the file as a whole. */
  readonly where: string
  /** "monitors[1].interval"; "" when it is not about one key. */
  readonly path: string
  /** `"30" is not a duration; expected a number with a unit such as "30s"`. */
  readonly text: string
}

/** More faults than this are counted, not listed. */
const LISTED_MAX = 200

/** One line, whatever stands in the keys: where, key, what is wrong. */
export function renderProblem({ where, path, text }: ConfigProblem): string {
  return [where, path, text]
    .filter((part) => part !== '')
    .map((part) => cut(part, 600))
    .join(': ')
}

/**
 * The configuration cannot be used; nothing of it takes effect. Lists every fault at once.
 * Plain data in, so that it can be made again on the other side of a thread.
 */
export class ConfigErrors extends Error {
  override readonly name = 'ConfigErrors'
  readonly code = 'CONFIG_INVALID'
  readonly problems: readonly ConfigProblem[]
  /** What is wrong beside it, in files that it names. */
  readonly inFiles: readonly ConfigProblem[]
  /** What was loaded: "config.yaml". */
  readonly source: string

  constructor(source: string, problems: readonly ConfigProblem[], options?: ConfigErrorsOptions) {
    const inFiles = options?.inFiles ?? []
    const lines = listed(`cannot use the configuration (${source})`, problems)
    const more = inFiles.length === 0 ? [] : listed('and of the files of node-problem-detector', inFiles)
    super([...lines, ...more].join('\n'), options)
    this.problems = problems
    this.inFiles = inFiles
    this.source = source
  }
}

/** What may be known of it beside. */
export interface ConfigErrorsOptions extends ErrorOptions {
  readonly inFiles?: readonly ConfigProblem[]
}

function listed(head: string, problems: readonly ConfigProblem[]): string[] {
  const shown = problems.slice(0, LISTED_MAX).map((problem) => `  ${renderProblem(problem)}`)
  const more = problems.length > LISTED_MAX ? [`  and ${problems.length - LISTED_MAX} more`] : []
  const count = problems.length === 1 ? '1 error' : `${problems.length} errors`
  return [`${head}, ${count}:`, ...shown, ...more]
}
