/** What was observed, or why nothing was. */
import { HostReadError } from '#host'
import type { Finding } from '#monitor-kit'
import { MalformedSourceError } from './errors.ts'

/** Why nothing could be observed. */
export interface Unobserved {
  readonly ok: false
  /** CamelCase. */
  readonly reason: string
  /** What was tried, what happened, what to do. */
  readonly message: string
}

export type Reading<T> = { readonly ok: true; readonly value: T } | Unobserved

export function observed<T>(value: T): Reading<T> {
  return { ok: true, value }
}

export function unobserved(reason: string, message: string): Unobserved {
  return { ok: false, reason, message }
}

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

/** The finding of what could not be observed: unknown, with the reason. */
export function unknownFinding(type: string, why: Unobserved, entity = ''): Finding {
  return { type, entity, health: 'unknown', reason: why.reason, message: why.message }
}

/** The parsed text, where it could be parsed. @throws MalformedSourceError */
export function understood<T>(path: string, text: string, value: T | undefined, expected: string): T {
  if (value === undefined) throw new MalformedSourceError(path, text, expected)
  return value
}
