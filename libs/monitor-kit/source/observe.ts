/** Reads the machine, so that a failure to read is a value and not an error. */
import { HostReadError } from '#host'
import { observed, type Reading, type Unobserved, unobserved } from '../evaluate/reading.ts'
import { MalformedSourceError } from './errors.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'SourceMissing',
  EACCES: 'ReadRefused',
  EPERM: 'ReadRefused',
  TIMEOUT: 'ReadTimedOut',
}

/**
 * The reading of what `read` resolves to. Anything but a failure to read is a fault of ours and is thrown on.
 * @param explain a better word for some failures
 */
export async function observe<T>(
  read: () => Promise<T>,
  explain?: (error: HostReadError) => Unobserved | undefined,
): Promise<Reading<T>> {
  try {
    return observed(await read())
  } catch (error) {
    if (error instanceof MalformedSourceError) return unobserved('SourceMalformed', error.message)
    if (error instanceof HostReadError) {
      return explain?.(error) ?? unobserved(REASONS[error.code] ?? 'ReadFailed', error.message)
    }
    throw error
  }
}

/** The parsed text, where it could be parsed. @throws MalformedSourceError */
export function understood<T>(path: string, text: string, value: T | undefined, expected: string): T {
  if (value === undefined) throw new MalformedSourceError(path, text, expected)
  return value
}
