/** Durations in NPD's files, and values as a fault quotes them. */
import { DurationError, parseDuration } from '#golang'
import { cut, withoutUserinfo } from '../secrets.ts'
import type { Reading } from './reading.ts'

/** As a fault quotes a value. */
export function shown(value: string): string {
  return `"${cut(withoutUserinfo(value), 80)}"`
}

/** Nanoseconds; undefined where it is no duration, which is a fault. */
export function checkDuration(reading: Reading, key: string, value: string): bigint | undefined {
  try {
    return parseDuration(value)
  } catch (err) {
    if (!(err instanceof DurationError)) throw err
    const why = cut(err.message.replace(/^time: /, ''), 300)
    reading.fault(key, `${shown(value)} is not a duration: ${why}; expected one such as "30s" or "1h30m"`)
    return undefined
  }
}
