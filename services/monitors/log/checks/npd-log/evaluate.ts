/**
 * What a system-log-monitor file of node-problem-detector says of a line, as node-problem-detector does: which rules match, the
 * events and conditions that follow, word by word. Pure.
 */
import { changeText, type ProblemRule } from '#npd-words'
import { compileToEnd, type Pattern } from '#pattern'
import type { LogLine } from '../../sources/types.ts'
import { type ConditionNow, type Conditions, createConditions } from './conditions.ts'
import type { Config } from './config.ts'
import { createMatching, type RuleMatch } from './matching.ts'

/** An event, as it is told. */
export interface RuleEvent {
  readonly severity: 'info' | 'warning'
  readonly reason: string
  readonly message: string
  readonly at: Date
  /** What it is known by: its lines and its rule. */
  readonly key: string
  /** Which rule, by its place; undefined: what ends a condition. */
  readonly rule: number | undefined
}

/** What a line came to. */
export interface Outcome {
  readonly events: readonly RuleEvent[]
  /**
   * Conditions that ended, or are known to be over by a line, then those that a rule matched for, in their order: also where they
   * changed nothing by that.
   */
  readonly touched: readonly ConditionNow[]
}

/** What is known of a log. */
export interface Evaluator {
  readonly conditions: Conditions
  /** So many lines before a new one may belong to its match. */
  readonly looksBack: number
  /** A line that was looked at before, as those that follow may need it. */
  refill(line: LogLine): void
  /** @param nowMs when it is looked at, on the monotonic clock */
  push(line: LogLine, nowMs: number): Outcome
}

/** Only exactly so it is one; everything else is permanent (B17). */
export function isTemporary({ type }: Config['rules'][number]): boolean {
  return type === 'temporary'
}

const NOTHING: Outcome = { events: [], touched: [] }

/** Rules as their metrics have them. */
export function problemRulesOf({ rules }: Pick<Config, 'rules'>): readonly ProblemRule[] {
  return rules.map(({ type, condition, reason }) => ({ condition, reason, isPermanent: type === 'permanent' }))
}

/** Types that a line can end, in the order of their expressions. */
function clearingOf(recover: Config['recover']): readonly { readonly type: string; readonly pattern: Pattern }[] {
  return Object.entries(recover).flatMap(([type, { match }]) =>
    match === undefined ? [] : [{ type, pattern: compileToEnd(match) }],
  )
}

function withSuffix(text: string, suffix: string): string {
  return suffix === '' ? text : `${text}; ${suffix}`
}

/** @param doubtful types that may be True though they are False here @throws PatternError */
export function createEvaluator(config: Config, doubtful: ReadonlySet<string> = new Set()): Evaluator {
  const { rules, compat } = config
  const conditions = createConditions(config)
  const clearing = clearingOf(config.recover)
  const matching = createMatching({
    patterns: [...rules.map(({ pattern }) => compileToEnd(pattern)), ...clearing.map(({ pattern }) => pattern)],
    bufferLines: config.bufferSize,
    // node-problem-detector has no line that ends anything: an old one would end what came after it.
    repeatsOld: (pattern) => pattern < rules.length && compat.includes('B6'),
    isAlternateOnly: compat.includes('B10'),
  })

  function ruleOutcome({ pattern: index, lines, text, bytes }: RuleMatch, nowMs: number): Outcome {
    const rule = rules[index] as Config['rules'][number]
    const { condition: type, reason, patternGeneratedMessageSuffix: suffix } = rule
    const message = withSuffix(text, suffix)
    const at = (lines[0] as LogLine).at
    const event = { severity: 'warning', reason, at, key: keyOf(lines, `rule ${index}`), rule: index } as const
    if (isTemporary(rule)) return { events: [{ ...event, message }], touched: [] }
    const changes = conditions.raise({ type, reason, message, at, nowMs })
    if (changes === undefined) return NOTHING
    const touched = [conditions.of(type) as ConditionNow]
    if (!changes) return { events: [], touched }
    const raw = suffix === '' ? bytes() : Buffer.concat([bytes(), Buffer.from(`; ${suffix}`)])
    return { events: [{ ...event, message: changeText({ type, status: 'True', reason, message: raw }) }], touched }
  }

  function clearOutcome({ pattern, lines }: RuleMatch): Outcome {
    const { type } = clearing[pattern - rules.length] as (typeof clearing)[number]
    const at = (lines.at(-1) as LogLine).at
    const over = conditions.end(type, at)
    // That it ended would be told of what nobody has told to be.
    if (over === undefined && doubtful.has(type)) return { events: [], touched: [conditions.of(type) as ConditionNow] }
    if (over === undefined) return NOTHING
    const message = changeText({ type, status: 'False', reason: over.reason, message: over.message })
    const key = keyOf(lines, `end ${type}`)
    const event = { severity: 'info', reason: over.reason, message, at, key, rule: undefined } as const
    return { events: [event], touched: [over] }
  }

  return {
    conditions,
    looksBack: matching.looksBack,
    refill(line) {
      matching.push(line)
    },
    push(line, nowMs) {
      const matches = matching.push(line)
      if (matches.length === 0) return NOTHING
      // What a line says is over comes first: who says both says that it is a problem.
      const outcomes = [
        ...matches.filter(({ pattern }) => pattern >= rules.length).map(clearOutcome),
        ...matches.filter(({ pattern }) => pattern < rules.length).map((match) => ruleOutcome(match, nowMs)),
      ]
      return {
        events: outcomes.flatMap(({ events }) => events),
        touched: outcomes.flatMap(({ touched }) => touched),
      }
    },
  }
}

/** By the newest line, at which it is told. */
function keyOf(lines: readonly LogLine[], what: string): string {
  return `${(lines.at(-1) as LogLine).key} ${what}`
}
