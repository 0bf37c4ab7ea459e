/** Flags that name files of node-problem-detector, as its own command line has them. */
import { resolve } from 'node:path'

/** The flag, and the key of the configuration that it sets. */
export const EXTERNAL_MONITOR = { flag: 'config.external-monitor', key: 'npd.externalMonitors' } as const

/** One value of it, which names one file or several, separated by commas; files are looked for from where this process is. */
export function externalMonitorFlag(texts: readonly string[]): readonly FilesFlag[] {
  const { flag, key } = EXTERNAL_MONITOR
  const files = texts.flatMap((text) => text.split(',')).filter((file) => file !== '')
  if (texts.length === 0) return []
  const value = JSON.stringify(files.map((file) => resolve(file)))
  return [{ key, value, flag: `--${flag}=${texts.join(',')}` }]
}

/** What it sets of the configuration, and how it was written. */
export interface FilesFlag {
  readonly key: string
  readonly value: string
  readonly flag: string
}
