/** When a line of a file was written, and what of it is looked at. Pure. */
import { createLineFormat, type LineFormat } from '../../sources/line-format.ts'
import type { Config } from './config.ts'

/** The whole line; one that says no time is of that of the line before, since it goes on with it. @throws PatternError */
export function createFileFormat({
  timestamp,
  timestampFormat,
}: Pick<Config, 'timestamp' | 'timestampFormat'>): LineFormat {
  if (timestamp === '') return { read: (message, at) => ({ at, message }) }
  const format = createLineFormat({ timestamp, timestampFormat, message: '' })
  let before: Date | undefined
  return {
    read(message, now) {
      before = format.read(message, now)?.at ?? before
      return { at: before ?? now, message }
    },
  }
}
