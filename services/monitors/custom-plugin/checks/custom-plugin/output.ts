/** What a plug-in prints: a text with a word before it, a JSON object, or a line of Nagios. Pure. */
import { MEASURED_MAX, type Measured, performanceOf } from './performance.ts'

/** How it says that it stands. */
export type PluginStatus = 'ok' | 'warning' | 'critical' | 'unknown'

/** What it prints. */
export interface Printed {
  /** What its words say; undefined: they say nothing of it. */
  readonly status: PluginStatus | undefined
  readonly message: string
  readonly measured: readonly Measured[]
}

const WORDS: Readonly<Record<string, PluginStatus>> = {
  ok: 'ok',
  good: 'ok',
  pass: 'ok',
  healthy: 'ok',
  warn: 'warning',
  warning: 'warning',
  crit: 'critical',
  critical: 'critical',
  error: 'critical',
  fail: 'critical',
  unknown: 'unknown',
}

function statusOf(word: string): PluginStatus | undefined {
  const known = word.toLowerCase()
  return Object.hasOwn(WORDS, known) ? WORDS[known] : undefined
}

/** "WARNING: 80 % used" */
const PREFIX = /^(OK|WARNING|CRITICAL|ERROR|UNKNOWN):\s*/i

function parseSimple(text: string): Printed {
  const [prefix = '', word = ''] = PREFIX.exec(text) ?? []
  return { status: statusOf(word), message: text.slice(prefix.length), measured: [] }
}

/** `{"status": "warning", "message": "…", "metrics": {"queue": 7}}`; undefined where it is none. */
function parseObject(text: string): Printed | undefined {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return undefined
  const { status, message, metrics } = said as Readonly<Record<string, unknown>>
  const known = typeof status === 'string' ? statusOf(status.trim()) : undefined
  if (status !== undefined && known === undefined) return undefined
  const numbers = Object.entries(metrics ?? {}).filter((entry): entry is [string, number] => Number.isFinite(entry[1]))
  return {
    status: known,
    message: typeof message === 'string' ? message : '',
    measured: numbers.slice(0, MEASURED_MAX).map(([name, value]) => ({ name, value, unit: '' })),
  }
}

/** A word that may stand before it: "DISK WARNING - free space: …". */
const NAGIOS_WORD = /^(?:\S+ )?(OK|WARNING|CRITICAL|UNKNOWN)\b/

/** The first line up to `|` is the message; performance data stands behind it, and behind a second `|` further down. */
function parseNagios(text: string): Printed {
  const [line = '', ...rest] = text.split('\n')
  const [message = '', ...performance] = line.split('|')
  const further = rest.join('\n').split('|').slice(1).join(' ')
  const [, word = ''] = NAGIOS_WORD.exec(message) ?? []
  const data = `${performance.join(' ')} ${further}`
  return { status: statusOf(word), message: message.trim(), measured: performanceOf(data) }
}

/** @returns undefined where it is not of that format */
export function parseOutput(text: string, format: 'simple' | 'json' | 'nagios'): Printed | undefined {
  switch (format) {
    case 'json':
      return parseObject(text)
    case 'nagios':
      return parseNagios(text)
    case 'simple':
      return parseSimple(text)
  }
}

/** Of what its exit code says and what its words say the worse: a problem before what is not known, that before what is well. */
export function worseOf(exitCode: number, status: PluginStatus | undefined): PluginStatus {
  const byCode = exitCode === 0 ? 'ok' : exitCode === 1 ? 'warning' : exitCode === 2 ? 'critical' : 'unknown'
  const order = ['critical', 'warning', 'unknown', 'ok'] as const
  return order.find((one) => one === byCode || one === status) ?? 'unknown'
}
