/** An error in a log line. */

export interface ErrorRecord {
  readonly type: string
  readonly code?: string
  readonly message: string
  readonly stack?: string
  readonly cause?: ErrorRecord
}

/** Causes of causes beyond this are left out. */
const DEPTH_MAX = 3

/** Of a text that the other side of a socket may have written. */
const TEXT_MAX = 4096

function bounded(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text
}

function codeOf(err: Error): string | undefined {
  if (!('code' in err)) return undefined
  return typeof err.code === 'string' || typeof err.code === 'number' ? String(err.code) : undefined
}

/** An error's class, code, text, stack, and what caused it. What is no error is told as text. Never throws. */
export function errorRecord(err: unknown, depth = 0): ErrorRecord {
  if (!(err instanceof Error)) return { type: typeof err, message: bounded(text(err)) }
  const code = codeOf(err)
  return {
    type: err.name,
    ...(code === undefined ? {} : { code }),
    message: bounded(err.message),
    ...(depth === 0 && err.stack !== undefined ? { stack: bounded(err.stack) } : {}),
    ...(err.cause === undefined || depth >= DEPTH_MAX ? {} : { cause: errorRecord(err.cause, depth + 1) }),
  }
}

function text(value: unknown): string {
  try {
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value)
  } catch {
    return 'a value without text'
  }
}
