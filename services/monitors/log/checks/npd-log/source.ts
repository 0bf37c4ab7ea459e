/** The log that a file of node-problem-detector names. */
import type { Clock } from '#clock'
import type { Host } from '#host'
import type { StartTime } from '../../reading/start-time.ts'
import { createFileSource } from '../../sources/file.ts'
import { createJournalSource } from '../../sources/journal.ts'
import { createKernelLogSource } from '../../sources/kmsg.ts'
import { createLineFormat } from '../../sources/line-format.ts'
import { createSkipList } from '../../sources/skip-list.ts'
import type { LogSource } from '../../sources/types.ts'
import type { Config } from './config.ts'
import { LogSettingError } from './errors.ts'

/** What a log is read with. */
export interface SourceContext {
  readonly host: Host
  readonly clock: Clock
  /** Hears of lines that say no time or no message. */
  readonly onUnformatted: (count: number) => void
}

/** @returns makes it, from a moment on; @throws LogSettingError, PatternError */
export function openSource(
  config: Config,
  { host, clock, onUnformatted }: SourceContext,
): (at: StartTime) => LogSource {
  const { plugin, pluginConfig, logPath, compat } = config
  // node-problem-detector has the list for files alone (B11).
  const isSkipped = createSkipList(plugin === 'filelog' || !compat.includes('B11') ? config.skipList : [])
  const { logs } = host
  if (plugin === 'kmsg') return ({ bootTime }) => createKernelLogSource({ logs, bootTime, isSkipped })
  if (plugin === 'journald') {
    const { source: identifier = '' } = pluginConfig
    if (identifier === '') throw new LogSettingError(config.path, 'pluginConfig.source', 'empty source is not allowed')
    const matches = [{ SYSLOG_IDENTIFIER: identifier }]
    return ({ start: since }) => createJournalSource({ logs, matches, directory: logPath, since, isSkipped })
  }
  if (!logPath.startsWith('/'))
    throw new LogSettingError(config.path, 'logPath', 'expected the absolute path of a file')
  const { timestamp = '', message = '', timestampFormat = '' } = pluginConfig
  const format = createLineFormat({ timestamp, message, timestampFormat, isYearOfNow: compat.includes('B15') })
  const file = { logs, clock, path: logPath, format, isSkipped, isWholeOnly: true, keepsReturn: true, onUnformatted }
  return () => createFileSource(file)
}
