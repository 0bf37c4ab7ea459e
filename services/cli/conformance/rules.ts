/** All rules, in the order of the report. */
import { cleanText } from '#model'
import { callRules } from './rules/calls.ts'
import { describeRules } from './rules/describe.ts'
import { endRules } from './rules/end.ts'
import { metadataRules } from './rules/metadata.ts'
import { sizeRules } from './rules/size.ts'
import { socketRules } from './rules/socket.ts'
import { protocolRules, standingRules } from './rules/standing.ts'
import { statusRules } from './rules/statuses.ts'
import { timeRules } from './rules/times.ts'
import { watchRules } from './rules/watch.ts'
import type { Facts, Rule, RuleResult } from './types.ts'

/** What a line of the report takes. */
const DETAIL_MAX = 500

export const RULES: readonly Rule[] = [
  ...protocolRules,
  ...socketRules,
  ...metadataRules,
  ...callRules,
  ...statusRules,
  ...timeRules,
  ...sizeRules,
  ...describeRules,
  ...watchRules,
  ...standingRules,
  ...endRules,
]

function isSpoken(facts: Facts, { of }: Rule): boolean {
  if (of === undefined) return true
  return (of === 'nodedoctor.v1' ? facts.monitor : facts.external) !== undefined
}

/** What each rule makes of the facts. */
export function judgeAll(facts: Facts): RuleResult[] {
  return RULES.map((rule) => {
    const { id, level, of } = rule
    const verdict = isSpoken(facts, rule)
      ? rule.judge(facts)
      : ({ result: 'skip', detail: `it does not speak ${of}` } as const)
    return { id, level, result: verdict.result, detail: cleanText(verdict.detail, DETAIL_MAX) }
  })
}

/** The table of docs/conformance.md. */
export function renderRuleTable(): string {
  const rows = RULES.map(({ id, level, of, why }) => `| \`${id}\` | ${level} | ${of ?? 'both'} | ${why} |`)
  return ['| Rule | Level | Of | What is asked, and why |', '|---|---|---|---|', ...rows].join('\n')
}
