/** The rules of a check: its user's, and those of the packs that it names. Pure. */
import { parseDuration } from '#golang'
import { isCalled, PACKS, type PackRule, packOf } from '#log-rules'
import type { TypesOfWords } from '#model'
import { compileRules, type RuleSource } from './compile.ts'
import { UnknownPackError } from './errors.ts'
import type { Rule } from './types.ts'

/** Keys that every check with rules has. */
export interface RuleKeys {
  readonly rules: readonly Omit<RuleSource, 'name'>[]
  readonly packs: readonly string[]
  /** Names or aliases of rules of the packs. */
  readonly disable: readonly string[]
}

/** Which condition types a pack brings, by where a check names it. */
export const TYPES_OF_PACKS: TypesOfWords = {
  'packs[]': Object.fromEntries(
    PACKS.map(({ name, rules }) => [name, [...new Set(rules.flatMap(({ condition }) => condition ?? []))]]),
  ),
}

function milliseconds(text: string): number {
  return Number(parseDuration(text) / 1_000_000n)
}

function sourceOf({ aliases: _others, pattern, entity = '', recover, threshold, ...rule }: PackRule): RuleSource {
  const { absentFor, reboot = false, unmounted = false, match } = recover ?? {}
  const ends = { reboot, unmounted, match, absentFor: absentFor === undefined ? undefined : milliseconds(absentFor) }
  return {
    ...rule,
    match: pattern,
    entity,
    lines: 1,
    recover: recover && ends,
    threshold: threshold && { count: threshold.count, within: milliseconds(threshold.within) },
  }
}

/** @throws UnknownPackError, PatternError, TemplateError, DurationError */
export function rulesOfKeys({ rules, packs, disable }: RuleKeys): readonly Rule[] {
  const ofPacks = [...new Set(packs)].flatMap((name) => {
    const all = packOf(name)
    if (all !== undefined) return all
    throw new UnknownPackError(
      name,
      PACKS.map((pack) => pack.name),
    )
  })
  const used = ofPacks.filter((rule) => !disable.some((name) => isCalled(rule, name)))
  return compileRules([...rules, ...used.map(sourceOf)])
}
