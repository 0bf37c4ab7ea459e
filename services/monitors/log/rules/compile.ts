/** From what a user writes, or a pack has, to rules that lines can be held against. Pure. */
import { hashText } from '#model'
import { compilePattern, type Pattern, parseTemplate, type Template, TemplateError } from '#pattern'
import type { RuleConfig } from './config.ts'
import type { Recovery, Rule } from './types.ts'

/** A rule as it is configured, durations in milliseconds. */
type InMs<T> = T extends number ? number : T extends object ? { readonly [Key in keyof T]: InMs<T[Key]> } : T

/** What a rule is before it is compiled: a user's has no name, and nothing of what comes of unmounting. */
export type RuleSource = InMs<RuleConfig> & { readonly name?: string; readonly atUnmount?: string }

/**
 * A pattern over one line is looked for in that line. One over several has to end in the newest: each match is told once, when
 * its last line comes.
 */
function patternOf(source: string, lines: number): Pattern {
  // Alone first: what is wrong is told of what was written.
  const alone = compilePattern(source)
  if (lines === 1) return alone
  // `\Q` may be open at its end.
  const closed = /\\Q(?:(?!\\E)[\s\S])*$/.test(source) ? `${source}\\E` : source
  return compilePattern(`(?m:${closed})[^\\n]*\\z`)
}

/** The entity that a clearing line gives; undefined: it does not say which. */
function clearingEntity(entity: string, pattern: Pattern): Template | undefined {
  try {
    return parseTemplate(entity, pattern)
  } catch (err) {
    if (err instanceof TemplateError) return undefined
    throw err
  }
}

function recoveryOf({ recover, condition, lines, entity }: RuleSource): Recovery {
  // What nobody says anything of does not outlive the boot in which it was said.
  if (recover === undefined) {
    return { clearing: undefined, absentMs: 0, reboot: condition !== undefined, unmounted: false }
  }
  const { match, absentFor = 0, reboot, unmounted } = recover
  const pattern = match === undefined ? undefined : patternOf(match, lines)
  const clearing = pattern && { match: pattern, entity: clearingEntity(entity, pattern) }
  return { clearing, absentMs: absentFor, reboot, unmounted }
}

function idOf({ name = '', match, reason, condition = '', entity, severity, threshold, lines }: RuleSource): string {
  return hashText(JSON.stringify([name, match, reason, condition, entity, severity, threshold, lines])).slice(0, 8)
}

function compiled(source: RuleSource, name: string): Rule {
  const { match, reason, severity, lines, condition, message, entity, threshold, cooldown = 0 } = source
  const pattern = patternOf(match, lines)
  return {
    name,
    id: idOf(source),
    reason,
    severity,
    match: pattern,
    lines,
    message: message === undefined ? undefined : parseTemplate(message, pattern),
    entity: parseTemplate(entity, pattern),
    condition,
    recovery: recoveryOf(source),
    atUnmount: source.atUnmount === undefined ? undefined : compilePattern(source.atUnmount),
    threshold: threshold && { count: threshold.count, withinMs: threshold.within },
    cooldownMs: cooldown,
  }
}

/**
 * Rules in their order; of two that say the same the first counts.
 * @throws PatternError, TemplateError
 */
export function compileRules(sources: readonly RuleSource[]): readonly Rule[] {
  const taken = new Map<string, number>()
  const rules = sources.map((source) => {
    const name = source.name ?? source.reason
    const before = taken.get(name) ?? 0
    taken.set(name, before + 1)
    return compiled(source, before === 0 ? name : `${name}#${before + 1}`)
  })
  return [...new Map([...rules].reverse().map((rule) => [rule.id, rule])).values()].reverse()
}
