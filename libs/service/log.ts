/**
 * Logs: JSON lines with the fields timestamp, level, component, monitor, problem, action, message, or the same for
 * people on a terminal. The one wrapper of pino; no worker threads.
 */
import pino from 'pino'
import type { LogFields, Logger } from './types.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogOptions {
  readonly component: string
  readonly level: LogLevel
  readonly format: 'json' | 'pretty'
  /** Where lines go. Default: standard output, written at once. */
  readonly write?: (line: string) => void
  readonly now?: () => Date
}

/** The order in which the seed's fields stand in a line; what else a line has comes after them. */
const FIRST = ['timestamp', 'level', 'component', 'monitor', 'problem', 'action', 'message'] as const

interface ErrorRecord {
  readonly type: string
  readonly code?: string
  readonly message: string
  readonly stack?: string
  readonly cause?: ErrorRecord
}

/** An error as a record: its class, code, text, and what caused it, three deep. */
export function errorRecord(err: unknown, depth = 0): ErrorRecord {
  if (!(err instanceof Error)) return { type: typeof err, message: String(err) }
  const code = 'code' in err && typeof err.code === 'string' ? err.code : undefined
  return {
    type: err.name,
    ...(code === undefined ? {} : { code }),
    message: err.message,
    ...(depth === 0 && err.stack !== undefined ? { stack: err.stack } : {}),
    ...(err.cause === undefined || depth >= 3 ? {} : { cause: errorRecord(err.cause, depth + 1) }),
  }
}

const COLOURS = { debug: '\u001b[2m', info: '\u001b[36m', warn: '\u001b[33m', error: '\u001b[31m' } as const
const PLAIN = '\u001b[0m'

/** A line for people: "03:14:20 warn detector monitor is lost monitor=gpu reason=…". */
export function renderPretty(record: Record<string, unknown>, colour: boolean): string {
  const { timestamp, level, component, message, err, ...rest } = record
  const word = String(level) as LogLevel
  const fields = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const why = typeof err === 'object' && err !== null && 'message' in err ? [`(${String(err.message)})`] : []
  const shown = colour ? `${COLOURS[word] ?? ''}${word.padEnd(5)}${PLAIN}` : word.padEnd(5)
  return [String(timestamp).slice(11, 19), shown, component, message, ...fields, ...why].join(' ')
}

/** The fields that FIRST names, in its order, then the others. */
function ordered(record: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const key of FIRST) if (record[key] !== undefined) out[key] = record[key]
  for (const [key, value] of Object.entries(record)) if (!(key in out) && value !== undefined) out[key] = value
  return out
}

export function createLogger(options: LogOptions): Logger {
  const { component, level, format, now = () => new Date() } = options
  const write = options.write ?? ((line: string) => void process.stdout.write(line))
  const colour = format === 'pretty' && process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined
  const root = pino(
    {
      level,
      messageKey: 'message',
      base: null,
      timestamp: () => `,"timestamp":"${now().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (err: unknown) => errorRecord(err) },
    },
    {
      write(line: string) {
        const record = ordered({ component, ...(JSON.parse(line) as Record<string, unknown>) })
        write(`${format === 'json' ? JSON.stringify(record) : renderPretty(record, colour)}\n`)
      },
    },
  )

  function wrap(logger: pino.Logger): Logger {
    const at = (word: LogLevel) => (message: string, fields?: LogFields) => logger[word](fields ?? {}, message)
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => wrap(logger.child(fields)),
    }
  }
  return wrap(root)
}
