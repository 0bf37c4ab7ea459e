/** Rules and lines that tests make. */
import type { LogLine } from '../sources/types.ts'
import { compileRules, type RuleSource } from './compile.ts'
import type { Rule } from './types.ts'

type Recover = NonNullable<RuleSource['recover']>
type RecoverOver = Omit<Recover, 'unmounted'> & Partial<Recover>

/** What a test says of a rule. */
export type RuleOver = Partial<Omit<RuleSource, 'recover'>> &
  Pick<RuleSource, 'match'> & { readonly recover?: RecoverOver | undefined }

/** A rule with the defaults of its schema. */
export function ruleSource({ recover, ...over }: RuleOver): RuleSource {
  const ends = recover && { unmounted: false, ...recover }
  return { reason: 'Matched', entity: '', severity: 'warning', lines: 1, recover: ends, ...over }
}

export function rulesOf(...sources: readonly RuleOver[]): readonly Rule[] {
  return compileRules(sources.map(ruleSource))
}

/** Of a test's log: the times of its lines count from here. */
export const BEGAN_MS = Date.UTC(2026, 0, 1)

/** Line number `index`, said `atMs` after the log began (default: a second for each line). */
export function lineOf(text: string, index: number, atMs = index * 1000): LogLine {
  return { bytes: Buffer.from(text), at: new Date(BEGAN_MS + atMs), key: `line ${index}`, cursor: index }
}

/** A moment, so long after the log began, on both clocks. */
export function momentAt(ms: number) {
  return { wall: new Date(BEGAN_MS + ms), monoMs: 1_000_000 + ms }
}
