/** What a clean-up may do, as the permit has it: every parameter is text. Pure. */

/** See `remediation.diskCleanup` of the configuration. */
export interface CleanupParameters {
  readonly untilUsedPercent: number
  readonly journalMaxBytes: number
  readonly logRoots: readonly string[]
  readonly logsOlderThanMs: number
  readonly tempRoots: readonly string[]
  readonly tempOlderThanMs: number
  readonly images: boolean
}

function listOf(text = '[]'): readonly string[] {
  const list: unknown = JSON.parse(text)
  return Array.isArray(list) ? list.map(String) : []
}

/** Of what is missing nothing is done. */
export function parseCleanup(parameters: Readonly<Record<string, string>>): CleanupParameters {
  const number = (name: string): number => Number(parameters[name] ?? Number.POSITIVE_INFINITY)
  return {
    untilUsedPercent: number('untilUsedPercent'),
    journalMaxBytes: number('journalMaxBytes'),
    logRoots: listOf(parameters['logRoots']),
    logsOlderThanMs: number('logsOlderThanMs'),
    tempRoots: listOf(parameters['tempRoots']),
    tempOlderThanMs: number('tempOlderThanMs'),
    images: parameters['images'] === 'true',
  }
}
