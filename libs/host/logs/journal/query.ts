/** What is asked for, as arguments of journalctl. Pure. */
import { MESSAGE } from './record.ts'
import type { JournalMatch } from './types.ts'

/** Where reading begins. */
export type JournalPlace = 'start' | { readonly entry: string } | { readonly sinceRealtimeUs: number }

/** systemd's own rule (journal_field_valid). */
const NAME = /^[A-Z_][A-Z0-9_]{0,63}$/

function valid(name: string): string {
  if (NAME.test(name)) return name
  throw new TypeError(`${JSON.stringify(name)} is no name of a field; give one in capitals, such as SYSLOG_IDENTIFIER`)
}

function termsOf(match: JournalMatch): string[] {
  return Object.entries(match).flatMap(([name, value]) => {
    const values = typeof value === 'string' ? [value] : value
    if (values.length === 0 || values.some((each) => each.includes('\0')))
      throw new TypeError(`the match of ${name} has no value that a journal could hold`)
    return values.map((each) => `${valid(name)}=${each}`)
  })
}

/** One of them or another: terms of one field are alternatives, those of several hold together. @throws TypeError */
export function matchArguments(matches: readonly JournalMatch[]): string[] {
  const all = matches.map(termsOf)
  if (all.some((terms) => terms.length === 0)) return []
  return all.flatMap((terms, i) => (i === 0 ? terms : ['+', ...terms]))
}

/** The entry of a cursor comes first again where it is still there: `--after-cursor` skips another one where it is not. */
export function placeArguments(place: JournalPlace): string[] {
  if (place === 'start') return []
  if ('entry' in place) return [`--cursor=${place.entry}`]
  const us = Math.max(0, Math.floor(place.sinceRealtimeUs))
  return [`--since=@${Math.floor(us / 1_000_000)}.${String(us % 1_000_000).padStart(6, '0')}`]
}

/** @throws TypeError */
export function fieldArguments(fields: readonly string[]): string[] {
  return [`--output-fields=${[MESSAGE, ...fields.map(valid)].join(',')}`]
}
