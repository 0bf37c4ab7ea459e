/**
 * Logs: JSON lines with the fields timestamp, level, component, monitor, problem, action, message and then what else a
 * line has, or the same for people on a terminal. The one wrapper of pino; no worker threads.
 */
import pino from 'pino'
import { escapeUnseen } from '#model'
import { errorRecord } from './error-record.ts'
import { renderPretty } from './pretty.ts'
import type { LogFields, Logger } from './types.ts'

/** The least that is logged. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
/** JSON for machines, words for people. */
export type LogFormat = 'json' | 'pretty'

export interface LogOptions {
  readonly component: string
  readonly level: LogLevel
  readonly format: LogFormat
  /** Where whole lines go. Default: standard output, which pipes and files take at once. */
  readonly write?: (line: string) => void
  readonly now?: () => Date
  /** Colours of the pretty form. Default: when standard output is a terminal and NO_COLOR is not set. */
  readonly colour?: boolean
}

/** Fields whose meaning is fixed, by us or by JavaScript: a caller's field of such a name gets an underscore. */
const RESERVED = new Set(['timestamp', 'level', 'message', '__proto__'])

/** A text of a plug-in may be as long as a message; a line of a log may not. */
const TEXT_MAX = 4096

function bounded(value: unknown): unknown {
  if (typeof value === 'string') return value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX - 1)}…` : value
  return Array.isArray(value) ? value.slice(0, 100).map(bounded) : value
}

/** A line's fields in their order. */
function record(component: string, level: LogLevel, message: string, fields: LogFields): Record<string, unknown> {
  const { monitor, problem, action, ...rest } = fields
  const told = { monitor: bounded(monitor), problem: bounded(problem), action: bounded(action) }
  const line: Record<string, unknown> = { level, component, ...told, message: bounded(message) }
  for (const [key, value] of Object.entries(rest)) line[RESERVED.has(key) ? `${key}_` : key] = bounded(value)
  return line
}

/** A logger that writes a line of JSON or of words for each entry, at once. */
export function createLogger(options: LogOptions): Logger {
  const { component, level, format, now = () => new Date() } = options
  const write = options.write ?? ((line: string) => void process.stdout.write(line))
  const colour = options.colour ?? (process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined)
  function writePretty(line: string): void {
    write(`${renderPretty(JSON.parse(line) as Record<string, unknown>, colour)}\n`)
  }
  const root = pino(
    {
      level,
      base: null,
      // pino writes level before time; with an empty level the time comes first, and the level with the fields.
      formatters: { level: () => ({}) },
      timestamp: () => `"timestamp":"${now().toISOString()}"`,
      // pino would add the text of an error under its own key as the message of the line.
      errorKey: 'no-such-field',
      serializers: { err: (err: unknown) => errorRecord(err) },
    },
    { write: format === 'json' ? (line) => write(escapeUnseen(line)) : writePretty },
  )

  function bound(own: LogFields): Logger {
    const at = (word: LogLevel) => (message: string, fields?: LogFields) => {
      if (root.isLevelEnabled(word)) root[word](record(component, word, message, { ...own, ...fields }))
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => bound({ ...own, ...fields }),
    }
  }
  return bound({})
}
