/** The text of the file that says which conditions are raised. Pure. */
import { MAX_MESSAGE, SEVERITIES, type Severity, wholeText } from '#model'
import type { Raised } from './types.ts'

/** Room for more than ten thousand conditions; of their messages as much as is told. */
export const BYTES_MAX = 4 * 1024 * 1024

/** A raised condition with its time on the wall clock, which outlives a reboot. */
export type Row = Omit<Raised, 'seenMonoMs'> & { readonly seenMs: number }

function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null) return false
  const { type, entity, ruleId, reason, message, severity, sinceMs, seenMs } = value as Partial<
    Record<keyof Row, unknown>
  >
  return (
    [type, entity, ruleId, reason, message].every((text) => typeof text === 'string') &&
    SEVERITIES.includes(severity as Severity) &&
    Number.isFinite(sinceMs) &&
    Number.isFinite(seenMs)
  )
}

/** A rule of which it is not known what it has raised. Its id may be of no rule any more: then its condition type counts. */
export interface Doubt {
  readonly ruleId: string
  readonly type: string
}

/** What tells one content from another. */
export function signatureOf(rows: readonly Row[], doubtful: readonly Doubt[] = []): string {
  return JSON.stringify([rows.map(({ message: _words, ...row }) => row), doubtful])
}

/** Of a file that nobody has written. */
export const NOTHING = '{"bootId":"","raised":[]}'

function isDoubt(value: unknown): value is Doubt {
  if (typeof value !== 'object' || value === null) return false
  const { ruleId, type } = value as Partial<Record<keyof Doubt, unknown>>
  return typeof ruleId === 'string' && typeof type === 'string'
}

function isDoubts(value: unknown): value is readonly Doubt[] {
  return Array.isArray(value) && value.every(isDoubt)
}

/** What stands in the file. */
export interface Content {
  readonly bootId: string
  readonly rows: readonly Row[]
  /** Undefined: of all rules. */
  readonly doubtful: readonly Doubt[] | undefined
  /** By how much the wall clock was ahead of the monotonic one. */
  readonly clockMs: number | undefined
}

/** @throws SyntaxError for what nobody here has written */
export function contentOf(text: string): Content {
  const value = JSON.parse(text) as Readonly<
    Partial<Record<'bootId' | 'raised' | 'isAll' | 'doubtful' | 'clockMs', unknown>>
  > | null
  if (!Array.isArray(value?.raised)) throw new SyntaxError('no conditions stand in it')
  const rows: readonly unknown[] = value.raised
  const { doubtful = [] } = value
  const isAll = value.isAll !== false && rows.every(isRow) && isDoubts(doubtful)
  return {
    bootId: typeof value.bootId === 'string' ? value.bootId : '',
    rows: rows.filter(isRow),
    doubtful: isAll ? doubtful : undefined,
    clockMs: Number.isFinite(value.clockMs) ? (value.clockMs as number) : undefined,
  }
}

/** Of one that nobody can read any more. */
export const NO_CONTENT: Content = { bootId: '', rows: [], doubtful: undefined, clockMs: undefined }

/** With as much of each message as there is room for; where the rows alone have none, the last are left out, and it says so. */
export function textOf(rows: readonly Row[], about: object): string {
  for (const bytes of [MAX_MESSAGE, 100, 0]) {
    const raised = rows.map((row) => ({ ...row, message: wholeText(row.message, bytes) }))
    const text = JSON.stringify({ ...about, raised })
    if (Buffer.byteLength(text) <= BYTES_MAX) return text
  }
  return textOf(rows.slice(0, Math.floor(rows.length / 2)), { ...about, isAll: false })
}
