/** Calls on the file system that have a deadline, and errors that say what to do. */
import { codeOf, HostReadError } from '../errors.ts'
import type { Guard } from './guard.ts'
import { resolveBelow } from './rooted-path.ts'

export const DEFAULT_TIMEOUT_MS = 5_000

/** What is asked, for the error's text. */
export interface Question {
  /** "read" */
  readonly action: string
  /** As it was asked for, without the root. */
  readonly path: string
  /** Default 5 s. */
  readonly timeoutMs?: number | undefined
}

/** Turns what the system says into a HostReadError; leaves those that are one. */
function wrapped({ action, path }: Question, cause: unknown): Error {
  if (cause instanceof HostReadError || cause instanceof TypeError) return cause
  return new HostReadError({ action, path, code: codeOf(cause), cause })
}

/** One guarded call. @param late takes what came after the deadline @throws HostReadError */
export async function guarded<T>(
  guard: Guard,
  question: Question,
  operation: () => Promise<T>,
  late?: (value: T) => void,
): Promise<T> {
  const { action, path, timeoutMs = DEFAULT_TIMEOUT_MS } = question
  try {
    return await guard.run({ action, path, timeoutMs }, operation, late)
  } catch (error) {
    throw wrapped(question, error)
  }
}

/** One guarded call on the real place of a path below the root. @throws HostReadError; TypeError for a relative path */
export function ask<T>(
  guard: Guard,
  root: string,
  question: Question,
  operation: (realPath: string) => Promise<T>,
  late?: (value: T) => void,
): Promise<T> {
  return guarded(guard, question, async () => operation(await resolveBelow(root, question.path)), late)
}
